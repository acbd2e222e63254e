//! The table of AWS error codes.
