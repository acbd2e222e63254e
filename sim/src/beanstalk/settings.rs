//! Configuration settings of an environment: the deployed set, and drafts beside it.

use super::model::{Beanstalk, Environment};

/// The image that the environment launches: set by hand, or its platform version's own.
pub(crate) fn image_of(beanstalk: &Beanstalk, environment: &Environment) -> Option<String> {
    environment.image_id.clone().or_else(|| {
        let version = beanstalk.versions.get(&environment.platform_arn)?;
        version.images.get(&environment.architecture).cloned()
    })
}
