//! What cloud-init makes of what it is given, as far as it can be said without a boot: the parts of user
//! data and their kinds, how it reads YAML and base64, and which keys its versions have. Plain functions
//! of values; names nothing else. Whatever it claims is booted in tests/contract/guest/claims.

pub mod base64;

pub mod kind;

pub mod mime;

pub mod pyyaml;

pub mod schema;
