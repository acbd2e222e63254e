//! canned
