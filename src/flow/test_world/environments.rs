//! Environments of a small world, and what they run.

use super::{World, arn, pattern, scope};
use crate::model::environment::HealthColor;
use crate::model::ids::TargetId;
use crate::model::sighting::{
    DeployedSettings, Environment, EnvironmentSighting, RunningImage, Seen, Tier,
};

impl World {
    /// An environment of application `shop`, Ready, and the pattern that names it: a world without any names none.
    pub(in crate::flow) fn environment(&mut self, name: &str, version: &str, image: &str) {
        if self.watch.targets.is_empty() {
            self.watch.targets = vec![pattern("shop", "shop-*")];
        }
        let environment = Environment {
            target: TargetId {
                scope: scope(),
                application: "shop".to_owned(),
                environment: name.to_owned(),
            },
            id: None,
            platform: Some(arn(version)),
            solution_stack: None,
            tier: Tier::WebServer,
            status: "Ready".to_owned(),
            updated: None,
            color: HealthColor::Green,
        };
        let settings = Seen::Known(DeployedSettings {
            image: Some(image.into()),
            not_set: false,
            draft: None,
            managed_updates: false,
        });
        self.environments().push(EnvironmentSighting {
            environment,
            settings,
            running: None,
            by_pages: false,
        });
    }

    /// What the instances of the first environment run, and whether they end.
    pub(in crate::flow) fn runs(&mut self, instances: &[(&str, bool)]) {
        let numbered = instances.iter().enumerate();
        let running = numbered.map(|(at, (image, ends))| RunningImage {
            instance: format!("i-{at}").as_str().into(),
            image: (*image).into(),
            ends: *ends,
        });
        self.environments()[0].running = Some(Seen::Known(running.collect()));
    }

    /// Elastic Beanstalk updates the first environment's platform version by itself.
    pub(in crate::flow) fn updates_itself(&mut self) {
        match &mut self.environments()[0].settings {
            Seen::Known(settings) => settings.managed_updates = true,
            hidden => panic!("the settings are {hidden:?}"),
        }
    }

    pub(in crate::flow) fn environments(&mut self) -> &mut Vec<EnvironmentSighting> {
        match &mut self.sighting.environments {
            Seen::Known(list) => list,
            hidden => panic!("the environments are {hidden:?}"),
        }
    }
}
