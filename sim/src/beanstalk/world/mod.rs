//! Elastic Beanstalk's part of world building: releases, withdrawals, environments and what happens
//! to them.

mod changes;
mod environments;
mod platforms;

pub(crate) use self::changes::{change, on_moment};
pub(crate) use self::environments::{environment, moved, save};
pub(crate) use self::platforms::{
    branch, custom_platform, hide_version, lifecycle, release, withdraw,
};

use crate::world::WorldError;

pub(crate) fn missing(kind: &'static str, name: &str, region: &str) -> WorldError {
    WorldError::Missing {
        kind,
        name: name.to_owned(),
        region: region.to_owned(),
    }
}
