//! Which operations may take longer than others, and how long. Plain data.

use std::time::Duration;

/// Operations that list what can be tens of thousands of things, and the time that one attempt has. EC2
/// has been seen to take 37 s over DescribeImages, page by page or not.
const SLOW: &[(&str, Duration)] = &[
    ("DescribeImages", Duration::from_secs(60)),
    ("DescribeSnapshots", Duration::from_secs(60)),
];

/// The time that an attempt has from sending to its last byte, by what its form asks for.
pub(super) fn attempt_max(form: &[u8], usual: Duration) -> Duration {
    let operation = form
        .strip_prefix(b"Action=")
        .and_then(|rest| rest.split(|byte| *byte == b'&').next());
    let slow = SLOW
        .iter()
        .find(|(slow, _)| Some(slow.as_bytes()) == operation);
    slow.map_or(usual, |(_, max)| usual.max(*max))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::ErrorKind;
    use crate::cloud::canned::{Reply, account};

    const USUAL: Duration = Duration::from_secs(10);

    #[test]
    fn only_what_is_known_to_be_slow_has_more_time() {
        let minute = Duration::from_secs(60);
        for (form, max) in [
            ("Action=DescribeImages&Version=2016-11-15", minute),
            ("Action=DescribeImages", minute),
            ("Action=DescribeImagesAttribute&Version=1", USUAL),
            ("Action=DescribeInstances&Version=2016-11-15", USUAL),
            ("", USUAL),
        ] {
            assert_eq!(attempt_max(form.as_bytes(), USUAL), max, "{form}");
        }
    }

    /// 37 s are on record.
    #[tokio::test(start_paused = true)]
    async fn images_may_take_as_long_as_they_have_been_seen_to_take() {
        let images = "<DescribeImagesResponse><imagesSet/></DescribeImagesResponse>";
        let slow = Duration::from_secs(37);
        let (cloud, asked) = account(slow, 16, move |_, _| Reply::Answer(200, images.to_owned()));
        assert_eq!(cloud.own_images(&[]).await.unwrap(), []);
        {
            let asked = asked.lock().unwrap();
            assert_eq!(asked.len(), 1);
            let by_page = asked[0].contains("MaxResults=");
            assert!(by_page, "page by page: {}", asked[0]);
        }
        let (cloud, _) = account(slow, 16, |_, _| Reply::Answer(200, String::new()));
        let error = cloud.regions().await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Transient, "others keep their time");
    }
}
