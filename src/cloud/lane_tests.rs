//! The door's turns over canned answers, in virtual time: who waits for whom, and for how long.

use std::time::Duration;

use futures_util::future::join_all;

use super::canned::{Reply, account, ec2_error, query_answer, query_error, steadily};
use super::{Cloud, ErrorKind};
use crate::model::ids::ImageId;

fn environments() -> Reply {
    query_answer("DescribeEnvironments", "<Environments/>")
}

fn images() -> Reply {
    let body = "<DescribeImagesResponse><imagesSet/></DescribeImagesResponse>";
    Reply::Answer(200, body.to_owned())
}

/// An account that has nothing.
fn nothing(_: usize, request: &str) -> Reply {
    match request.contains("DescribeImages") {
        true => images(),
        false => environments(),
    }
}

/// How long something takes on the door's clock, in milliseconds.
async fn ms<T>(cloud: &Cloud, work: impl Future<Output = T>) -> i64 {
    let began = cloud.clock().now();
    work.await;
    (cloud.clock().now() - began).num_milliseconds()
}

#[tokio::test(start_paused = true)]
async fn every_attempt_waits_for_its_turn_the_sdks_own_too() {
    let (cloud, asked) = steadily(10, nothing);
    let took = ms(&cloud, join_all((0..25).map(|_| cloud.environments()))).await;
    assert!(
        (2000..2100).contains(&took),
        "5 at once and 20 at 10 a second: {took} ms"
    );
    assert_eq!(asked.lock().unwrap().len(), 25);

    // Three of four attempts fail: a question takes four turns.
    let (cloud, asked) = steadily(10, |nth, _| match nth % 4 {
        0 => environments(),
        _ => query_error(500, "InternalFailure", "try again"),
    });
    let took = ms(&cloud, join_all((0..10).map(|_| cloud.environments()))).await;
    assert!(
        asked.lock().unwrap().len() > 25 && took >= 2000,
        "{took} ms"
    );
}

#[tokio::test(start_paused = true)]
async fn a_look_at_ec2_does_not_wait_behind_a_survey_of_beanstalk() {
    let (cloud, _) = steadily(5, nothing);
    let survey = join_all((0..100).map(|_| cloud.environments()));
    let look = async {
        cloud.clock().sleep(Duration::from_secs(3)).await;
        let ids = [ImageId::from("ami-1")];
        ms(&cloud, cloud.images(&ids)).await
    };
    let (_, took) = tokio::join!(survey, look);
    assert!(took < 5, "{took} ms");
}

#[tokio::test(start_paused = true)]
async fn one_line_is_first_come_first_served() {
    let (cloud, _) = steadily(5, nothing);
    let survey = async {
        // As detect asks: sixteen at a time.
        for _ in 0..6 {
            join_all((0..16).map(|_| cloud.environments())).await;
        }
    };
    let look = async {
        cloud.clock().sleep(Duration::from_secs(5)).await;
        ms(&cloud, cloud.environments()).await
    };
    let (_, took) = tokio::join!(survey, look);
    assert!(
        took <= 17 * 200,
        "no more than sixteen are before it: {took} ms"
    );
}

#[tokio::test(start_paused = true)]
async fn a_change_that_is_throttled_is_sent_once_and_slows_the_next() {
    let (cloud, asked) = account(Duration::ZERO, 16, |_, _| {
        ec2_error(503, "RequestLimitExceeded", "too often")
    });
    let image = ImageId::from("ami-1");
    let change = || cloud.deregister(&image, &[]);
    let error = change().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Throttled);
    assert_eq!(asked.lock().unwrap().len(), 1);
    assert_eq!(cloud.calls().throttled(), 1);
    let took = ms(&cloud, change()).await;
    assert_eq!(asked.lock().unwrap().len(), 2);
    assert!(took >= 1000, "it waited for its turn: {took} ms");
}

#[tokio::test(start_paused = true)]
async fn waiting_for_a_turn_is_not_waiting_for_an_answer() {
    // The last of these is sent after fifty seconds; an attempt may take ten.
    let (cloud, _) = steadily(1, nothing);
    let all = join_all((0..50).map(|_| cloud.environments())).await;
    assert!(all.iter().all(Result::is_ok));
    let (cloud, _) = account(Duration::from_secs(11), 16, nothing);
    let error = cloud.environments().await.unwrap_err();
    assert_eq!(error.kind, ErrorKind::Transient);
    assert!(error.to_string().contains("no answer in time"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn a_caller_that_goes_away_leaves_its_place_to_the_next() {
    let (cloud, asked) = steadily(1, nothing);
    let gone = cloud.clock().timeout(Duration::from_millis(1500), async {
        join_all((0..10).map(|_| cloud.environments())).await
    });
    gone.await.unwrap_err();
    let sent = asked.lock().unwrap().len();
    let took = ms(&cloud, cloud.environments()).await;
    assert!(took <= 1000, "{took} ms");
    assert_eq!(asked.lock().unwrap().len(), sent + 1);
}
