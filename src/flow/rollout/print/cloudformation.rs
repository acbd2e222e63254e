//! A move as a change of a CloudFormation template.

use super::{IMAGE_ID, ImageSetting, LAUNCH_CONFIGURATION, PrintedMove, head, words};
use crate::model::ids::ImageId;

/// CloudFormation says in the change set what it will do; no text of ours can promise it.
const WARNING: &str = "\
# Read the change set before it is executed: some changes of PlatformArn or SolutionStackName replace the
# whole environment (Replacement: True), not only its instances. Then make the change by the AWS CLI's line,
# and write it down here afterwards.";

/// What to change in the template.
pub fn cloudformation(printed: &PrintedMove<'_>) -> String {
    let name: String = words(&printed.target.environment).map(capital).collect();
    let mut lines = vec![head(printed)];
    if printed.platform.is_some() {
        lines.push(WARNING.to_owned());
    }
    if let ImageSetting::Image(image) = &printed.change.image {
        lines.push(parameters(printed, &name, image));
    }
    lines.push(format!(
        "Resources:\n  {name}: # as the template calls the environment\n    \
         Type: AWS::ElasticBeanstalk::Environment\n    Properties:"
    ));
    lines.extend(platform(printed));
    lines.push(match &printed.change.image {
        ImageSetting::Image(_) => option(&name),
        ImageSetting::PlatformOwn(_) => format!(
            "      # Remove {IMAGE_ID} of {LAUNCH_CONFIGURATION} from OptionSettings: naming the image would\n      \
             # pin it."
        ),
    });
    lines.join("\n") + "\n"
}

/// The image is a parameter of the stack, so that the template stays as it is at the next one.
fn parameters(printed: &PrintedMove<'_>, name: &str, image: &ImageId) -> String {
    let (kind, default) = match printed.parameter {
        Some(parameter) => (
            "AWS::SSM::Parameter::Value<AWS::EC2::Image::Id>",
            parameter.to_owned(),
        ),
        None => ("AWS::EC2::Image::Id", image.to_string()),
    };
    let default = quoted(&default);
    format!("Parameters:\n  {name}Image:\n    Type: {kind}\n    Default: {default}")
}

fn platform(printed: &PrintedMove<'_>) -> Vec<String> {
    let Some(platform) = printed.platform else {
        return Vec::new();
    };
    let arn = format!("PlatformArn: {}", quoted(platform.arn.as_str()));
    match &platform.solution_stack {
        Some(stack) => vec![
            "      # Of these two the one that the template has:".to_owned(),
            format!("      SolutionStackName: {}", quoted(stack)),
            format!("      # {arn}"),
        ],
        None => vec![format!("      {arn}")],
    }
}

fn option(name: &str) -> String {
    format!(
        "      OptionSettings: # the others stay as they are\n        \
         - Namespace: {LAUNCH_CONFIGURATION}\n          OptionName: {IMAGE_ID}\n          \
         Value: !Ref {name}Image"
    )
}

/// A string of YAML in double quotes: JSON's are.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn capital(word: &str) -> String {
    let mut letters = word.chars();
    let first = letters.next().map(|letter| letter.to_ascii_uppercase());
    first.into_iter().chain(letters).collect()
}
