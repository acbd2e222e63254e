//! Reads what would show where an environment's option for its image is removed. What cannot be read is
//! said, and keeps nobody from moving: it is about the way back.

use crate::cloud::{Cloud, CloudError};
use crate::model::environment::EnvironmentNow;
use crate::model::saved_images::{SavedImage, SavedImages};

/// Saved configurations that are read; more are counted and not read.
const READ_MAX: usize = 20;

/// Reads the application's saved configurations, the one that the environment was launched with first.
pub async fn read_saved_images(cloud: &Cloud, now: &EnvironmentNow) -> SavedImages {
    let application = &now.target.application;
    let mut found = SavedImages::default();
    if let Some(name) = &now.template {
        match saved(cloud, application, name).await {
            Ok(saved) => found.launched_with = Some(saved),
            Err(error) => {
                found.launched_unread = Some(name.clone());
                let what = format!("the saved configuration {name}: {error}");
                found.unread.push(what);
            }
        }
    }
    read_others(cloud, application, now.template.as_ref(), &mut found).await;
    found
}

/// Reads an application's saved configurations, whichever environment was launched with one.
pub async fn read_application_images(cloud: &Cloud, application: &str) -> SavedImages {
    let mut found = SavedImages::default();
    read_others(cloud, application, None, &mut found).await;
    found
}

async fn read_others(
    cloud: &Cloud,
    application: &str,
    known: Option<&String>,
    found: &mut SavedImages,
) {
    let names = match cloud.saved_configurations(application).await {
        Ok(names) => names,
        Err(error) => {
            let what = format!("the saved configurations of {application}: {error}");
            found.unread.push(what);
            return;
        }
    };
    let others: Vec<String> = names
        .into_iter()
        .filter(|name| Some(name) != known)
        .collect();
    for name in others.iter().take(READ_MAX) {
        match saved(cloud, application, name).await {
            Ok(saved) => found.others.extend(saved.image.is_some().then_some(saved)),
            Err(error) => found
                .unread
                .push(format!("the saved configuration {name}: {error}")),
        }
    }
    if others.len() > READ_MAX {
        let more = others.len() - READ_MAX;
        found
            .unread
            .push(format!("{more} more saved configurations of {application}"));
    }
}

async fn saved(cloud: &Cloud, application: &str, name: &str) -> Result<SavedImage, CloudError> {
    Ok(SavedImage {
        image: cloud.saved_image(application, name).await?,
        name: name.to_owned(),
    })
}
