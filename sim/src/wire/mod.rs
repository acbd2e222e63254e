//! The wire forms: parameters in, XML out, errors in each protocol's shape. No service lives here.

pub(crate) mod fail;
pub(crate) mod params;
pub(crate) mod respond;
pub(crate) mod xml;
