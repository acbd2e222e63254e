//! A planned move as people and programs read it, before anything is changed. Its JSON is contract
//! (`amiwatch.rollout/1`). Plain functions: what was decided is only told.

use serde::Serialize;

use super::before::{EnvironmentRead, before, replacing};
use super::managed::ManagedOn;
use super::notes::come_back;
use super::order::MoveRefusal;
use crate::model::environment::ImageSetting;
use crate::model::ids::{ImageId, PlatformArn, TargetId, WatchName};
use crate::model::rollout::{BeforeMove, MoveOrder, Replacement, ReplacementMethod};
use crate::model::saved_images::SavedImages;
use crate::model::watch::name_in_waves;

/// The JSON's version.
pub const SCHEMA: &str = "amiwatch.rollout/1";

/// One environment's move, or why there is none.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct MovePlan {
    pub watch: WatchName,
    pub target: TargetId,
    /// What the config calls the account that it is in, where that is not the watch's own.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub account: Option<String>,
    /// It takes the last move back.
    pub back: bool,
    /// It runs the image already, and no move to it is remembered: it is proved, and nothing is changed.
    pub proof_only: bool,
    pub from: PlannedSide,
    /// Absent where there is nothing to move it to.
    pub to: Option<PlannedSide>,
    pub replacement: Replacement,
    pub instances: usize,
    /// It is deployed again on every new instance.
    pub version_label: Option<String>,
    pub cname: Option<String>,
    /// How long the update may take, and how long it must be well after it.
    pub update_max_s: Option<u64>,
    pub settle_s: Option<u64>,
    /// What stands against it; empty where it can be made.
    pub refusals: Vec<PlanRefusal>,
    /// Managed updates, where they are on.
    pub managed: Option<ManagedOn>,
    /// What was asked, could not be read, and stands in no way: a sentence each.
    pub untold: Vec<String>,
    /// What would show where the option is removed, by this move or by the one that takes it back; absent
    /// where neither removes it.
    pub comes_back: Option<SavedImages>,
    /// The change for other hands, where the watch says `hands = "print"`.
    pub printed: Option<String>,
}

/// What an environment runs, or shall run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlannedSide {
    /// Absent where only the platform version would tell.
    pub image: Option<ImageId>,
    /// The image is the platform version's own: the option names none.
    pub own: bool,
    pub platform: Option<PlatformArn>,
}

/// One thing that stands against a move.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct PlanRefusal {
    /// A stable word.
    pub code: &'static str,
    pub why: String,
}

impl PlannedSide {
    /// Of a setting and a version.
    pub fn of_setting(image: &ImageSetting, platform: Option<&PlatformArn>) -> Self {
        Self {
            image: image.image().cloned(),
            own: matches!(image, ImageSetting::PlatformOwn(_)),
            platform: platform.cloned(),
        }
    }

    fn image_words(&self) -> String {
        let image = self.image.as_ref().map(ImageId::as_str);
        match (image, self.own) {
            (Some(image), true) => format!("{image} (its platform's own)"),
            (Some(image), false) => image.to_owned(),
            (None, _) => "its platform's own".to_owned(),
        }
    }

    fn version(&self) -> &str {
        let arn = self.platform.as_ref().map_or("", PlatformArn::as_str);
        arn.rsplit('/').next().unwrap_or_default()
    }
}

impl MovePlan {
    /// Of a move that can be made.
    pub fn of_order(order: &MoveOrder) -> Self {
        let to = PlannedSide::of_setting(&order.to.image, order.to.platform.as_ref());
        Self {
            to: Some(to),
            update_max_s: Some(order.update_max_s),
            settle_s: Some(order.proof.settle_s),
            back: order.direction.is_back(),
            proof_only: order.direction.is_proof(),
            ..Self::of_before(
                &order.watch,
                &order.target,
                &order.before,
                order.replacement.clone(),
            )
        }
    }

    /// Of one that cannot, and why.
    pub fn refused(
        watch: &WatchName,
        read: &EnvironmentRead<'_>,
        to: Option<PlannedSide>,
        back: bool,
        refusals: &[MoveRefusal],
    ) -> Self {
        let refusals = refusals.iter().map(|one| PlanRefusal {
            code: one.code(),
            why: one.why().to_owned(),
        });
        Self {
            to,
            back,
            refusals: refusals.collect(),
            ..Self::of_before(watch, &read.now.target, &before(read), replacing(read))
        }
    }

