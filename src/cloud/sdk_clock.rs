//! Our clock as the SDK wants it.
