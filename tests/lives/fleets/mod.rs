//! Seeded lives of a watch whose environments are moved: one seed is one account with its environments, what
//! befalls them, what people order and do behind amiwatch's back, and daemons that come and go.
//!
//! [`estate`] is what the account begins with, [`terms`] what the config says, [`luck`] what befalls images
//! and environments, [`hands`] what people do, [`life`] how it goes on, [`evidence`] what the account shows
//! at the end, [`judge`] holds that against what is promised, and [`turn`] what a daemon began by itself
//! against waves, windows and approvals. The weather, the dice and the guests are those of the other lives.

pub(crate) mod estate;
pub(crate) mod evidence;
pub(crate) mod hands;
pub(crate) mod judge;
pub(crate) mod life;
pub(crate) mod luck;
pub(crate) mod terms;
pub(crate) mod turn;

#[cfg(test)]
mod tests;
