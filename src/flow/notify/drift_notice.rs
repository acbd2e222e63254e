//! The notice about a drift and the one about its end: what they tell, under which key, in which story. Plain
//! functions; whether there is news is decided before.

use std::collections::BTreeSet;

use super::watch_story::{NewsLook, WatchStories, image_moved, release_moved};
use crate::flow::move_commands::{MOVES_MAX, ROLLOUT_DOES, moves_by_hand, rollout_command};
use crate::model::bake::digest;
use crate::model::chronicle::ReleasePoint;
use crate::model::drift::{Drift, TargetDrift};
use crate::model::ids::ImageId;
use crate::model::notice::{
    DriftStep, DriftTold, EnvironmentTold, FirstOf, Link, MoveAhead, NextByItself, Notice,
    PastedCommand, What,
};
use crate::model::platform_choice::PlatformChoice;
use crate::model::reason::{Reason, ReasonCode};
use crate::model::told::ToldDrift;
use crate::model::watch::OnDrift;

/// What a look changes in what people know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    pub notice: Option<Notice>,
    /// What is remembered as told from now on, in the batch that stores the notice.
    pub after: ToldDrift,
}

/// What a notice is made from.
pub(super) struct DriftTeller<'a> {
    pub(super) seen: &'a NewsLook<'a>,
    pub(super) stories: WatchStories<'a>,
}

