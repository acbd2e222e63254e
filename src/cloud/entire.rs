//! Whether an XML answer is whole: its root element has its end. A plain function of bytes.
//!
//! The SDK's reader stops where the text stops: of a list that is cut in the middle it gives what came
//! before, as if that were all. A proxy that gives up half-way, or an answer without its length, cut to
//! three environments of 25, would so read as "the others are gone". HTTP does not always tell; the
//! document does, for nothing inside it ends as its root does.

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;

/// True when the answer announces or begins an XML document of a service and does not end it. HTML is
/// a proxy's own page, and none of a service's answers.
pub(super) fn ends_midway(answer: &HttpResponse, body: &[u8]) -> bool {
    let announced = answer.headers().get("content-type").unwrap_or_default();
    match root(body) {
        Root::None => announced.contains("xml") && trimmed(body).is_empty(),
        Root::Unfinished => true,
        Root::Named(name) if name.eq_ignore_ascii_case(b"html") => false,
        Root::Named(name) => !ends(trimmed(body), name),
    }
}

/// How a document begins.
#[derive(Debug, PartialEq, Eq)]
enum Root<'a> {
    /// It is no XML.
    None,
    /// It ends before its root element has a name.
    Unfinished,
    Named(&'a [u8]),
}

/// Passes over what may stand before the root element: a declaration, comments, a document type.
fn root(body: &[u8]) -> Root<'_> {
    let body = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body);
    let mut rest = trimmed(body);
    loop {
        let end: &[u8] = match rest {
            [b'<', b'?', ..] => b"?>",
            [b'<', b'!', b'-', b'-', ..] => b"-->",
            [b'<', b'!', ..] => b">",
            [b'<', name @ ..] => return named(name),
            _ => return Root::None,
        };
        match position(rest, end) {
            Some(at) => rest = trimmed(&rest[at + end.len()..]),
            None => return Root::Unfinished,
        }
        if rest.is_empty() {
            return Root::Unfinished;
        }
    }
}

fn named(rest: &[u8]) -> Root<'_> {
    let ends = |byte: &u8| byte.is_ascii_whitespace() || matches!(byte, b'/' | b'>');
    match rest.iter().position(ends) {
        Some(at) if at > 0 => Root::Named(&rest[..at]),
        Some(_) => Root::None,
        None => Root::Unfinished,
    }
}

/// `...</name>`, or nothing but `<name/>`.
fn ends(document: &[u8], name: &[u8]) -> bool {
    let Some(inner) = document.strip_suffix(b">") else {
        return false;
    };
    let inner = inner.trim_ascii_end();
    let closed = inner
        .strip_suffix(name)
        .is_some_and(|before| before.ends_with(b"</"));
    let only = inner.strip_suffix(b"/").is_some_and(|before| {
        let begin = position(before, name).unwrap_or(0);
        !before[begin..].contains(&b'>')
    });
    closed || only
}

fn trimmed(body: &[u8]) -> &[u8] {
    body.trim_ascii()
}

fn position(text: &[u8], part: &[u8]) -> Option<usize> {
    text.windows(part.len()).position(|here| here == part)
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::http::StatusCode;
    use aws_smithy_types::body::SdkBody;
    use proptest::prelude::*;

    use super::*;
    use crate::cloud::canned::{Reply, answering_cloud};
    use crate::cloud::{CloudError, ErrorKind};

    fn midway(content_type: &str, body: &str) -> bool {
        let status = StatusCode::try_from(200).unwrap();
        let mut answer = HttpResponse::new(status, SdkBody::empty());
        answer
            .headers_mut()
            .insert("content-type", content_type.to_owned());
        ends_midway(&answer, body.as_bytes())
    }

    /// As EC2 and Beanstalk write them: a declaration or none, a namespace, spaces at the end.
    const WHOLE: [&str; 5] = [
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<DescribeImagesResponse xmlns=\"http://ec2.amazonaws.com/doc/2016-11-15/\">\n    <requestId>r</requestId>\n    <imagesSet/>\n</DescribeImagesResponse>",
        "<DescribeEnvironmentsResponse xmlns=\"http://elasticbeanstalk.amazonaws.com/docs/2010-12-01/\"><DescribeEnvironmentsResult><Environments><member><EnvironmentName>a</EnvironmentName></member></Environments></DescribeEnvironmentsResult></DescribeEnvironmentsResponse>\n",
        "<!-- c > --><Response><Errors/></Response >",
        "<CreateTagsResponse/>",
        "<CreateTagsResponse xmlns=\"x\" />",
    ];

    #[test]
    fn a_whole_document_is_whole_and_every_part_of_it_is_not() {
        for whole in WHOLE {
            assert!(!midway("text/xml;charset=UTF-8", whole), "{whole}");
            let text = whole.trim_end();
            for at in 0..text.len() {
                assert!(midway("text/xml", &text[..at]), "{}", &text[..at]);
            }
        }
    }

    #[test]
    fn what_is_no_xml_of_a_service_is_not_judged() {
        for (content_type, body) in [
            ("application/x-amz-json-1.1", ""),
            ("application/x-amz-json-1.1", "{\"Parameter\":"),
            ("text/html", "<!DOCTYPE html><HTML><body>Bad Gateway"),
            ("text/html", "<html><p>one"),
            ("text/plain", "not < xml"),
        ] {
            assert!(!midway(content_type, body), "{body}");
        }
    }

    proptest! {
        #[test]
        fn any_body_is_judged(body in any::<Vec<u8>>(), text in "[<>/!?a -]{0,40}") {
            let _ = root(&body);
            let _ = midway("text/xml", &text);
        }
    }

    /// An answer that is cut behind an entry, so that nothing is half read.
    fn cut(root: &str, list: &str, entry: &str, whole: bool) -> Reply {
        let rest = match whole {
            true => format!("</{list}></{root}>"),
            false => String::new(),
        };
        Reply::Answer(200, format!("<{root}><{list}>{entry}{rest}"))
    }

    #[tokio::test(start_paused = true)]
    async fn a_list_that_is_cut_is_asked_for_again_and_never_taken_for_all() {
        let entry = "<item><imageId>ami-1</imageId><imageOwnerId>1</imageOwnerId></item>";
        let root = "DescribeImagesResponse";
        let (cloud, asked) = answering_cloud(move |nth, _| cut(root, "imagesSet", entry, nth > 2));
        let found = cloud.own_images(&[]).await.unwrap();
        assert_eq!((found.len(), asked.lock().unwrap().len()), (1, 3));

        let (cloud, _) = answering_cloud(move |_, _| cut(root, "imagesSet", entry, false));
        let error: CloudError = cloud.own_images(&[]).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Transient);
        let trouble = error.trouble("own images");
        assert!(
            trouble.why.contains("ends in the middle"),
            "{}",
            trouble.why
        );
    }

    #[tokio::test(start_paused = true)]
    async fn a_change_whose_answer_is_cut_may_have_happened_and_is_not_sent_again() {
        let (cloud, asked) =
            answering_cloud(|_, _| cut("CreateTagsResponse", "return", "true", false));
        let tags = [("a".to_owned(), "b".to_owned())].into();
        let error = cloud.tag(&["ami-1"], &tags).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Unknown);
        assert_eq!(asked.lock().unwrap().len(), 1);
    }
}
