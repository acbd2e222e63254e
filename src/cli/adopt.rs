//! `adopt W IMAGE`: takes an image that was made by hand, or by another tool, as W's current one.

use serde::Serialize;

use super::args::{Adopt as Arguments, Common, Format};
use super::hold::who;
use super::session::{Access, Session, WrongUsage};
use super::{check, draw};
use crate::flow::adopt::Refusal;
use crate::flow::exit_code::Exit;
use crate::model::bake::BakedImage;
use crate::model::drift::Drift;
use crate::model::ids::ImageId;
use crate::model::sighting::LineageSource;
use crate::model::watch::Watch;
use crate::service::desk::adopt::{AdoptDone, AdoptError, AdoptRequest, take_over};

/// `adopt --format json`
#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    watch: &'a str,
    adopted: &'a BakedImage,
    before: Option<&'a ImageId>,
    drift: &'a Drift,
}

pub(super) async fn run_adopt(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Write).await?;
    let name = check::named_watch(&session.settings, Some(&own.watch))?;
    let watch = name.and_then(|name| session.settings.watches.get(&name));
    let watch = watch.ok_or_else(|| check::unknown(&session.settings, &own.watch))?;
    let image = image(&own.image)?;
    let base = own.base.as_deref().map(self::image).transpose()?;
    let by = who();
    let asked = AdoptRequest {
        watch,
        image: &image,
        base: base.as_ref(),
        other_recipe: own.other_recipe,
        by: &by,
    };
    match take_over(&session.service(), &asked).await {
        Ok(taken) => {
            match common.format {
                Format::Json => draw::print_json(&answer(watch, &taken))?,
                Format::Table => show(watch, own, &taken),
            }
            Ok(Exit::Done)
        }
        Err(AdoptError::Refused(refusal)) => {
            eprintln!("amiwatch: not adopted: {refusal}");
            Ok(match refusal {
                Refusal::Untold { .. } => Exit::CannotTell,
                _ => Exit::Failed,
            })
        }
        Err(error) => Err(error.into()),
    }
}

fn image(text: &str) -> anyhow::Result<ImageId> {
    let rest = text.strip_prefix("ami-").unwrap_or_default();
    if !rest.is_empty() && rest.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Ok(ImageId::new(text));
    }
    Err(WrongUsage(format!(
        "`{text}` is no image; an image's id begins with ami-"
    ))
    .into())
}

fn answer<'a>(watch: &'a Watch, taken: &'a AdoptDone) -> Answer<'a> {
    Answer {
        schema: "amiwatch.adopt/1",
        watch: watch.name.as_str(),
        adopted: &taken.adopted.baked,
        before: taken.before.as_ref().map(|before| &before.image),
        drift: &taken.drift,
    }
}

fn show(watch: &Watch, own: &Arguments, taken: &AdoptDone) {
    let baked = &taken.adopted.baked;
    let name = &watch.name;
    println!("{name}: {} is the watch's image now", baked.image);
    println!(
        "    made from {} ({}), {}",
        baked.base_version,
        baked.base_image,
        told(taken.adopted.told_by)
    );
    println!("    {}", recipe(watch, own, taken));
    if let Some(before) = taken
        .before
        .as_ref()
        .filter(|before| before.image != baked.image)
    {
        println!("    before it was {}, which stays as it is", before.image);
    }
    println!("    only this store remembers it: adopt it again if the store is lost");
    let drift = &taken.drift;
    drift.reasons.iter().for_each(draw::reason);
    if drift.reasons.is_empty() {
        println!("    the watch is in step");
    }
}

fn told(told_by: Option<LineageSource>) -> &'static str {
    match told_by {
        Some(LineageSource::SourceImage) => "as EC2's SourceImageId tells",
        Some(LineageSource::Ancestry) => "as EC2's ancestry tells",
        Some(LineageSource::Tag) => "as its tag tells",
        Some(LineageSource::Person) | None => "by your word: EC2 does not know",
    }
}

fn recipe(watch: &Watch, own: &Arguments, taken: &AdoptDone) -> String {
    let recipe = watch.recipe.as_ref().map_or("", |recipe| &recipe.name);
    match (taken.adopted.recipe_by_tag, own.other_recipe) {
        (true, _) => {
            format!("its tags tell which recipe it was made with (the watch has {recipe})")
        }
        (false, true) => "made with another recipe, by your word: a new one is baked".to_owned(),
        (false, false) => format!(
            "you vouch that it was made with the recipe {recipe} as it is; if not, say \
             --other-recipe, and a new one is baked"
        ),
    }
}
