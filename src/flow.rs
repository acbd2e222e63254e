//! The stages, in the order in which data passes them. What is plain is a function of values: no
//! `async`, no clock, no cloud; any stage may call it.
//!
//! | stage   | takes                                     | gives                       | writes |
//! |---------|-------------------------------------------|-----------------------------|--------|
//! | detect  | the world, what to look at                | `Sighting`, `WatchSighting` | nothing |
//! | compare | sightings, history, `now` (plain)         | `Drift`                     | nothing |
//! | survey  | sightings (plain)                         | `Survey`                    | nothing |
//! | plan    | `Drift`, sighting, history, `now` (plain) | `PlanItem`                  | nothing |
//! | bake    | a `PlanItem`'s bake, as a workflow        | a verified image            | journal, history, notices |
//! | rollout | verdict, a person's word          | an environment on the watch's image | journal, the environment, notices |
//! | verify  | a console (plain)                         | `Report`, `Verdict`         | nothing |
//! | notify  | what happened (plain)                     | `Notice`                    | nothing |
//! | rollout | what was read of an environment; a move as a workflow | a moved environment | journal, memory, notices |
//! | publish | a watch's image, what stands where, `now`; one destination as a workflow | an image that others find | journal, ledger, notices |
//! | history | what is remembered (plain)                | `History`                   | nothing |
//! | watch_state | what is remembered of a watch (plain)    | `WatchState`                | nothing |
//! | adopt   | a sighting, a person's word (plain)       | `BakedImage`                | nothing |
//! | explain | verdict, plan, memory, `now` (plain)      | `Explanation`               | nothing |
//! | sweep   | what carries our tag, what the store claims | strays, and their removal | the account |
//! | retire  | our images, what names each, `now` (plain) | the rung of each, and why | nothing |
//! | blind   | a pass's drifts, what could not be read before, `now` (plain) | `BlindAfter` | nothing |
//! | timetable | cron text in a zone, `now` (plain)  | when it is due              | nothing |
//! | outcome | plan item (plain)                         | `Cause`: what is said of it | nothing |
//! | verdict | drifts, plan items (plain)                | `Exit`                      | nothing |
//!
//! Beside them, `dockerrun` holds an application's log drivers against a recipe, and `move_commands` has the
//! AWS CLI's commands by which a person moves an environment, for whichever stage tells them (plain).
//!
//! No two stages name each other, not even by way of a third.

pub mod detect;

pub mod compare;

pub mod survey;

pub mod plan;

pub mod bake;

pub mod rollout;

pub mod publish;

pub mod move_commands;

pub mod verify;

pub mod notify;

pub mod adopt;

pub mod history;

pub mod watch_state;

pub mod explain;

pub mod draft;

pub mod outcome;

pub mod exit_code;

pub mod blind;

pub mod sweep;

pub mod retire;

pub mod timetable;

pub mod dockerrun;

#[cfg(test)]
mod test_world;
