//! What Elastic Beanstalk refuses at the call, and ValidateConfigurationSettings, which asks beforehand.

use super::environment::{Draft, Environment, Options};
use super::environments::named;
use super::replacement::{self, replacement};
use super::update::{asked, is_image, options};
use super::{Room, fleet, settings};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;
use crate::world::{ImageChecked, ImageWithPlatform, Superseded};

/// Refuses what Elastic Beanstalk refuses at the call.
pub(crate) fn admit(room: &Room<'_>, environment: &Environment, draft: &Draft) -> Result<(), Fail> {
    let moves = &room.core.moves;
    let (platform, image) = (
        draft.platform_arn != environment.platform_arn,
        draft.image_id != environment.image_id,
    );
    if platform && !is_usable(room, &draft.platform_arn) {
        let message = format!("Platform {} does not exist.", draft.platform_arn);
        return Err(Fail::invalid(message));
    }
    // The words of the next two are not known; that such calls are refused is what is imitated.
    if platform && image && moves.image_with_platform == ImageWithPlatform::Refused {
        let message = "The platform version and the image cannot be changed in one update.";
        return Err(Fail::new("InvalidParameterCombination", message));
    }
    let options = draft.options != environment.options;
    if moves.immutable_alone && image && (platform || options) {
        let settings = settings::effective(room.beanstalk, environment, &environment.deployed());
        if replacement(&settings, environment.instance_ids.len()).keeps_old() {
            let message = "You can't perform an immutable update in concert with resource \
                           configuration changes.";
            return Err(Fail::invalid(message));
        }
    }
    let errors = complaints(room, draft);
    match errors.first() {
        Some(first) => Err(Fail::new(
            "ConfigurationValidationException",
            format!("Configuration validation exception: {}", first.message),
        )),
        None => Ok(()),
    }
}

/// The version is there, and this account may use it.
fn is_usable(room: &Room<'_>, arn: &str) -> bool {
    let Some(version) = room.beanstalk.versions.get(arn).filter(|v| !v.hidden) else {
        return false;
    };
    room.core.moves.superseded == Superseded::All || version.run_when_superseded != Some(false)
}

/// What is wrong with an option.
struct Complaint {
    message: String,
    namespace: &'static str,
    option: &'static str,
}

fn complaints(room: &Room<'_>, draft: &Draft) -> Vec<Complaint> {
    let mut found = Vec::new();
    let image = draft
        .image_id
        .as_deref()
        .filter(|_| room.core.moves.image_checked == ImageChecked::AtCall);
    if let Some(why) = image.and_then(|image| fleet::refusal(room.ec2, image)) {
        found.push(Complaint {
            message: why,
            namespace: settings::LAUNCH,
            option: "ImageId",
        });
    }
    const ROLLING: &str = "aws:autoscaling:updatepolicy:rollingupdate";
    let kind = replacement::option(&draft.options, ROLLING, "RollingUpdateType");
    if !["", "Time", "Health", "Immutable"].contains(&kind) {
        found.push(Complaint {
            message: format!(
                "Invalid option value: '{kind}' (Namespace: '{ROLLING}', OptionName: \
                 'RollingUpdateType'): Value is not one of the allowed values: [Time, Health, Immutable]"
            ),
            namespace: ROLLING,
            option: "RollingUpdateType",
        });
    }
    found
}

pub(crate) fn validate(room: &mut Room<'_>) -> Result<String, Fail> {
    room.p.need("ApplicationName")?;
    let draft = match room.p.get("EnvironmentName") {
        Some(_) => asked(room, named(room)?)?,
        None => {
            let mut draft = Draft {
                image_id: None,
                platform_arn: String::new(),
                options: Options::new(),
            };
            for (namespace, name, value) in options(room, "OptionSettings")? {
                match is_image(&namespace, &name) {
                    true => draft.image_id = Some(value),
                    false => drop(draft.options.insert((namespace, name), value)),
                }
            }
            draft
        }
    };
    let mut x = Xml::new();
    x.members("Messages", complaints(room, &draft), |x, complaint| {
        x.text("Message", complaint.message);
        x.text("Severity", "error");
        x.text("Namespace", complaint.namespace);
        x.text("OptionName", complaint.option);
    });
    Ok(x.into_string())
}
