//! Drift as news: what a look shows against what people were told, in plain functions.
//!
//! The first look at a watch tells nobody: what is out of step then is the baseline. Later, what is
//! new is told, once; what goes away is not, until nothing is left: then `resolved` is told. A look
//! that could not read everything takes what it could not read as it was, so that it neither tells an
//! all-clear nor has a second notice follow when everything can be read again. And while an image is
//! quarantined, nothing that was told of it is forgotten: that another one counts meanwhile, and that it
//! counts again after that, is no news.

use std::collections::{BTreeMap, BTreeSet};

use chrono::{DateTime, Utc};

use super::base;
use crate::flow::move_commands::{MOVES_MAX, ROLLOUT_DOES, moves_by_hand, rollout_command};
use crate::model::bake::digest;
use crate::model::chronicle::ReleasePoint;
use crate::model::drift::{Drift, TargetDrift};
use crate::model::ids::{ImageId, Installation, Scope};
use crate::model::notice::{
    DriftTold, EnvironmentTold, FirstOf, NextByItself, Notice, PastedCommand, What,
};
use crate::model::reason::{DoubtSubject, Reason, ReasonCode};
use crate::model::told::ToldDrift;

/// What a look changes in what people know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct News {
    pub notice: Option<Notice>,
    /// What is remembered as told from now on, in the batch that stores the notice.
    pub after: ToldDrift,
}

/// The news in a look; absent when there is none, or when the look shows too little: while the
/// release or our own images cannot be read, nothing is said of drift.
///
/// `before` is absent at the first look at a watch, which tells nobody.
pub fn drift(
    installation: &Installation,
    scope: &Scope,
    drift: &Drift,
    before: Option<&ToldDrift>,
    at: DateTime<Utc>,
) -> Option<News> {
    let look = Look::of(drift);
    if look.blind {
        return None;
    }
    let first = ToldDrift::default();
    let known = before.unwrap_or(&first);
    let said = match look.quarantined {
        true => look.with_known(known),
        false => look.believed(known),
    };
    let release = drift.release.as_ref();
    let after = ToldDrift {
        release: release.map(|release| release.image.clone()),
        version: release.map(|release| release.version.clone()),
        moves: known.moves + u64::from(base::moved(drift, known)),
        ends: Some(base::known_ends(drift, known)),
        current: drift.current.clone(),
        images: known.images_with(drift.current.as_ref()),
        unread: look.still_unread(known),
        said,
        ..known.clone()
    };
    // All that is out of step was read by an earlier look: what it is measured by moves when something is seen.
    if before.is_some() && moved(known, &after) && look.shown.is_empty() && !look.whole() {
        return None;
    }
    let story = Story {
        installation,
        scope,
        drift,
        at,
    };
    let news = match before {
        None => News {
            notice: None,
            after: ToldDrift {
                unread: look.unread,
                ..after
            },
        },
        Some(known) if look.is_news(known, &after) => story.drifted(after, look.unread),
        Some(known) if after.said.is_empty() && look.whole() && known.notice.is_some() => {
            story.resolved(after)
        }
        Some(_) => News {
            notice: None,
            after,
        },
    };
    (before != Some(&news.after)).then_some(news)
}

/// What is out of step is measured by another release or another image of ours.
fn moved(known: &ToldDrift, now: &ToldDrift) -> bool {
    let mut current = now.current.iter();
    known.release != now.release || current.any(|image| !known.was_current(image))
}

type Said = BTreeMap<String, BTreeSet<ReasonCode>>;

/// What one look shows, by remembered names.
struct Look {
    shown: Said,
    seen: BTreeSet<String>,
    unread: BTreeSet<String>,
    /// The release or our own images could not be read.
    blind: bool,
    /// A target of the config matches nothing: what it was for may be out of sight.
    unmatched: bool,
    /// An image of ours is not for use that would be made again: its own notice told why there is none.
    quarantined: bool,
}

