//! World building: launch templates, groups and launch configurations that are of no environment.

use super::{LaunchConfiguration, OtherGroup};
use crate::ec2::launch_templates::{LaunchTemplate, TemplateVersion};
use crate::state::{Core, Region};
use crate::world::{GroupSpec, LaunchConfigurationSpec, LaunchTemplateSpec, WorldError};

/// A launch template with a version for each image; returns its id.
pub(crate) fn template(core: &mut Core, here: &mut Region, spec: LaunchTemplateSpec) -> String {
    const SOMEBODY: &str = "arn:aws:iam::000000000000:user/somebody";
    let mut template = LaunchTemplate {
        id: core.id("lt"),
        name: spec.name,
        created: core.now,
        by: SOMEBODY.to_owned(),
        default: spec.default_version,
        given: 0,
        versions: Default::default(),
        tags: spec.tags,
    };
    for image in spec.images {
        template.add(TemplateVersion {
            number: 0,
            description: String::new(),
            created: core.now,
            by: SOMEBODY.to_owned(),
            data: [("ImageId".to_owned(), image)].into(),
        });
    }
    let id = template.id.clone();
    here.ec2.launch_templates.insert(id.clone(), template);
    id
}

/// A group; what it launches from must be there.
pub(crate) fn group(
    core: &mut Core,
    here: &mut Region,
    region: &str,
    spec: GroupSpec,
) -> Result<String, WorldError> {
    let mut templates = here.ec2.launch_templates.values();
    let wanted = &spec.launch_template;
    let template = templates.find(|t| t.id == *wanted || t.name == *wanted);
    if template.is_none() && spec.launch_configuration.is_empty() {
        return Err(WorldError::Missing {
            kind: "launch template",
            name: wanted.clone(),
            region: region.to_owned(),
        });
    }
    let suspended = spec.suspended.iter().map(|p| (p.clone(), core.now));
    let group = OtherGroup {
        template: template.map(|t| (t.id.clone(), t.name.clone())),
        created: core.now,
        suspended: suspended.collect(),
        spec,
    };
    let name = group.spec.name.clone();
    here.autoscaling.groups.insert(name.clone(), group);
    Ok(name)
}

/// A launch configuration; returns its name.
pub(crate) fn configuration(
    core: &Core,
    here: &mut Region,
    spec: LaunchConfigurationSpec,
) -> String {
    let (name, created) = (spec.name.clone(), core.now);
    let configuration = LaunchConfiguration { spec, created };
    let all = &mut here.autoscaling.configurations;
    all.insert(name.clone(), configuration);
    name
}
