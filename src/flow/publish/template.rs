//! The destination that is a launch template of the user's: a version more, in which nothing but the image is
//! another one. `$Default` is changed only where the config says so, and no version is ever deleted.
//!
//! The version is made of the one that those whom it is for launch by today: of `$Latest`, or, where it is to
//! become `$Default`, of that. What people wrote meanwhile is in it; what they wrote and have not put in force
//! is not put in force by us.
//!
//! The version's description names the run, so that one whose answer was lost is found, also under those that
//! others made after it. The token is one for run, image and source: a changed source is another wish.

use super::hands::Publication;
use super::kind::journal_of;
use super::steps::{PublicationOutput, PublicationStep, PublishKind};
use super::trouble::{PublishFault, change_error, look_error, step_failed};
use crate::cloud::{CloudError, ErrorKind, NewTemplateVersion, TemplateNow};
use crate::model::bake::digest;
use crate::model::ids::ImageId;
use crate::model::publish::PublishOrder;
use crate::model::publish_rules::TemplateRef;
use crate::workflow::{At, StepError, StepLook};

/// What EC2 lets a description be.
const DESCRIPTION_MAX: usize = 255;
/// An image that is written as a parameter's name.
const BY_PARAMETER: &str = "resolve:ssm:";

/// The template, and whom the version is for.
#[derive(Debug, Clone, Copy)]
pub struct Template<'a> {
    pub template: &'a TemplateRef,
    pub make_default: bool,
}

/// Why no version can be made of another without changing more than the image.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfit {
    pub what: String,
    pub advice: String,
}

impl Template<'_> {
    /// The version that those whom it is for launch by.
    pub fn source_word(self) -> &'static str {
        match self.make_default {
            true => "$Default",
            false => "$Latest",
        }
    }
}

/// Whether a version can be made of it, and whether it is as we left it.
pub(super) async fn look_at_template(
    hands: &Publication<'_>,
    at: &At<'_, PublishKind>,
    to: Template<'_>,
) -> Result<StepLook<PublicationOutput>, StepError> {
    let now = source(hands, at.run.input(), to).await?;
    may_be_written(at.run.input(), to, &now)?;
    Ok(StepLook::Done(PublicationOutput::LookedAt {
        image: now.image.as_deref().map(ImageId::new),
        version: Some(now.number),
    }))
}

async fn source(
    hands: &Publication<'_>,
    order: &PublishOrder,
    to: Template<'_>,
) -> Result<TemplateNow, StepError> {
    let now = hands
        .cloud
        .template_now(to.template, to.source_word())
        .await;
    now.map_err(|error| match error.kind {
        ErrorKind::NotFound => {
            let why = format!(
                "there is no launch template {} in {}: make it there, or take it out of the config",
                to.template.as_str(),
                order.scope.region
            );
            step_failed(PublishFault::Misfit, why)
        }
        _ => look_error(&error),
    })
}

/// Only what a version can be made of without changing more than the image; and what somebody wrote over us is
/// not written over without a person's word.
fn may_be_written(
    order: &PublishOrder,
    to: Template<'_>,
    now: &TemplateNow,
) -> Result<(), StepError> {
    if let Some(Unfit { what, advice }) = unfit_source(to, now) {
        return Err(step_failed(
            PublishFault::Misfit,
            format!("{what}; {advice}"),
        ));
    }
    let what = version_of(to, now);
    match contested(order, now) {
        true => {
            let why = format!(
                "{} is {what} by now, which names {} and not ours; it is not written over by itself",
                to.source_word(),
                now.image.as_deref().unwrap_or("no image")
            );
            Err(step_failed(PublishFault::Contested, why))
        }
        false => Ok(()),
    }
}

fn version_of(to: Template<'_>, now: &TemplateNow) -> String {
    format!("version {} of {}", now.number, to.template.as_str())
}

/// What of a version would not be in one that is made of it.
pub fn unfit_source(to: Template<'_>, now: &TemplateNow) -> Option<Unfit> {
    let version = version_of(to, now);
    let image = now.image.as_deref().unwrap_or_default();
    if let Some(parameter) = image.strip_prefix(BY_PARAMETER) {
        return Some(Unfit {
            what: format!("{version} launches what the parameter {parameter} names"),
            advice: "publish to that with `ssm`, or make a version that names an image itself"
                .to_owned(),
        });
    }
    let mapped = now.mapped_snapshots.join(", ");
    (!mapped.is_empty()).then(|| Unfit {
        what: format!(
            "{version} makes disks of {mapped}, which EC2 leaves out of a version that is made of it"
        ),
        advice: "put them into the image, or take the template out of the config".to_owned(),
    })
}

/// Somebody else put another image there since we did.
fn contested(order: &PublishOrder, now: &TemplateNow) -> bool {
    let Some(stood) = &order.stood else {
        return false;
    };
    // What was published to another template, or for others, says nothing of this one.
    if order.persons || stood.published != order.publish || stood.version == Some(now.number) {
        return false;
    }
    let back = order.back.as_ref();
    let bad = back.map(|back| back.copy.as_ref().unwrap_or(&back.image));
    let ours = [Some(stood.image_here()), bad, Some(order.image_here())];
    let names = |image: &ImageId| now.image.as_deref() == Some(image.as_str());
    !ours.into_iter().flatten().any(names)
}

