//! A move as Terraform's settings.

use super::{IMAGE_ID, ImageSetting, LAUNCH_CONFIGURATION, PrintedMove, head, words};

/// What to set in the environment's resource.
pub fn terraform(printed: &PrintedMove<'_>) -> String {
    let mut lines = vec![
        head(printed),
        "# In the environment's resource aws_elastic_beanstalk_environment; the rest of it stays as it is."
            .to_owned(),
    ];
    lines.extend(platform(printed));
    lines.extend(image(printed));
    lines.push(
        "# `terraform apply` replaces the instances, as the environment's update policy says, and deploys\n\
         # the application version that it has."
            .to_owned(),
    );
    lines.join("\n") + "\n"
}

/// The provider takes one of the two arguments.
fn platform(printed: &PrintedMove<'_>) -> Vec<String> {
    let Some(platform) = printed.platform else {
        return Vec::new();
    };
    let arn = format!("platform_arn = {}", quoted(platform.arn.as_str()));
    match &platform.solution_stack {
        Some(stack) => vec![
            "# Of these two the one that the resource has:".to_owned(),
            format!("solution_stack_name = {}", quoted(stack)),
            format!("# {arn}"),
        ],
        None => vec![arn],
    }
}

fn image(printed: &PrintedMove<'_>) -> Vec<String> {
    let ImageSetting::Image(image) = &printed.change.image else {
        return vec![format!(
            "# Remove the setting {IMAGE_ID} of {LAUNCH_CONFIGURATION}: naming the image would pin it."
        )];
    };
    let Some(parameter) = printed.parameter else {
        return vec![setting(&quoted(image.as_str()))];
    };
    let words: Vec<String> = words(&printed.target.environment)
        .map(str::to_lowercase)
        .collect();
    let name = format!("{}_image", words.join("_"));
    vec![
        setting(&format!("data.aws_ssm_parameter.{name}.insecure_value")),
        format!(
            "# Beside the resource, once: the parameter names the image ({image} now), so that no image is\n\
             # written down here.\n\
             data \"aws_ssm_parameter\" \"{name}\" {{\n  name = {}\n}}",
            quoted(parameter)
        ),
    ]
}

fn setting(value: &str) -> String {
    format!(
        "setting {{\n  namespace = {}\n  name      = {}\n  value     = {value}\n}}",
        quoted(LAUNCH_CONFIGURATION),
        quoted(IMAGE_ID)
    )
}

/// A string of HCL, in which `${` and `%{` begin a template.
fn quoted(text: &str) -> String {
    let text = text.replace('\\', r"\\").replace('"', "\\\"");
    let text = text.replace("${", "$${").replace("%{", "%%{");
    format!("\"{text}\"")
}
