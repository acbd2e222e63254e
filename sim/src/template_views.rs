//! What tests ask of launch templates from behind the scenes, as `views` does of the rest.

use serde::Serialize;

use crate::account::Account;

/// A launch template as it is.
#[derive(Clone, Debug, Serialize, PartialEq, Eq)]
pub struct LaunchTemplateView {
    /// Region.
    pub region: String,
    /// Id.
    pub id: String,
    /// Name.
    pub name: String,
    /// The number of the version that is `$Default`.
    pub default: u64,
    /// What each version names as its image, oldest first; empty where it names none.
    pub images: Vec<String>,
}

impl Account {
    /// Launch templates that calls or the world made, in every region.
    pub fn launch_templates(&self) -> Vec<LaunchTemplateView> {
        let state = self.fresh();
        let regions = state.regions.iter();
        let all = regions.flat_map(|(region, here)| {
            let templates = here.ec2.launch_templates.values();
            templates.map(move |template| LaunchTemplateView {
                region: region.clone(),
                id: template.id.clone(),
                name: template.name.clone(),
                default: template.default,
                images: template
                    .versions
                    .values()
                    .map(|version| version.image_id().unwrap_or_default().to_owned())
                    .collect(),
            })
        });
        all.collect()
    }
}
