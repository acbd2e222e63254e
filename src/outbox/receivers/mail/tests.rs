//! A mail server on loopback that says what it is told to say, and what each of its answers means for the next try.

use std::sync::Arc;

use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::*;
use crate::model::notice::{NextByItself, PastedCommand, What};
use crate::model::secret::SecretSource;
use crate::secrets::Secrets;

const PASSWORD: &str = "hush hush";

fn notice() -> Notice {
    Notice {
        key: "test:1".to_owned(),
        story: "test".to_owned(),
        at: chrono::DateTime::UNIX_EPOCH,
        installation: None,
        watch: Some("shop".into()),
        scope: None,
        what: What::Sample {
            receiver: "<b>ops</b>".to_owned(),
        },
        next: NextByItself::Nothing,
        commands: vec![PastedCommand::new("amiwatch status", "every watch")],
        links: Vec::new(),
    }
}

/// What the server says at each step; what it has no word for it takes.
#[derive(Default)]
struct Script {
    greets_with: Option<&'static str>,
    offers: &'static [&'static str],
    /// By how a line begins: the answer, or nothing where the server hangs up.
    says: Vec<(&'static str, Option<&'static str>)>,
}

impl Script {
    fn of(line: &'static str, answer: Option<&'static str>) -> Self {
        Self {
            says: vec![(line, answer)],
            ..Self::default()
        }
    }

    fn answer(&self, line: &str) -> Option<String> {
        let told = self.says.iter().find(|(start, _)| line.starts_with(start));
        if let Some((_, answer)) = told {
            return answer.map(|answer| format!("{answer}\r\n"));
        }
        let offered = || {
            let mut all = self.offers.to_vec();
            let last = all.pop().unwrap_or("HELP");
            let rest: String = all.iter().map(|one| format!("250-{one}\r\n")).collect();
            format!("250-here\r\n{rest}250 {last}\r\n")
        };
        Some(match line.get(..4).unwrap_or_default() {
            "EHLO" => offered(),
            "AUTH" => "235 known\r\n".to_owned(),
            "DATA" => "354 go on\r\n".to_owned(),
            "QUIT" => "221 bye\r\n".to_owned(),
            _ => "250 ok\r\n".to_owned(),
        })
    }

    /// One conversation, down to its last line: what was said to the server.
    async fn talk(self, stream: TcpStream) -> Vec<String> {
        let (reader, mut writer) = stream.into_split();
        let mut lines = BufReader::new(reader).lines();
        let (mut heard, mut in_message) = (Vec::new(), false);
        let greeting = self.greets_with.unwrap_or("220 here");
        writer
            .write_all(format!("{greeting}\r\n").as_bytes())
            .await
            .unwrap();
        while let Ok(Some(line)) = lines.next_line().await {
            heard.push(line.clone());
            let answer = match (in_message, line.as_str()) {
                (true, ".") => self.answer("."),
                (true, _) => continue,
                (false, line) => self.answer(line),
            };
            let Some(answer) = answer else { break };
            in_message = line == "DATA" && answer.starts_with("354");
            if writer.write_all(answer.as_bytes()).await.is_err() {
                break;
            }
        }
        heard
    }
}

fn server(port: u16, to: &[&str], login: bool, tls: MailTls) -> MailServer {
    let clock = Clock::real();
    let environment = |_: &str| Some(PASSWORD.to_owned());
    let kept = KeptSecret {
        secrets: Secrets::new(Arc::new(environment), &clock),
        from: SecretSource::Env("SMTP_PASSWORD".to_owned()),
        cloud: None,
    };
    MailServer {
        host: "127.0.0.1".to_owned(),
        port,
        tls,
        login: login.then(|| ("ops".to_owned(), kept)),
        from: "amiwatch <amiwatch@example.com>".parse().unwrap(),
        to: to.iter().map(|to| to.parse().unwrap()).collect(),
        zone: chrono_tz::UTC,
        clock,
    }
}

/// Sends one mail to a server of this script; gives how it ended and what the server heard.
async fn sent(
    script: Script,
    to: &[&str],
    login: bool,
    tls: MailTls,
) -> (Result<(), NotSent>, Vec<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let receiver = server(port, to, login, tls);
    let notice = notice();
    let serve = async {
        let (stream, _) = listener.accept().await.unwrap();
        script.talk(stream).await
    };
    let send = receiver.send(&notice, true);
    tokio::join!(send, serve)
}

async fn plain(script: Script) -> (Result<(), NotSent>, Vec<String>) {
    sent(script, &["a@example.com"], false, MailTls::Nothing).await
}