    fn of_before(
        watch: &WatchName,
        target: &TargetId,
        before: &BeforeMove,
        replacement: Replacement,
    ) -> Self {
        Self {
            watch: watch.clone(),
            target: target.clone(),
            account: None,
            back: false,
            proof_only: false,
            from: PlannedSide::of_setting(&before.image, before.platform.as_ref()),
            to: None,
            replacement,
            instances: before.instances,
            version_label: before.version_label.clone(),
            cname: before.cname.clone(),
            update_max_s: None,
            settle_s: None,
            refusals: Vec::new(),
            managed: None,
            untold: Vec::new(),
            comes_back: None,
            printed: None,
        }
    }

    /// Whether an option is removed: by this move, or by the one that takes it back.
    pub fn removes(&self) -> bool {
        let unset = self.to.as_ref().is_some_and(|to| to.own);
        match (self.back, self.proof_only) {
            (true, _) => unset,
            (false, true) => false,
            (false, false) => self.from.own,
        }
    }

    /// `application/environment`, and in another account `prod:application/environment`
    pub fn name(&self) -> String {
        name_in_waves(self.account.as_deref(), &self.target.name())
    }

    /// What will be done, a line each: a word and what it is about.
    pub fn lines(&self) -> Vec<(&'static str, String)> {
        let mut lines = Vec::new();
        if let Some(to) = &self.to {
            lines.push(("image", changed(self.from.image_words(), to.image_words())));
            let versions = changed(self.from.version().to_owned(), to.version().to_owned());
            lines.push(("platform", versions));
        }
        if self.proof_only {
            lines.extend(self.proved());
            return lines;
        }
        lines.push(("instances", self.replaced()));
        lines.push(("downtime", self.downtime()));
        let deployed = self.version_label.as_deref().unwrap_or("that it has");
        lines.push((
            "deploys",
            format!("the application version {deployed} again, on every new instance"),
        ));
        lines.extend(self.cname.clone().map(|cname| ("address", cname)));
        lines.extend(self.proof().map(|proof| ("proof", proof)));
        lines.push(("back", self.way_back()));
        lines.extend(self.notes().map(|what| ("note", what)));
        lines
    }

    /// What is done where nothing is changed.
    fn proved(&self) -> Vec<(&'static str, String)> {
        let settle = self.settle_s.unwrap_or_default() / 60;
        let unknown =
            "what it ran before is not remembered: nothing is changed, and nothing is taken back";
        vec![
            ("instances", format!("{}, none is replaced", self.instances)),
            (
                "proof",
                format!(
                    "every instance must run it, and stay well for {settle} min without a break"
                ),
            ),
            ("back", unknown.to_owned()),
        ]
    }

    fn replaced(&self) -> String {
        let Replacement {
            method, batches, ..
        } = &self.replacement;
        let how = match method {
            ReplacementMethod::Immutable => {
                "new ones beside them first; the old ones go when the new ones are well"
            }
            ReplacementMethod::RollingByHealth => "each batch must become well before the next",
            ReplacementMethod::RollingByTime => "by the clock, whether or not a batch is well",
            ReplacementMethod::AllAtOnce => "all of them together",
        };
        let batches = match batches {
            1 => "1 batch".to_owned(),
            many => format!("{many} batches"),
        };
        let count = self.instances;
        format!("{count}, replaced {method} in {batches}: {how}")
    }

    fn downtime(&self) -> String {
        match self.replacement.downtime {
            true => "nothing serves while they are replaced",
            false => "none is expected",
        }
        .to_owned()
    }

    fn proof(&self) -> Option<String> {
        let (update, settle) = (self.update_max_s?, self.settle_s?);
        Some(format!(
            "the update may take {} min; then it must be well for {} min without a break",
            update / 60,
            settle / 60
        ))
    }

    fn way_back(&self) -> String {
        match self.back {
            true => "this is the way back".to_owned(),
            false => format!(
                "`amiwatch rollback {}`; a move that fails is taken back by itself, where the watch says so",
                crate::model::aws_command::shell_word(&self.name())
            ),
        }
    }

    fn notes(&self) -> impl Iterator<Item = String> {
        let saved = self.comes_back.iter();
        let saved = saved.flat_map(|saved| come_back(saved, !self.back));
        let managed = self.managed.iter().map(ManagedOn::sentence);
        let untold = self.untold.iter().cloned();
        saved.chain(managed).chain(untold)
    }
}

fn changed(from: String, to: String) -> String {
    match from == to {
        true => format!("{from}, which stays"),
        false => format!("{from} -> {to}"),
    }
}
