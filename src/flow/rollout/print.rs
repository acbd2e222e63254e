//! A move for other hands: what to change where an environment belongs to Terraform or CloudFormation,
//! and the AWS CLI's line. Plain functions that give a text; nothing is touched.
//!
//! What describes an environment elsewhere takes back what is changed past it. So the change goes there.

mod cloudformation;

mod terraform;

#[cfg(test)]
mod tests;

pub use cloudformation::cloudformation;
pub use terraform::terraform;

use crate::flow::move_commands::move_command;
use crate::model::base::PlatformVersion;
use crate::model::environment::{EnvironmentChange, IMAGE_ID, ImageSetting, LAUNCH_CONFIGURATION};
use crate::model::ids::TargetId;

/// A move that somebody else makes.
#[derive(Debug, Clone, Copy)]
pub struct PrintedMove<'a> {
    pub target: &'a TargetId,
    pub change: &'a EnvironmentChange,
    /// The version that it moves to, where one moves along.
    pub platform: Option<&'a PlatformVersion>,
    /// The SSM parameter that names the watch's image, where there is one: then the image is written down
    /// nowhere else.
    pub parameter: Option<&'a str>,
}

/// The AWS CLI's line.
pub fn cli(printed: &PrintedMove<'_>) -> String {
    let command = move_command(printed.target, printed.change);
    format!("{}\n{command}\n", head(printed))
}

/// `# shop/shop-blue in eu-west-1: image ami-1, platform version 4.5.1`
fn head(printed: &PrintedMove<'_>) -> String {
    let target = printed.target;
    let image = match &printed.change.image {
        ImageSetting::Image(image) => format!("image {image}"),
        ImageSetting::PlatformOwn(_) => "its platform version's own image".to_owned(),
    };
    let platform = match printed.platform {
        Some(platform) => format!("platform version {}", platform.version),
        None => "its platform version stays".to_owned(),
    };
    format!(
        "# {}/{} in {}: {image}, {platform}",
        one_line(&target.application),
        one_line(&target.environment),
        target.scope.region
    )
}

/// A name in a comment cannot end it.
fn one_line(name: &str) -> String {
    crate::model::plain_text::one_line(name)
}

/// A name of letters and digits made from another: `ShopBlue`, `shop_blue`.
fn words(name: &str) -> impl Iterator<Item = &str> {
    name.split(|letter: char| !letter.is_ascii_alphanumeric())
        .filter(|word| !word.is_empty())
}