impl Look {
    fn of(drift: &Drift) -> Self {
        let about = |subject: DoubtSubject| {
            let mut own = drift.reasons.iter();
            own.any(|reason| reason.doubts(subject))
        };
        let mut look = Self {
            shown: Said::new(),
            seen: BTreeSet::from([ToldDrift::ITSELF.to_owned()]),
            unread: BTreeSet::new(),
            blind: about(DoubtSubject::Release) || about(DoubtSubject::Images),
            unmatched: drift.reasons.iter().any(unmatched),
            quarantined: drift.reasons.iter().any(quarantined),
        };
        if about(DoubtSubject::Targets) {
            look.unread.insert(ToldDrift::LIST.to_owned());
        }
        look.take(ToldDrift::ITSELF.to_owned(), &drift.reasons);
        for target in &drift.targets {
            let name = ToldDrift::name_of(&digest(&[&target.target.to_string()]));
            if target.reasons.iter().any(Reason::is_doubt) {
                look.unread.insert(name.clone());
            }
            look.seen.insert(name.clone());
            look.take(name, &target.reasons);
        }
        look
    }

    fn take(&mut self, name: String, reasons: &[Reason]) {
        let codes = reasons.iter().filter(|reason| reason.is_drift());
        let codes: BTreeSet<ReasonCode> = codes.map(|reason| reason.code).collect();
        if !codes.is_empty() {
            self.shown.insert(name, codes);
        }
    }

    /// Something is out of step that was not, or what it is measured by is another. That a quarantine leaves the
    /// watch without its newest image is told by whoever quarantines it.
    fn is_news(&self, known: &ToldDrift, now: &ToldDrift) -> bool {
        let all = now
            .said
            .iter()
            .flat_map(|(target, codes)| codes.iter().map(move |code| (target, *code)));
        let mut own = all.filter(|(target, _)| !self.quarantined || *target != ToldDrift::ITSELF);
        !now.said.is_empty()
            && (moved(known, now) || own.any(|(target, code)| known.surprises(target, code)))
    }

    /// What is out of step, and what was told.
    fn with_known(&self, known: &ToldDrift) -> Said {
        let mut said = self.believed(known);
        for (name, codes) in &known.said {
            said.entry(name.clone()).or_default().extend(codes);
        }
        said.into_iter().take(ToldDrift::TARGETS_MAX).collect()
    }

    fn whole(&self) -> bool {
        self.unread.is_empty() && !self.unmatched
    }

    /// What was unread when it was told, and still is. Behind a list that was unread is everything.
    fn still_unread(&self, known: &ToldDrift) -> BTreeSet<String> {
        let list = known.unread.contains(ToldDrift::LIST);
        let still = self.unread.iter();
        still
            .filter(|name| list || known.unread.contains(*name))
            .cloned()
            .collect()
    }

    /// What is out of step as far as one can tell: what could not be read is as it was told.
    fn believed(&self, known: &ToldDrift) -> Said {
        let list_unread = self.unread.contains(ToldDrift::LIST);
        let mut said = self.shown.clone();
        for (name, codes) in &known.said {
            let unread = self.unread.contains(name) || (list_unread && !self.seen.contains(name));
            if unread {
                said.entry(name.clone()).or_default().extend(codes);
            }
        }
        said.into_iter().take(ToldDrift::TARGETS_MAX).collect()
    }
}

/// What a notice is made from.
struct Story<'a> {
    installation: &'a Installation,
    scope: &'a Scope,
    drift: &'a Drift,
    at: DateTime<Utc>,
}