/// The version is there, by this run or because it stood there, and is what it is to be.
pub(super) async fn find_version(
    hands: &Publication<'_>,
    at: &At<'_, PublishKind>,
    to: Template<'_>,
) -> Result<Option<PublicationOutput>, StepError> {
    let order = at.run.input();
    let looked = looked_at(at)?;
    let now = source(hands, order, to).await?;
    if now.image.as_deref() == Some(order.image_here().as_str()) {
        return Ok(Some(PublicationOutput::Written {
            version: Some(now.number),
            already: now.number == looked,
        }));
    }
    let made = of_this_run(hands, order, to, looked).await?;
    let done = made.filter(|made| made.is_default || !to.make_default);
    Ok(done.map(|made| PublicationOutput::Written {
        version: Some(made.number),
        already: false,
    }))
}

/// The version that this run made, whoever made others after it.
async fn of_this_run(
    hands: &Publication<'_>,
    order: &PublishOrder,
    to: Template<'_>,
    from: i64,
) -> Result<Option<TemplateNow>, StepError> {
    let all = hands.cloud.template_versions_from(to.template, from).await;
    let description = description(order);
    let ours = |one: &TemplateNow| {
        one.description == description && one.image.as_deref() == Some(order.image_here().as_str())
    };
    Ok(all
        .map_err(|error| look_error(&error))?
        .into_iter()
        .find(ours))
}

/// The number of the version that was looked at first.
fn looked_at(at: &At<'_, PublishKind>) -> Result<i64, StepError> {
    match at.run.output(PublicationStep::LookAtIt) {
        Some(PublicationOutput::LookedAt {
            version: Some(version),
            ..
        }) => Ok(*version),
        _ => {
            let why = "the journal does not say which version was looked at";
            Err(step_failed(PublishFault::Misfit, why))
        }
    }
}

/// Makes the version, where this run has not, and has it be `$Default` where that is wished.
pub(super) async fn write_version(
    hands: &Publication<'_>,
    at: &At<'_, PublishKind>,
    to: Template<'_>,
) -> Result<StepLook<PublicationOutput>, StepError> {
    let order = at.run.input();
    let version = match of_this_run(hands, order, to, looked_at(at)?).await? {
        Some(made) => made.number,
        None => make_version(hands, order, to).await?,
    };
    if to.make_default {
        let set = hands
            .cloud
            .set_default_template_version(to.template, version);
        set.await.map_err(|error| template_error(&error))?;
    }
    Ok(StepLook::Done(PublicationOutput::Written {
        version: Some(version),
        already: false,
    }))
}

async fn make_version(
    hands: &Publication<'_>,
    order: &PublishOrder,
    to: Template<'_>,
) -> Result<i64, StepError> {
    let now = source(hands, order, to).await?;
    may_be_written(order, to, &now)?;
    let image = order.image_here();
    let number = now.number.to_string();
    let run = journal_of(order);
    let wish = NewTemplateVersion {
        template: to.template,
        source: now.number,
        image,
        description: &description(order),
        token: &digest(&["amiwatch template 1", &run, image.as_str(), &number]),
    };
    let made = hands.cloud.create_template_version(&wish).await;
    made.map_err(|error| template_error(&error))
}

/// `ami-1 by amiwatch, acme-prod/shop, publish/0123456789abcdef/0003`
fn description(order: &PublishOrder) -> String {
    let all = format!(
        "{} by amiwatch, {}, {}/{}",
        order.image_here(),
        journal_of(order),
        order.installation,
        order.watch
    );
    all.chars().take(DESCRIPTION_MAX).collect()
}

/// EC2 answers so for a template that a service keeps for itself, and will go on to.
fn template_error(error: &CloudError) -> StepError {
    match error.code.as_deref() {
        Some("OperationNotPermitted") => step_failed(
            PublishFault::Misfit,
            format!("it is not yours to change: {error}"),
        ),
        _ => change_error(error),
    }
}

/// Those whom it is for get the image.
pub(super) async fn read_back(
    hands: &Publication<'_>,
    at: &At<'_, PublishKind>,
    to: Template<'_>,
) -> Result<StepLook<PublicationOutput>, StepError> {
    let order = at.run.input();
    let now = source(hands, order, to).await?;
    if now.image.as_deref() == Some(order.image_here().as_str()) {
        return Ok(StepLook::Done(PublicationOutput::Stands {
            version: Some(now.number),
        }));
    }
    let written = match at.run.output(PublicationStep::Write) {
        Some(PublicationOutput::Written { version, .. }) => *version,
        _ => None,
    };
    // An older one may be what EC2 still shows.
    let newer = written.is_some_and(|written| now.number > written);
    match newer {
        true => {
            let why = format!(
                "{} is version {} of {} meanwhile, which does not name our image",
                to.source_word(),
                now.number,
                to.template.as_str()
            );
            Err(step_failed(PublishFault::Contested, why))
        }
        false => Ok(StepLook::pending("EC2 does not show it yet")),
    }
}