#[tokio::test]
async fn a_mail_is_handed_over_with_text_html_and_ids_of_its_own() {
    let (ended, heard) = plain(Script::default()).await;
    assert_eq!(ended, Ok(()));
    assert_eq!(
        heard[..4],
        [
            "EHLO example.com",
            "MAIL FROM:<amiwatch@example.com>",
            "RCPT TO:<a@example.com>",
            "DATA"
        ]
    );
    assert_eq!(heard.last().unwrap(), "QUIT");
    let all = heard.join("\n");
    let story = crate::model::bake::digest(&["test"]);
    let key = crate::model::bake::digest(&["test:1"]);
    for part in [
        format!("Message-ID: <{key}@example.com>"),
        format!("<story.{story}@example.com>"),
        "In-Reply-To:".to_owned(),
        "References:".to_owned(),
        "Auto-Submitted: auto-generated".to_owned(),
        "Content-Type: multipart/alternative".to_owned(),
        "Content-Type: text/plain".to_owned(),
        "Content-Type: text/html".to_owned(),
        "Sent again: an earlier try may have arrived.".to_owned(),
    ] {
        assert!(all.contains(&part), "{part} is not in\n{all}");
    }
    assert!(all.is_ascii(), "for servers of seven bits");
}

/// The step and the answer, and what is made of them.
#[tokio::test]
async fn what_each_answer_means_for_the_next_try() {
    for (line, answer, sort, part) in [
        (
            "MAIL",
            Some("550 no"),
            Sort::Refused,
            "the sender in `from`",
        ),
        ("MAIL", Some("530 log in first"), Sort::Later, "see `user`"),
        ("RCPT", Some("550 who"), Sort::Refused, "a@example.com"),
        ("RCPT", Some("450 greylisted"), Sort::Later, "greylisted"),
        ("DATA", Some("451 not now"), Sort::Later, "not now"),
        ("DATA", None, Sort::Later, "before the message"),
        (".", Some("554 spam"), Sort::Refused, "notify retry"),
        (".", Some("452 full"), Sort::Later, "full"),
        (".", None, Sort::Unknown, "the message"),
        ("EHLO", None, Sort::Later, "see `host`"),
    ] {
        let (ended, _) = plain(Script::of(line, answer)).await;
        let error = ended.unwrap_err();
        assert_eq!(error.sort, sort, "{line} {answer:?}: {error}");
        assert!(error.why.contains(part), "{line} {answer:?}: {error}");
        assert!(!error.why.contains('\n'), "{error}");
    }
    let busy = Script {
        greets_with: Some("421 too many of you"),
        ..Script::default()
    };
    let error = plain(busy).await.0.unwrap_err();
    assert_eq!(error.sort, Sort::Later, "{error}");
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    let nobody = server(port, &["a@example.com"], false, MailTls::Nothing);
    let error = nobody.send(&notice(), false).await.unwrap_err();
    assert_eq!(error.sort, Sort::Later, "{error}");
}

#[tokio::test]
async fn one_who_is_refused_for_good_keeps_nobody_else_from_it() {
    let to = ["a@example.com", "gone@example.com"];
    let gone = Script::of("RCPT TO:<gone", Some("550 gone"));
    let (ended, heard) = sent(gone, &to, false, MailTls::Nothing).await;
    assert_eq!(ended, Ok(()));
    assert!(heard.contains(&"DATA".to_owned()));
    // Who cannot be served just now is waited for, and nobody hears it twice.
    let full = Script::of("RCPT TO:<gone", Some("452 full"));
    let (ended, heard) = sent(full, &to, false, MailTls::Nothing).await;
    assert_eq!(ended.unwrap_err().sort, Sort::Later);
    assert!(!heard.contains(&"DATA".to_owned()), "{heard:?}");
}

#[tokio::test]
async fn a_password_is_said_to_the_server_alone_and_never_in_the_clear() {
    let knows = Script {
        offers: &["AUTH PLAIN"],
        ..Script::default()
    };
    let to = ["a@example.com"];
    let (ended, heard) = sent(knows, &to, true, MailTls::Nothing).await;
    assert_eq!(ended, Ok(()));
    assert!(heard.iter().any(|line| line.starts_with("AUTH PLAIN ")));
    let refuses = Script {
        offers: &["AUTH PLAIN"],
        says: vec![("AUTH", Some("535 hush hush is no password of ops"))],
        ..Script::default()
    };
    let (ended, _) = sent(refuses, &to, true, MailTls::Nothing).await;
    let error = ended.unwrap_err();
    assert_eq!(error.sort, Sort::Later, "a new one may be put there");
    assert!(error.why.contains("see `user`"), "{error}");
    assert!(!error.why.contains(PASSWORD), "{error}");
    // STARTTLS was asked for, and is not offered: nothing is said.
    let stripped = Script {
        offers: &["AUTH PLAIN"],
        ..Script::default()
    };
    let (ended, heard) = sent(stripped, &to, true, MailTls::Starttls).await;
    let error = ended.unwrap_err();
    assert_eq!(error.sort, Sort::Later, "{error}");
    assert!(error.why.contains("STARTTLS"), "{error}");
    assert!(
        !heard.iter().any(|line| line.starts_with("AUTH")),
        "{heard:?}"
    );
}

#[test]
fn a_page_shows_what_came_from_outside_and_does_not_obey_it() {
    let page = mail_html(&notice(), true);
    assert!(!page.contains("<b>ops"), "{page}");
    assert!(page.contains("&lt;b&gt;ops&lt;/b&gt;"), "{page}");
    assert!(page.contains("Sent again"), "{page}");
    for word in ["<script", "<img", "src=", "url("] {
        assert!(!page.contains(word), "nothing is fetched or run: {word}");
    }
}