impl DriftTeller<'_> {
    /// Key: the watch, how many drift notices it had, the release, our image, and what is out of step.
    pub(super) fn drifted(
        &self,
        known: &ToldDrift,
        after: ToldDrift,
        unread: BTreeSet<String>,
    ) -> News {
        let key = self.key(&after);
        let told_in = self.stories.of_drift(known, &key);
        let step = step(self.seen.drift, known, &after);
        let links = self.links(&step);
        let what = What::Drift(DriftTold {
            step,
            follows: after.notice.clone(),
            instead_of: told_in.instead_of,
            ..self.told()
        });
        let commands = self.commands();
        let notice = Notice {
            links,
            ..self.notice(
                key.clone(),
                told_in.story,
                what,
                NextByItself::Look,
                commands,
            )
        };
        News {
            notice: Some(notice),
            after: ToldDrift {
                count: after.count + 1,
                notice: Some(key),
                stories: told_in.after,
                unread,
                ..after
            },
        }
    }

    /// What the watch does by itself is nobody's to do.
    fn commands(&self) -> Vec<PastedCommand> {
        let NewsLook { watch, drift, .. } = *self.seen;
        let name = &watch.name;
        let plan = format!("amiwatch plan --watch {name}");
        let mut commands = vec![PastedCommand::new(plan, "what a run would do now, and why")];
        if watch.on_drift == OnDrift::Notify && watch.recipe.is_some() {
            commands.push(PastedCommand::new(
                format!("amiwatch bake {name}"),
                "bakes now",
            ));
        }
        let by_itself = watch.on_drift == OnDrift::Rollout;
        let behind = drift.targets.iter();
        let behind = behind.filter(|one| one.moved_by_others || !by_itself);
        let behind = behind.filter_map(|one| Some((one, one.move_to.as_ref()?)));
        let behind = behind.filter(|(_, to)| to.may_be_moved());
        let behind: Vec<_> = behind.take(MOVES_MAX).collect();
        let ours = behind.iter().filter(|(one, _)| !one.moved_by_others);
        commands.extend(
            ours.map(|(one, _)| {
                PastedCommand::new(rollout_command(name, &one.name()), ROLLOUT_DOES)
            }),
        );
        let targets = behind.into_iter().map(|(one, to)| (&one.target, to));
        let by_hand = moves_by_hand(targets).into_iter();
        commands.extend(by_hand.map(|one| {
            let does = format!("{}, by hand", one.does);
            PastedCommand::new(one.command.to_string(), &does)
        }));
        commands
    }

    /// Where to read on: what is in a new release, or the new image.
    fn links(&self, step: &DriftStep) -> Vec<Link> {
        let region = &self.seen.scope.region;
        let branch = self.seen.watch.base.source.branch();
        match (step, branch, &self.seen.drift.current) {
            (DriftStep::Release { .. }, Some(branch), _) => Link::on_branch(region, branch),
            (DriftStep::Image { .. }, _, Some(image)) => vec![Link::to_image(region, image)],
            _ => Vec::new(),
        }
    }

    fn key(&self, after: &ToldDrift) -> String {
        let (installation, watch) = (self.seen.installation, &self.seen.drift.watch);
        let codes = after.said.iter().flat_map(|(target, codes)| {
            let code = |code: &ReasonCode| [target.clone(), code.to_string()];
            codes.iter().flat_map(code)
        });
        let mut fields = vec![
            "amiwatch drift notice 2".to_owned(),
            installation.to_string(),
            watch.to_string(),
            after.count.to_string(),
            text_of(after.release.as_ref()),
            text_of(after.current.as_ref()),
        ];
        fields.extend(codes);
        let fields: Vec<&str> = fields.iter().map(String::as_str).collect();
        format!("drift:{installation}:{watch}:{:.16}", digest(&fields))
    }

    /// What is out of step, bounded; neither what moved nor what it goes on with.
    fn told(&self) -> DriftTold {
        let Drift {
            release,
            current,
            reasons,
            targets,
            ..
        } = self.seen.drift;
        let behind = targets.iter().filter(|target| tells(target));
        let lines = behind.clone().flat_map(|target| {
            target.reasons.iter().map(|reason| EnvironmentTold {
                target: target.target.clone(),
                reason: reason.about.clone(),
            })
        });
        let unread = targets.iter().filter(|target| !tells(target));
        let unread = unread.filter(|target| target.reasons.iter().any(Reason::is_doubt));
        let drifting = self.seen.drift.all_reasons();
        let drifting = drifting.filter(|one| one.is_drift());
        DriftTold {
            release: release.as_ref().map(ReleasePoint::of_release),
            current: current.clone(),
            watch: FirstOf::all_of(reasons.iter().map(|reason| reason.about.clone())),
            environments: FirstOf::all_of(lines),
            behind: behind.clone().count(),
            unread: FirstOf::all_of(unread.map(|target| target.target.clone())),
            codes: drifting.map(|reason| reason.code).collect(),
            follows: None,
            step: DriftStep::Neither,
            moves: FirstOf::all_of(behind.filter_map(ahead)),
            goes: Some(self.seen.watch.on_drift),
            instead_of: None,
        }
    }

    /// Key: that of the notice that it ends.
    pub(super) fn resolved(&self, after: ToldDrift) -> News {
        let (installation, drift) = (self.seen.installation, self.seen.drift);
        let watch = &drift.watch;
        let ends = after.notice.clone().unwrap_or_default();
        let key = format!(
            "resolved:{installation}:{watch}:{:.16}",
            digest(&["amiwatch resolved notice 1", &ends])
        );
        let commands = vec![PastedCommand::new(
            format!("amiwatch check --watch {watch}"),
            "every environment and its image",
        )];
        let over = self.stories.over();
        let what = What::Resolved {
            release: drift.release.as_ref().map(ReleasePoint::of_release),
            current: drift.current.clone(),
            ends,
            also: over.also,
        };
        News {
            notice: Some(self.notice(key, over.story, what, NextByItself::Nothing, commands)),
            after: ToldDrift {
                notice: None,
                stories: over.after,
                ..after
            },
        }
    }

    fn notice(
        &self,
        key: String,
        story: String,
        what: What,
        next: NextByItself,
        commands: Vec<PastedCommand>,
    ) -> Notice {
        let seen = self.seen;
        Notice {
            key,
            story,
            at: seen.at,
            installation: seen.installation.named().cloned(),
            watch: Some(seen.drift.watch.clone()),
            scope: Some(seen.scope.clone()),
            what,
            next,
            commands,
            links: Vec::new(),
        }
    }
}

/// What moved between what people know and this look, from what.
fn step(drift: &Drift, known: &ToldDrift, now: &ToldDrift) -> DriftStep {
    match (&known.release, image_moved(known, now)) {
        (Some(from), _) if release_moved(drift, known) => DriftStep::Release {
            from: from.clone(),
            from_version: known.version.clone(),
        },
        (_, true) => DriftStep::Image {
            from: known.current.clone(),
        },
        _ => DriftStep::Neither,
    }
}

/// What waits for an environment; absent where no image does.
fn ahead(target: &TargetDrift) -> Option<MoveAhead> {
    let to = target.move_to.as_ref()?;
    Some(MoveAhead {
        target: target.target.clone(),
        from: target.image.clone(),
        to: to.image.clone(),
        from_platform: target.platform.clone(),
        to_platform: match &to.platform {
            PlatformChoice::Moves { to, .. } => Some(to.clone()),
            _ => None,
        },
    })
}

fn text_of(image: Option<&ImageId>) -> String {
    image.map_or("-", ImageId::as_str).to_owned()
}

/// The environment is out of step.
pub(super) fn tells(target: &TargetDrift) -> bool {
    target.reasons.iter().any(Reason::is_drift)
}
