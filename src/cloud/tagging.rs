//! Tags and filters.
