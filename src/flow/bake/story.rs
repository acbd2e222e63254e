//! Tells a bake from its journal. A plain function of what was written.

use chrono::{DateTime, Utc};

use super::steps::{BakeKind, BakeOutput, BakeStep};
use crate::model::chronicle::ReleasePoint;
use crate::model::story::{BakeStory, StepEnding, StepStory, StoryEnd};
use crate::workflow::RunOutcome;
use crate::workflow::journal::{EventOf, JournalEvent};
use crate::workflow::kind::step_word;

/// The story of one attempt; absent when the journal does not begin as one.
pub fn story(journal: &str, events: &[EventOf<BakeKind>]) -> Option<BakeStory> {
    let (JournalEvent::Opened { at, input }, rest) = events.split_first()? else {
        return None;
    };
    let mut story = BakeStory {
        journal: journal.to_owned(),
        release: ReleasePoint::of_release(&input.release),
        generation: input.generation,
        attempt: input.attempt,
        because: input.because.clone(),
        outcome: StoryEnd::UnderWay,
        image: None,
        why: None,
        changes: None,
        left: Vec::new(),
        started_at: *at,
        ended_at: None,
        steps: Vec::new(),
    };
    for event in rest {
        tell(&mut story, event);
    }
    // Before it is verified an image is nobody's.
    if story.outcome != StoryEnd::Verified {
        story.image = None;
    }
    Some(story)
}

fn tell(story: &mut BakeStory, event: &EventOf<BakeKind>) {
    match event {
        JournalEvent::Opened { .. } | JournalEvent::Kept { .. } => {}
        JournalEvent::Started {
            step,
            choice: 0,
            at,
            ..
        } => begin(story, *step, *at, StepEnding::UnderWay),
        JournalEvent::Started { choice, .. } => {
            if let Some(last) = story.steps.last_mut() {
                last.retried = *choice;
            }
        }
        JournalEvent::Done { at, output, .. } => {
            if let BakeOutput::Image { id } = output {
                story.image = Some(id.clone());
            }
            end(story, *at, StepEnding::Done, what_is_left(output));
        }
        JournalEvent::Failed { at, .. } => end(story, *at, StepEnding::Failed, None),
        JournalEvent::UndoStarted { step, at, .. } => begin(story, *step, *at, StepEnding::Undoing),
        JournalEvent::Undone { at, .. } => end(story, *at, StepEnding::Undone, None),
        JournalEvent::Left { at, left, .. } => {
            end(story, *at, StepEnding::Left, Some(left.by_hand.clone()))
        }
        JournalEvent::Closed { at, outcome } => close(story, *at, outcome),
    }
}

fn begin(story: &mut BakeStory, step: BakeStep, at: DateTime<Utc>, outcome: StepEnding) {
    story.steps.push(StepStory {
        step: step_word(&step),
        outcome,
        retried: 0,
        started_at: at,
        ended_at: None,
        output: None,
    });
}

fn end(story: &mut BakeStory, at: DateTime<Utc>, outcome: StepEnding, output: Option<String>) {
    if let Some(last) = story.steps.last_mut() {
        last.outcome = outcome;
        last.ended_at = Some(at);
        last.output = output;
    }
}

fn close(story: &mut BakeStory, at: DateTime<Utc>, outcome: &RunOutcome) {
    story.ended_at = Some(at);
    let left = match outcome {
        RunOutcome::Succeeded { left } => {
            story.outcome = StoryEnd::Verified;
            left
        }
        RunOutcome::Failed {
            step,
            failure,
            left,
        } => {
            story.outcome = StoryEnd::Failed;
            story.why = Some(format!("{step}: {failure}"));
            left
        }
    };
    let lines = left
        .iter()
        .map(|one| format!("{}; {}", one.why, one.by_hand));
    story.left = lines.collect();
}

/// The ids that a step left, for people.
fn what_is_left(output: &BakeOutput) -> Option<String> {
    match output {
        BakeOutput::Network { groups } => {
            let ids: Vec<&str> = groups.iter().map(|id| id.as_str()).collect();
            Some(ids.join(", "))
        }
        BakeOutput::Instance { id } => Some(id.to_string()),
        BakeOutput::Image { id } => Some(id.to_string()),
        BakeOutput::Available { snapshots } => {
            let ids: Vec<&str> = snapshots.iter().map(|id| id.as_str()).collect();
            Some(ids.join(", "))
        }
        BakeOutput::Report { .. }
        | BakeOutput::Closed
        | BakeOutput::Stopped
        | BakeOutput::Verified
        | BakeOutput::Clean => None,
    }
}
