//! Whole passes on the simulated account: good days and bad ones, told by verbs, judged by the
//! account's end state and by what arrived behind the topic.

mod asking;
mod bad_guests;
mod bad_images;
mod bad_places;
mod bases;
mod blindness;
mod consoles;
mod dead_man;
mod elsewhere;
mod feeds;
mod good_days;
mod holds;
mod keeping;
pub(crate) mod kept_builders;
mod news;
mod next_pass;
mod records;
mod regions;
mod second_kind;
mod silence;
mod slack;
mod ssm;
mod standing;
mod stories;
mod sweep;
mod telling;
mod two_stores;
mod watching;
