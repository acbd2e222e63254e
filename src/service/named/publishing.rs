//! Where the config has images made known, looked at without changing anything: the regions, the parameters, the
//! launch templates. Whether others may use a KMS key only their account and the key's policy can say.

use super::{FindingSort, NamedFinding, account, missing, untold};
use crate::cloud::{Cloud, ErrorKind, Identity};
use crate::flow::publish::template::{Template, unfit_source};
use crate::model::ids::{Region, WatchName};
use crate::model::publish_rules::PublishAs;
use crate::model::watch::Watch;
use crate::service::Service;

/// What is the matter with a watch's destinations.
pub(super) async fn destinations(
    service: &Service<'_>,
    watch: &Watch,
    home: Option<&Region>,
) -> Vec<NamedFinding> {
    let (Some(rules), Some(home)) = (&watch.publish, home) else {
        return Vec::new();
    };
    let mut findings = Vec::new();
    let mut unreachable: Option<Region> = None;
    for (destination, publish) in rules.destinations(home) {
        let region = &destination.region;
        if unreachable.as_ref() == Some(region) {
            continue;
        }
        let cloud = match reached(service, region).await {
            Ok(cloud) => cloud,
            Err(finding) => {
                // The watch's own region has been told of.
                let copied = (region != home).then(|| NamedFinding {
                    key: key(&watch.name, "copy_to"),
                    advice: format!("nothing can be published in {region} until then"),
                    ..finding
                });
                findings.extend(copied);
                unreachable = Some(region.clone());
                continue;
            }
        };
        findings.extend(destination_as(&cloud, &watch.name, &publish).await);
    }
    findings
}

async fn reached(service: &Service<'_>, region: &Region) -> Result<Cloud, NamedFinding> {
    let cloud = service.connection.cloud(&Identity::Own, Some(region));
    let cloud = cloud.map_err(|error| account(&error))?;
    match cloud.caller().await {
        Ok(_) => Ok(cloud),
        Err(error) => Err(account(&error)),
    }
}

fn key(watch: &WatchName, of: &str) -> String {
    format!("[watch.{watch}.publish] {of}")
}

async fn destination_as(
    cloud: &Cloud,
    watch: &WatchName,
    publish: &PublishAs,
) -> Option<NamedFinding> {
    match publish {
        PublishAs::Parameter { name } => parameter(cloud, &key(watch, "ssm"), name).await,
        PublishAs::Template {
            template,
            make_default,
        } => {
            let to = Template {
                template,
                make_default: *make_default,
            };
            launch_template(cloud, &key(watch, "launch_template"), to).await
        }
        // What is not made yet cannot be looked at.
        PublishAs::Copy { .. } | PublishAs::Share { .. } => None,
    }
}

/// One that is not there is made by the first publication.
async fn parameter(cloud: &Cloud, key: &str, name: &str) -> Option<NamedFinding> {
    match cloud.parameter_now(name).await {
        Ok(Some(now)) if !(now.plain && now.names_image) => Some(NamedFinding {
            is: FindingSort::Wrong,
            key: key.to_owned(),
            what: format!(
                "the parameter {name} is there in {}, and not of data type aws:ec2:image",
                cloud.region()
            ),
            advice: "remove it, or give the watch another name: SSM lets nobody change its type"
                .to_owned(),
        }),
        Ok(_) => None,
        Err(error) => Some(untold(
            key,
            &format!("the parameter {name}"),
            error.to_string(),
        )),
    }
}

async fn launch_template(cloud: &Cloud, key: &str, to: Template<'_>) -> Option<NamedFinding> {
    let what = format!("the launch template {}", to.template.as_str());
    match cloud.template_now(to.template, to.source_word()).await {
        Ok(now) => unfit_source(to, &now).map(|why| NamedFinding {
            is: FindingSort::Wrong,
            key: key.to_owned(),
            what: format!("in {}, {}", cloud.region(), why.what),
            advice: why.advice,
        }),
        Err(error) if error.kind == ErrorKind::NotFound => {
            Some(missing(key, &what, cloud.region()))
        }
        Err(error) => Some(untold(key, &what, error.to_string())),
    }
}
