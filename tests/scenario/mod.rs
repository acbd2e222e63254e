//! Whole passes on the simulated account: good days and bad ones, told by verbs, judged by the
//! account's end state and by what arrived behind the topic.

mod good_days;
