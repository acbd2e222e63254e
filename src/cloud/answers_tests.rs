//! Recorded shapes of AWS's answers, put through the real SDK: what we read from each. Where each comes
//! from stands in `tests/fixtures/answers/README.md`.

use super::canned::{AskedBodies, Reply, answering_cloud};
use super::{Cloud, ErrorKind};
use crate::model::image::ImageState;

const CUSTOM_PLATFORM: &str =
    "arn:aws:elasticbeanstalk:eu-west-1:111122223333:platform/shop-os/1.0.3";

macro_rules! answer {
    ($name:literal) => {
        include_str!(concat!("../../tests/fixtures/answers/", $name, ".xml"))
    };
}

const CALLER: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult>\
     <Arn>arn:aws:iam::111122223333:user/me</Arn><Account>111122223333</Account>\
     <UserId>me</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>";

fn giving(status: u16, body: &'static str) -> (Cloud, AskedBodies) {
    answering_cloud(
        move |_, request| match request.contains("GetCallerIdentity") {
            true => Reply::Answer(200, CALLER.to_owned()),
            false => Reply::Answer(status, body.to_owned()),
        },
    )
}

#[tokio::test(start_paused = true)]
async fn a_custom_platform_is_of_no_branch() {
    let (cloud, _) = giving(200, answer!("custom-platform"));
    let version = cloud
        .platform_version(&CUSTOM_PLATFORM.into())
        .await
        .unwrap();
    let version = version.expect("it is described");
    assert_eq!(version.branch, "", "nothing recommends a version of it");
    assert_eq!(version.version, "1.0.3");
    assert_eq!(version.images.len(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_platform_that_does_not_exist_is_an_answer() {
    let (cloud, asked) = giving(400, answer!("platform-does-not-exist"));
    let version = cloud.platform_version(&CUSTOM_PLATFORM.into()).await;
    assert_eq!(version.unwrap(), None);
    assert_eq!(asked.lock().unwrap().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn an_image_that_is_not_set_is_told_from_settings_that_are_not_deployed() {
    let (cloud, _) = giving(200, answer!("settings-without-image"));
    let settings = cloud.settings("shop", "shop-blue").await.unwrap();
    assert_eq!((settings.image, settings.not_set), (None, true));

    let (cloud, _) = giving(200, answer!("settings-draft-only"));
    let settings = cloud.settings("shop", "shop-blue").await.unwrap();
    assert_eq!((settings.image, settings.not_set), (None, false));
}

#[tokio::test(start_paused = true)]
async fn a_copy_names_the_region_of_its_source() {
    let (cloud, _) = giving(200, answer!("copied-image"));
    let copy = "ami-0c0c0c0c0c0c0c0c1".into();
    let disabled = "ami-0c0c0c0c0c0c0c0c2".into();
    let images = cloud.images(&[copy, disabled]).await.unwrap();
    let images: Vec<_> = images.values().collect();
    assert!(images[0].copied_across());
    assert_eq!(images[0].region_of_source().as_str(), "us-east-1");
    assert!(!images[1].copied_across());
    assert_eq!(images[1].state, ImageState::Disabled);
}

#[tokio::test(start_paused = true)]
async fn a_line_of_ancestors_says_where_each_of_them_is() {
    let (cloud, _) = giving(200, answer!("ancestry-across-regions"));
    let line = cloud
        .ancestry(&"ami-0c0c0c0c0c0c0c0c1".into())
        .await
        .unwrap();
    let regions: Vec<&str> = line.iter().map(|one| one.region.as_str()).collect();
    assert_eq!(regions, ["eu-west-1", "us-east-1", "us-east-1"]);
}

/// Each of them, cut anywhere: no answer, and never a shorter one.
#[tokio::test(start_paused = true)]
async fn no_part_of_an_answer_is_an_answer() {
    let whole = answer!("copied-image").trim_end();
    for at in (1..whole.len()).step_by(97) {
        let part = &whole[..at];
        let (cloud, _) = giving(200, part);
        let error = cloud.own_images(&[]).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Transient, "{part}");
    }
}
