//! An environment `shop` that is moved to images, for tests of what comes of it.

use std::time::Duration;

use sim::{Account, EnvironmentSpec, EnvironmentView, HandClock, ImageSpec, Release, UpdateView};

use crate::support::{BRANCH, REGION, account, call};

pub(crate) const MINUTE: Duration = Duration::from_secs(60);
pub(crate) const HOUR: Duration = Duration::from_secs(3600);

/// An environment `shop`, and how time passes there.
pub(crate) struct Shop {
    pub(crate) account: Account,
    pub(crate) hand: HandClock,
    pub(crate) image: String,
}

impl Shop {
    pub(crate) fn new(spec: impl FnOnce(EnvironmentSpec) -> EnvironmentSpec) -> Self {
        let (account, hand) = account();
        let at = account.at(REGION);
        at.release(Release::new(BRANCH, "4.5.0")).unwrap();
        let environment = EnvironmentSpec::new("shop", "shop", BRANCH).instances(2);
        at.environment(spec(environment)).unwrap();
        let image = at.image(ImageSpec::mine("ours")).unwrap();
        Self {
            account,
            hand,
            image,
        }
    }

    pub(crate) fn at(&self) -> sim::At {
        self.account.at(REGION)
    }

    pub(crate) fn call(&self, form: &str) -> String {
        call(&self.account, "elasticbeanstalk", form).code()
    }

    /// Moves it to an image.
    pub(crate) fn move_to(&self, image: &str) -> String {
        self.call(&format!(
            "Action=UpdateEnvironment&EnvironmentName=shop&OptionSettings.member.1.OptionName=ImageId&\
             OptionSettings.member.1.Namespace=aws:autoscaling:launchconfiguration&\
             OptionSettings.member.1.Value={image}"
        ))
    }

    /// So much time passes, minute by minute.
    pub(crate) fn pass(&self, by: Duration) {
        for _ in 0..by.as_secs() / 60 {
            self.hand.advance(MINUTE);
            self.account.tick();
        }
    }

    pub(crate) fn now(&self) -> EnvironmentView {
        self.account.environment("shop").expect("it is there")
    }

    pub(crate) fn last(&self) -> UpdateView {
        let updates = self.account.updates("shop");
        updates.last().cloned().expect("there was an update")
    }

    /// How many instances run an image.
    pub(crate) fn running(&self, image: &str) -> usize {
        let now = self.now();
        now.instances.values().filter(|runs| *runs == image).count()
    }
}
