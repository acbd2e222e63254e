//! What is told of a watch's rollout beside its moves: the question to people and its end, a wave that is
//! through, what keeps an environment from the image, changes that other hands make.
//!
//! All of it is one story with the bake of the image: what was released, what was made of it, how far it
//! has come.

use chrono::{DateTime, Utc};

use crate::model::bake::BakedImage;
use crate::model::ids::{ImageId, Installation, Scope, WatchName};
use crate::model::notice::{
    ApprovalTold, BlockedTold, FirstOf, HandsTold, Link, NextByItself, Notice, PastedCommand,
    PrintedChange, RolledImage, SupersededTold, TargetFrom, WaveTold, What,
};
use crate::model::rollout_memory::ApprovalQuestion;
use crate::model::told::ToldDrift;

/// Whose rollout it is, of which image, and when it is told.
#[derive(Debug, Clone, Copy)]
pub struct RolloutStory<'a> {
    pub installation: &'a Installation,
    pub scope: &'a Scope,
    pub watch: &'a WatchName,
    pub image: &'a ImageId,
    /// What is remembered of the image, where it is the watch's present one.
    pub baked: Option<&'a BakedImage>,
    /// What people were told of the watch.
    pub told: Option<&'a ToldDrift>,
    /// When the image began to go through the waves: an image that does so again is told of again.
    pub began_at: DateTime<Utc>,
    pub at: DateTime<Utc>,
}

/// A wave whose environments all run the image.
#[derive(Debug, Clone)]
pub struct WaveRun {
    /// Counted from 1.
    pub number: usize,
    pub of: usize,
    pub pattern: String,
    /// With what each ran before.
    pub environments: Vec<TargetFrom>,
    pub last: bool,
    /// The environments of the wave that follows.
    pub next: Vec<String>,
}

/// The story of an image: that of its release or of its bake, unless it is over and another one of the watch
/// goes on.
pub fn story_of_image(baked: &BakedImage, told: Option<&ToldDrift>) -> String {
    let made_in = baked.told_in();
    match told {
        Some(told) => told.story_of_image(made_in),
        None => made_in,
    }
}

impl RolloutStory<'_> {
    fn of(&self) -> RolledImage {
        let baked = self.baked.filter(|baked| baked.image == *self.image);
        RolledImage {
            image: self.image.clone(),
            base_version: baked.map(|baked| baked.base_version.clone()),
        }
    }

    fn notice(
        &self,
        key: &str,
        what: What,
        next: NextByItself,
        commands: Vec<PastedCommand>,
    ) -> Notice {
        let (scope, watch, image) = (self.scope, self.watch, self.image);
        let baked = self.baked.filter(|baked| baked.image == *image);
        let story = baked.map_or_else(
            || format!("rollout:{scope}/{watch}:{image}"),
            |baked| story_of_image(baked, self.told),
        );
        Notice {
            key: format!(
                "{key}:{}:{scope}/{watch}:{image}:{}",
                self.installation,
                self.began_at.timestamp()
            ),
            story,
            at: self.at,
            installation: Some(self.installation.clone()),
            watch: Some(watch.clone()),
            scope: Some(scope.clone()),
            what,
            next,
            commands,
            links: vec![Link::to_image(&scope.region, image)],
        }
    }

    fn explain(&self) -> PastedCommand {
        PastedCommand::new(
            format!("amiwatch explain {}", self.watch),
            "how far it has come, and what each environment waits for",
        )
    }
}

/// An image waits for a person's word. One notice a question.
pub fn approval_needed(
    story: &RolloutStory<'_>,
    question: &ApprovalQuestion,
    waiting: Vec<TargetFrom>,
    replaces: Option<&ImageId>,
) -> Notice {
    let id = &question.id;
    let commands = vec![
        PastedCommand::new(format!("amiwatch approve {id}"), "lets it go, wave by wave"),
        PastedCommand::new(
            format!("amiwatch deny {id}"),
            "keeps it from every environment",
        ),
        story.explain(),
    ];
    let baked = story.baked.filter(|baked| baked.image == *story.image);
    let what = What::ApprovalNeeded(ApprovalTold {
        id: id.clone(),
        of: story.of(),
        changes: baked.and_then(|baked| baked.changes.clone()),
        waiting: FirstOf::all_of(waiting),
        lapses_at: question.lapses_at,
        replaces: replaces.cloned(),
    });
    let key = format!("approval:{id}");
    story.notice(&key, what, NextByItself::Person, commands)
}

