//! What an application's saved configurations say beside a verdict: one that still names an older image of
//! the watch starts every environment made from it there. Plain; an information, which keeps nobody from
//! moving.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::drift::{Drift, Note, NoteCode, TargetDrift};
use crate::model::ids::{ImageId, Scope, TargetId, WatchName};
use crate::model::image::Image;
use crate::model::reason::{About, Reason, RolloutGate};
use crate::model::saved_images::{SavedImage, SavedImages};

/// The images of a watch that are older than the one which its environments are to run.
pub fn older_images(ours: &[Image], newest: &ImageId) -> BTreeSet<ImageId> {
    let created = ours.iter().find(|image| image.id == *newest);
    let created = created.and_then(|image| image.created);
    let older = ours.iter().filter(|image| {
        let younger = image.created.is_some() && image.created > created;
        image.id != *newest && !younger
    });
    older.map(|image| image.id.clone()).collect()
}

/// An application, and where it is.
pub type PlacedApplication = (Scope, String);

/// The applications of these environments, each once.
pub fn applications<'a>(
    moved: impl IntoIterator<Item = &'a TargetId>,
) -> BTreeSet<PlacedApplication> {
    let placed = moved.into_iter();
    placed
        .map(|one| (one.scope.clone(), one.application.clone()))
        .collect()
}

/// Puts it into the verdict: with the first environment of the application that is moved or was, each saved
/// configuration once. What could not be read is said as a note, and never passed over.
pub fn add_named_elsewhere(
    drift: &mut Drift,
    moved: &BTreeSet<TargetId>,
    older: &BTreeSet<ImageId>,
    saved: &BTreeMap<PlacedApplication, SavedImages>,
) {
    for ((there, application), found) in saved {
        let watch = drift.watch.clone();
        let mut targets = drift.targets.iter_mut();
        let first = targets.find(|one| {
            let target = &one.target;
            let here = target.scope == *there && target.application == *application;
            here && moved.contains(target)
        });
        if let Some(target) = first {
            add_to_target(target, &watch, older, found);
        }
        drift.notes.extend(untold_note(application, &found.unread));
    }
}

fn add_to_target(
    target: &mut TargetDrift,
    watch: &WatchName,
    older: &BTreeSet<ImageId>,
    found: &SavedImages,
) {
    let all = found.launched_with.iter().chain(&found.others);
    let named = all.filter_map(|SavedImage { name, image }| {
        let image = image.as_ref().filter(|image| older.contains(*image))?;
        Some(Reason::from_about(About::Gate {
            watch: watch.clone(),
            target: target.target.clone(),
            gate: RolloutGate::NamedElsewhere {
                configuration: name.clone(),
                image: image.clone(),
            },
        }))
    });
    let named: Vec<Reason> = named.collect();
    target.reasons.extend(named);
    target.reasons.sort_by_key(|reason| reason.code);
}

fn untold_note(application: &str, unread: &[String]) -> Option<Note> {
    (!unread.is_empty()).then(|| Note {
        code: NoteCode::SavedUntold,
        message: format!(
            "Whether every saved configuration of {application} is free of older images is not known: {}.",
            unread.join("; ")
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::rollout::tests_rollouts::{NEW, OLD, RollingWorld, id};
    use crate::model::reason::ReasonCode;

    fn saved(name: &str, image: Option<&str>) -> SavedImage {
        SavedImage {
            name: name.to_owned(),
            image: image.map(ImageId::from),
        }
    }

    /// The verdict with what these saved configurations name.
    fn judged(others: Vec<SavedImage>, unread: Vec<String>) -> Drift {
        let mut drift = RollingWorld::usual().world.plan().drift;
        let moved = BTreeSet::from([id("shop-1"), id("shop-2")]);
        let found = SavedImages {
            launched_with: None,
            launched_unread: None,
            others,
            unread,
        };
        let saved = BTreeMap::from([((id("shop-1").scope, "shop".to_owned()), found)]);
        let older = BTreeSet::from([ImageId::from(OLD)]);
        add_named_elsewhere(&mut drift, &moved, &older, &saved);
        drift
    }

    fn named(drift: &Drift) -> Vec<(String, String)> {
        let targets = drift.targets.iter();
        let reasons = targets.flat_map(|one| {
            let named = one.reasons.iter();
            let named = named.filter(|reason| reason.code == ReasonCode::NamedElsewhere);
            named.map(|reason| {
                let facts = reason.facts();
                let said = facts["configuration"].clone();
                (one.target.environment.clone(), said)
            })
        });
        reasons.collect()
    }

    #[test]
    fn an_older_image_of_ours_is_told_once_at_an_environment_that_is_moved() {
        let others = vec![
            saved("spring", Some(OLD)),
            saved("now", Some(NEW)),
            saved("theirs", Some("ami-foreign")),
            saved("bare", None),
        ];
        let drift = judged(others, Vec::new());
        assert_eq!(named(&drift), [("shop-1".to_owned(), "spring".to_owned())]);
        assert!(drift.notes.is_empty());
    }

    #[test]
    fn what_was_not_read_is_said_and_is_no_reason() {
        let drift = judged(
            Vec::new(),
            vec!["the saved configuration x: denied".to_owned()],
        );
        assert_eq!(named(&drift), []);
        let codes: Vec<NoteCode> = drift.notes.iter().map(|note| note.code).collect();
        assert_eq!(codes, [NoteCode::SavedUntold]);
        assert!(drift.notes[0].message.contains("denied"));
    }
}
