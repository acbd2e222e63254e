//! Consoles as EC2 has been seen to end them: late, never, refused, cut. A good guest's bake succeeds at
//! its first attempt under each, and a guest whose words are lost is told as what it is.

use std::time::Duration;

use sim::{Action, ConsoleEnd, LatestRefused, Timing};

use crate::common::guest::{CLEANS, Cast, Day, Slow};
use crate::common::life::Life;
use crate::common::paused;
use crate::common::world::REGION;

fn seconds(n: u64) -> Duration {
    Duration::from_secs(n)
}

/// One way for a console to end.
struct Row {
    what: &'static str,
    post: Duration,
    end: ConsoleEnd,
    /// For how long the guest drains its console.
    drains: Duration,
}

fn row(what: &'static str, post_s: u64, end: ConsoleEnd, drains_s: u64) -> Row {
    Row {
        what,
        post: seconds(post_s),
        end,
        drains: seconds(drains_s),
    }
}

fn never() -> ConsoleEnd {
    ConsoleEnd {
        never_posted: true,
        ..ConsoleEnd::default()
    }
}

fn refused(latest_refused: LatestRefused) -> ConsoleEnd {
    ConsoleEnd {
        latest_refused,
        ..ConsoleEnd::default()
    }
}

fn matrix() -> Vec<Row> {
    let cut = ConsoleEnd {
        cut: 50_000,
        ..ConsoleEnd::default()
    };
    let worst = ConsoleEnd {
        latest_refused: LatestRefused::WhileStopping,
        ..never()
    };
    vec![
        row("posts in time", 60, ConsoleEnd::default(), 5),
        row("posts late", 18 * 60, ConsoleEnd::default(), 5),
        row("never posts", 60, never(), 5),
        row(
            "refuses Latest once it has ended",
            60,
            refused(LatestRefused::Ended),
            5,
        ),
        row(
            "refuses Latest while stopping",
            60,
            refused(LatestRefused::WhileStopping),
            5,
        ),
        row(
            "refuses Latest always",
            60,
            refused(LatestRefused::Always),
            5,
        ),
        row("cuts at 50 kB after the end", 60, cut, 15),
        row(
            "posts late, and refuses while stopping",
            18 * 60,
            refused(LatestRefused::WhileStopping),
            5,
        ),
        row("never posts, and refuses while stopping", 60, worst, 15),
    ]
}

fn life(row: &Row, takes_s: u64) -> Life {
    let life = Life::begin();
    life.account.set_timing(Timing {
        console_post: row.post,
        console_end: row.end.clone(),
        ..Timing::default()
    });
    let cut = row.end.cut > 0;
    life.account.set_guest(Slow {
        takes: seconds(takes_s),
        drains: row.drains,
        noise_before: 500,
        noise_after: if cut { 12_000 } else { 0 },
        long: cut,
    });
    life
}

#[test]
fn a_good_guest_is_believed_however_its_console_ends() {
    let mut table = String::new();
    for row in matrix() {
        for takes_s in [20, 400, 900] {
            let (failed, took) = paused(async || {
                let life = life(&row, takes_s);
                let began = life.clock.now();
                life.pass().await;
                let took = (life.clock.now() - began).num_seconds();
                let failed =
                    life.heard_events() != ["baked"] || life.effects_of("RunInstances") != 2;
                life.promises_hold();
                (failed, took)
            });
            let verdict = if failed { "FAILED" } else { "baked" };
            table += &format!("{:42} {takes_s:>4} s  {verdict}, {took} s\n", row.what);
        }
    }
    println!("{table}");
    assert!(!table.contains("FAILED"), "{table}");
}

#[test]
fn a_closing_frame_that_was_read_outlives_a_restart() {
    paused(async || {
        let worst = matrix().pop().expect("the last row");
        let life = life(&worst, 20);
        // Launched at once; the process ends while the builder drains its console.
        let until = Timing::default().start + seconds(20) + CLEANS + seconds(10);
        let cut = life.clock.timeout(until, life.try_pass()).await;
        assert!(cut.is_err(), "the bake is under way");
        // The next one comes when the console says nothing any more.
        life.wait(seconds(300)).await;
        life.until_settled().await;
        let heard = life.heard_events();
        assert!(heard.contains(&"baked".to_owned()), "{heard:?}");
        assert!(!heard.contains(&"failed".to_owned()), "{heard:?}");
        assert_eq!(
            life.effects_of("RunInstances"),
            2,
            "the builder was not lost"
        );
        life.promises_hold();
    });
}

#[test]
fn a_report_that_was_pushed_out_of_the_console_is_told_as_that() {
    paused(async || {
        let life = Life::begin();
        life.account.set_guest(Slow {
            takes: seconds(20),
            drains: seconds(15),
            noise_before: 70_000,
            noise_after: 0,
            long: false,
        });
        let buried = Slow {
            noise_after: 70_000,
            takes: seconds(20),
            drains: seconds(15),
            noise_before: 0,
            long: true,
        };
        life.pass().await;
        assert_eq!(life.heard_events(), ["baked"], "noise before does no harm");

        let life = Life::begin();
        // Nobody looks before the report is gone.
        life.account.set_timing(Timing {
            console: seconds(600),
            ..Timing::default()
        });
        life.account.set_guest(buried);
        life.pass().await;
        let failed = life.heard_of("failed");
        assert!(
            failed.body.contains("the console is full"),
            "{}",
            failed.body
        );
        assert!(failed.body.contains("proof = \"ssm\""), "{}", failed.body);
        life.promises_hold();
    });
}

#[test]
fn a_guest_that_says_nothing_on_an_empty_console_is_not_told_of_a_full_one() {
    paused(async || {
        let life = Life::brisk();
        life.guests(Cast::both(Day::NoReport));
        life.pass().await;
        let failed = life.heard_of("failed");
        assert!(failed.body.contains("without a report"), "{}", failed.body);
        assert!(!failed.body.contains("is full"), "{}", failed.body);
    });
}

#[test]
fn a_builder_that_ec2_ends_at_launch_fails_at_once_with_the_place_in_the_config() {
    let cases = [
        (
            "Client.InvalidKMSKey.InvalidState",
            "The KMS key provided is in an incorrect state",
            "`encrypt` in [builder]",
        ),
        (
            "Client.InternalError",
            "Client error on launch",
            "`encrypt` in [builder]",
        ),
        (
            "Client.VolumeLimitExceeded",
            "Volume limit exceeded",
            "`root_volume_gib` in [builder]",
        ),
    ];
    for (code, message, place) in cases {
        paused(async || {
            let life = Life::begin();
            let here = life.account.at(REGION);
            let ends = |code: Option<&str>| Action::LaunchesEnd {
                code: code.map(str::to_owned),
                message: message.to_owned(),
            };
            here.act(ends(Some(code))).unwrap();
            let began = life.clock.now();
            life.pass().await;
            let took = (life.clock.now() - began).num_seconds();
            assert!(
                took < 120,
                "it waited {took} s for a console that never comes"
            );
            let failed = life.heard_of("failed");
            for said in [code, message, place] {
                assert!(failed.body.contains(said), "{said}: {}", failed.body);
            }
            life.promises_hold();
            here.act(ends(None)).unwrap();
            life.until_settled().await;
            assert_eq!(life.verified().len(), 1);
        });
    }
}
