//! retire: which of our older images are still needed, and how far the others have come down the ladder:
//! deprecated, disabled, deregistered with their snapshots.
//!
//! Deciding is plain (`ladder`, `line`, `standing`, `tell`, `choose`, `words`); asking what names an image is apart
//! (`references`), and so is doing one act to one image (`act`). Every doubt keeps the image on its rung.

pub mod act;

pub mod choose;

pub mod ladder;

pub mod line;

pub mod references;

pub mod standing;

pub mod tell;

pub mod words;

#[cfg(test)]
pub(crate) mod test_images;