/// Nobody answered in time. One notice a question.
pub fn approval_lapsed(story: &RolloutStory<'_>, question: &ApprovalQuestion) -> Notice {
    let what = What::ApprovalLapsed {
        id: question.id.clone(),
        of: story.of(),
        asked_at: question.asked_at,
    };
    let moves = format!("amiwatch rollout {}", story.watch);
    let commands = vec![
        PastedCommand::new(moves, "moves to it by your order"),
        story.explain(),
    ];
    let key = format!("approval-lapsed:{}", question.id);
    story.notice(&key, what, NextByItself::Person, commands)
}

/// A newer image, the story's, takes the place of one that is asked about, or on its way. One notice a
/// pair of images.
pub fn rollout_superseded(story: &RolloutStory<'_>, older: &ImageId, moved: Vec<String>) -> Notice {
    let what = What::RolloutSuperseded(SupersededTold {
        image: older.clone(),
        newer: story.of(),
        moved: FirstOf::all_of(moved),
    });
    let key = format!("superseded:{older}");
    story.notice(&key, what, NextByItself::Look, vec![story.explain()])
}

/// The environments of a wave run the image. One notice a wave of an image; the last one says that it is.
pub fn wave_through(story: &RolloutStory<'_>, wave: WaveRun) -> Notice {
    let told = WaveTold {
        of: story.of(),
        wave: wave.number,
        waves: wave.of,
        pattern: wave.pattern,
        environments: FirstOf::all_of(wave.environments),
        last: wave.last,
        next: FirstOf::all_of(wave.next),
    };
    let next = match told.last {
        true => NextByItself::Nothing,
        false => NextByItself::Look,
    };
    let commands = vec![
        PastedCommand::new(
            format!("amiwatch rollback {} --all", story.watch),
            "takes every environment back to what its last move found",
        ),
        story.explain(),
    ];
    let key = format!("wave-through:{}", wave.number);
    let mut notice = story.notice(&key, What::WaveThrough(told), next, commands);
    // An environment's platform version moves with its image.
    let notes = Link::to_release_notes(&story.scope.region);
    notice.links.push(notes);
    notice
}

/// Something keeps an environment from the image until a person does something. One notice an environment,
/// image and reason, until that was out of the way; `nth` tells one time from another.
pub fn rollout_blocked(story: &RolloutStory<'_>, told: BlockedTold, nth: u64) -> Notice {
    let BlockedTold { target, reason, .. } = &told;
    let name = target.name();
    let code = reason.code();
    let commands = vec![
        PastedCommand::new(
            format!("amiwatch rollout {} --environment {name}", story.watch),
            "shows what stands against it, and moves it where nothing does",
        ),
        story.explain(),
    ];
    let key = format!("blocked:{}:{code}:{nth}", target.key());
    story.notice(
        &key,
        What::RolloutBlocked(told),
        NextByItself::Person,
        commands,
    )
}

/// The image waits for hands that are not ours. One notice an image.
pub fn hands_needed(story: &RolloutStory<'_>, changes: Vec<PrintedChange>) -> Notice {
    let what = What::HandsNeeded(HandsTold {
        of: story.of(),
        changes: FirstOf::all_of(changes),
    });
    let prints = format!("amiwatch rollout {}", story.watch);
    let commands = vec![
        PastedCommand::new(prints, "prints the changes anew; touches nothing"),
        story.explain(),
    ];
    story.notice("hands", what, NextByItself::Person, commands)
}
