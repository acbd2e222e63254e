//! retire: which of our older images are still needed, and how far the others have come down the ladder:
//! deprecated, disabled, deregistered with their snapshots.
//!
//! Deciding is plain (`ladder`, `line`, `standing`, `words`); asking what names an image is apart (`references`). Every doubt
//! keeps the image on its rung.

pub mod ladder;

pub mod line;

pub mod references;

pub mod standing;

pub mod words;

#[cfg(test)]
pub(crate) mod test_images;
