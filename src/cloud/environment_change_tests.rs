//! The changes of a move over canned answers: what is sent, byte by byte, and what a refusal means.

use super::ErrorKind;
use super::canned::{answering_cloud, query_answer, query_error};
use super::environment_tests::target;
use crate::model::environment::{EnvironmentChange, ImageSetting, ValidationMessage};

const LAUNCH: &str = "aws%3Aautoscaling%3Alaunchconfiguration";

fn change(image: ImageSetting) -> EnvironmentChange {
    EnvironmentChange {
        image,
        platform: Some("arn:p/4.5.0".into()),
    }
}

#[tokio::test(start_paused = true)]
async fn image_and_platform_go_in_one_call_and_never_a_version() {
    let (cloud, asked) = answering_cloud(|_, _| query_answer("UpdateEnvironment", ""));
    let to = change(ImageSetting::Image("ami-1".into()));
    let request = cloud.update_environment("e-1", "shop-blue", &to).await;
    // No header said it, the body does.
    assert_eq!(request.unwrap().as_deref(), Some("req-1"));
    let back = change(ImageSetting::PlatformOwn(None));
    cloud
        .update_environment("e-1", "shop-blue", &back)
        .await
        .unwrap();
    let asked = asked.lock().unwrap();
    assert_eq!(asked.len(), 2);
    for request in asked.iter() {
        assert!(
            request.contains("EnvironmentId=e-1&EnvironmentName=shop-blue"),
            "{request}"
        );
        assert!(request.contains("PlatformArn=arn%3Ap%2F4.5.0"), "{request}");
        assert!(!request.contains("VersionLabel"), "{request}");
    }
    let set = format!(
        "OptionSettings.member.1.Namespace={LAUNCH}&OptionSettings.member.1.OptionName=ImageId\
         &OptionSettings.member.1.Value=ami-1"
    );
    let unset = format!(
        "OptionsToRemove.member.1.Namespace={LAUNCH}&OptionsToRemove.member.1.OptionName=ImageId"
    );
    assert!(
        asked[0].contains(&set) && !asked[0].contains("OptionsToRemove"),
        "{asked:?}"
    );
    assert!(
        asked[1].contains(&unset) && !asked[1].contains("OptionSettings"),
        "{asked:?}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_refused_change_is_busy_or_wrong_or_denied_and_is_sent_once() {
    let not_ready =
        "Environment named shop-blue is in an invalid state for this operation. Must be Ready.";
    let wrong = "Configuration validation exception: Invalid option value: 'ami-1'";
    let both = "Attempting to update both the release and configuration is not allowed";
    let platform = "Platform arn:p/4.5.0 does not exist.";
    for (status, code, message, kind, busy) in [
        (
            400,
            "InvalidParameterValue",
            not_ready,
            ErrorKind::Conflict,
            true,
        ),
        (
            400,
            "OperationInProgressFailure",
            "Busy.",
            ErrorKind::Conflict,
            true,
        ),
        (
            400,
            "ConfigurationValidationException",
            wrong,
            ErrorKind::Invalid,
            false,
        ),
        (
            400,
            "InvalidParameterCombination",
            both,
            ErrorKind::Invalid,
            false,
        ),
        (
            400,
            "InvalidParameterValue",
            platform,
            ErrorKind::NotFound,
            false,
        ),
        (
            403,
            "InsufficientPrivilegesException",
            "No.",
            ErrorKind::Denied,
            false,
        ),
        (500, "InternalFailure", "Oh.", ErrorKind::Unknown, false),
        (
            400,
            "Throttling",
            "Rate exceeded",
            ErrorKind::Throttled,
            false,
        ),
    ] {
        let (cloud, asked) = answering_cloud(move |_, _| query_error(status, code, message));
        let to = change(ImageSetting::Image("ami-1".into()));
        let error = cloud
            .update_environment("e-1", "shop-blue", &to)
            .await
            .unwrap_err();
        assert_eq!((error.kind, error.busy()), (kind, busy), "{error}");
        assert_eq!(asked.lock().unwrap().len(), 1, "{error}");
    }
}

#[tokio::test(start_paused = true)]
async fn nothing_to_abort_is_a_conflict_and_no_waiting_helps() {
    let nothing = "Environment named shop-blue is in an invalid state for this operation.";
    let (cloud, asked) =
        answering_cloud(move |_, _| query_error(400, "InvalidParameterValue", nothing));
    let error = cloud.abort_environment_update("e-1").await.unwrap_err();
    assert_eq!((error.kind, error.busy()), (ErrorKind::Conflict, false));
    assert!(asked.lock().unwrap()[0].contains("Action=AbortEnvironmentUpdate"));
}

#[tokio::test(start_paused = true)]
async fn a_change_is_validated_where_it_sets_an_option() {
    let (cloud, asked) = answering_cloud(|_, _| {
        query_answer(
            "ValidateConfigurationSettings",
            "<Messages><member><Severity>error</Severity><Message>No.</Message></member>\
             <member><Severity>warning</Severity><Message>Hm.</Message></member></Messages>",
        )
    });
    let to = change(ImageSetting::Image("ami-1".into()));
    let said = cloud.validate_change(&target(), &to).await.unwrap();
    let message = |error, message: &str| ValidationMessage {
        error,
        message: message.to_owned(),
    };
    assert_eq!(said, [message(true, "No."), message(false, "Hm.")]);
    let back = change(ImageSetting::PlatformOwn(None));
    assert_eq!(cloud.validate_change(&target(), &back).await.unwrap(), []);
    assert_eq!(asked.lock().unwrap().len(), 1);
}