impl Story<'_> {
    /// Key: the watch, how many drift notices it had, the release, our image, and what is out of step.
    fn drifted(&self, after: ToldDrift, unread: BTreeSet<String>) -> News {
        let key = self.key(&after);
        let watch = &self.drift.watch;
        let mut commands = vec![
            PastedCommand::new(
                format!("amiwatch plan --watch {watch}"),
                "what a run would do now, and why",
            ),
            PastedCommand::new(format!("amiwatch bake {watch}"), "bakes now"),
        ];
        let behind = self.drift.targets.iter();
        let behind = behind.filter_map(|one| Some((one, one.move_to.as_ref()?)));
        let behind = behind.filter(|(_, to)| to.may_be_moved());
        let behind: Vec<_> = behind.take(MOVES_MAX).collect();
        let ours = behind.iter().filter(|(one, _)| !one.moved_by_others);
        commands.extend(
            ours.map(|(one, _)| {
                PastedCommand::new(rollout_command(watch, &one.name()), ROLLOUT_DOES)
            }),
        );
        let targets = behind.into_iter().map(|(one, to)| (&one.target, to));
        let by_hand = moves_by_hand(targets).into_iter();
        commands.extend(by_hand.map(|one| {
            let does = format!("{}, by hand", one.does);
            PastedCommand::new(one.command.to_string(), &does)
        }));
        let what = What::Drift(self.told(after.notice.clone()));
        let notice = self.notice(key.clone(), what, NextByItself::Look, commands);
        News {
            notice: Some(notice),
            after: ToldDrift {
                count: after.count + 1,
                notice: Some(key),
                unread,
                ..after
            },
        }
    }

    fn key(&self, after: &ToldDrift) -> String {
        let (installation, watch) = (self.installation, &self.drift.watch);
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

    /// What is out of step, bounded.
    fn told(&self, follows: Option<String>) -> DriftTold {
        let Drift {
            release,
            current,
            reasons,
            targets,
            ..
        } = self.drift;
        let behind = targets.iter().filter(|target| tells(target));
        let lines = behind.clone().flat_map(|target| {
            target.reasons.iter().map(|reason| EnvironmentTold {
                target: target.target.clone(),
                reason: reason.about.clone(),
            })
        });
        let unread = targets.iter().filter(|target| !tells(target));
        let unread = unread.filter(|target| target.reasons.iter().any(Reason::is_doubt));
        let drifting = self.drift.all_reasons().filter(|one| one.is_drift());
        DriftTold {
            release: release.as_ref().map(ReleasePoint::of_release),
            current: current.clone(),
            watch: FirstOf::all_of(reasons.iter().map(|reason| reason.about.clone())),
            environments: FirstOf::all_of(lines),
            behind: behind.count(),
            unread: FirstOf::all_of(unread.map(|target| target.target.clone())),
            codes: drifting.map(|reason| reason.code).collect(),
            follows,
        }
    }

    /// Key: that of the notice that it ends.
    fn resolved(&self, after: ToldDrift) -> News {
        let (installation, watch) = (self.installation, &self.drift.watch);
        let ends = after.notice.clone().unwrap_or_default();
        let key = format!(
            "resolved:{installation}:{watch}:{:.16}",
            digest(&["amiwatch resolved notice 1", &ends])
        );
        let commands = vec![PastedCommand::new(
            format!("amiwatch check --watch {watch}"),
            "every environment and its image",
        )];
        let what = What::Resolved {
            release: self.drift.release.as_ref().map(ReleasePoint::of_release),
            current: self.drift.current.clone(),
            ends,
        };
        News {
            notice: Some(self.notice(key, what, NextByItself::Nothing, commands)),
            after: ToldDrift {
                notice: None,
                ..after
            },
        }
    }

    fn notice(
        &self,
        key: String,
        what: What,
        next: NextByItself,
        commands: Vec<PastedCommand>,
    ) -> Notice {
        let (installation, watch) = (self.installation, &self.drift.watch);
        Notice {
            key,
            story: format!("drift:{installation}:{watch}"),
            at: self.at,
            installation: installation.named().cloned(),
            watch: Some(watch.clone()),
            scope: Some(self.scope.clone()),
            what,
            next,
            commands,
            links: Vec::new(),
        }
    }
}

fn text_of(image: Option<&ImageId>) -> String {
    image.map_or("-", ImageId::as_str).to_owned()
}

fn unmatched(reason: &Reason) -> bool {
    reason.code == ReasonCode::NoTarget
}

fn quarantined(reason: &Reason) -> bool {
    reason.code == ReasonCode::Quarantined
}

fn tells(target: &TargetDrift) -> bool {
    target.reasons.iter().any(Reason::is_drift)
}
