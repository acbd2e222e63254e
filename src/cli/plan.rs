//! `plan`: what `run` would do now, and why. Changes nothing.

use serde::Serialize;

use super::args::{Common, Format, Named};
use super::session::{Access, Session};
use super::{check, draw};
use crate::flow::verdict::{self, Exit};
use crate::model::bake::BakeOrder;
use crate::model::plan::{Action, PlanItem};
use crate::service::Service;
use crate::service::look::{Looked, Patience, look};
use crate::service::runs::bake::{Wish, give_order};

/// `plan --format json`
#[derive(Serialize)]
struct Answer<'a> {
    schema: &'static str,
    watches: Vec<Planned<'a>>,
}

#[derive(Serialize)]
struct Planned<'a> {
    #[serde(flatten)]
    item: &'a PlanItem,
    /// What the bake would use; absent when nothing would be baked, or `cannot_order` says why.
    #[serde(skip_serializing_if = "Option::is_none")]
    order: Option<Order>,
    #[serde(skip_serializing_if = "Option::is_none")]
    cannot_order: Option<String>,
}

/// The parts of an order that people ask for; the user data is long and the recipe is theirs.
#[derive(Serialize)]
struct Order {
    key: String,
    image_name: String,
    launches: Vec<crate::model::bake::LaunchChoice>,
    user_data_bytes: usize,
    tags: std::collections::BTreeMap<String, String>,
}

pub(super) async fn run(common: &Common, own: &Named) -> anyhow::Result<Exit> {
    let session = Session::open(common, Access::Read).await?;
    let only = check::named(&session.settings, own.watch.as_deref())?;
    let service = session.service();
    let looked = look(&service, only.as_ref(), Patience::Waits).await?;
    let mut planned = Vec::new();
    let mut failed = Exit::Done;
    for one in &looked {
        let (order, cannot_order) = match order(&service, one).await {
            Ok(Some(BakeOrder {
                impossible: Some(why),
                ..
            })) => {
                failed = Exit::Failed;
                (None, Some(why))
            }
            Ok(order) => (order, None),
            Err(error) => {
                failed = Exit::Failed;
                (None, Some(draw::chain(&error)))
            }
        };
        planned.push(Planned {
            item: &one.item,
            order: order.map(Order::of),
            cannot_order,
        });
    }
    match common.format {
        Format::Table => looked
            .iter()
            .zip(&planned)
            .for_each(|(one, plan)| show(one, plan)),
        Format::Json => draw::json(&Answer {
            schema: "amiwatch.plan/1",
            watches: planned,
        })?,
    }
    Ok(verdict::exit(looked.iter().map(|one| &one.item.drift)).and(failed))
}

/// The order that a bake of this watch would get.
async fn order(service: &Service<'_>, one: &Looked<'_>) -> anyhow::Result<Option<BakeOrder>> {
    let (Some(wish), Some(place)) = (Wish::planned(&one.item), &one.place) else {
        return Ok(None);
    };
    Ok(Some(give_order(service, one.watch, place, &wish).await?))
}

impl Order {
    fn of(order: BakeOrder) -> Self {
        Self {
            key: order.key.to_string(),
            image_name: order.image_name,
            launches: order.launches,
            user_data_bytes: order.builder_user_data.len(),
            tags: order.tags,
        }
    }
}

fn show(looked: &Looked<'_>, planned: &Planned<'_>) {
    println!("{}", check::headline(looked));
    println!("  {}", action(&looked.item.action));
    looked
        .item
        .because
        .iter()
        .for_each(|why| println!("    because: {why}"));
    if let Some(order) = &planned.order {
        println!("    image name: {}", order.image_name);
        let first = order.launches.first();
        let first = first.map_or(String::new(), |one| {
            format!("{} in {}", one.instance_type, one.subnet)
        });
        let more = order.launches.len().saturating_sub(1);
        println!("    builder: {first}, then {more} other choices if there is no room");
        println!("    user data: {} of 16384 bytes", order.user_data_bytes);
    }
    if let Some(why) = &planned.cannot_order {
        println!("    cannot be baked: {why}");
    }
    check::notes(&looked.item.drift);
}

fn action(action: &Action) -> String {
    match action {
        Action::Nothing => "would do nothing: in step".to_owned(),
        Action::Tell => "would tell, and nothing else (on_drift = \"notify\")".to_owned(),
        Action::Bake {
            release,
            generation,
            attempt,
        } => format!(
            "would bake {} ({}), generation {generation}, attempt {attempt}",
            release.image, release.version
        ),
        Action::Adopt { image, .. } => format!("would adopt the verified {image}"),
        Action::Hold { until: Some(until) } => {
            format!("would wait until {}", until.format("%Y-%m-%d %H:%M UTC"))
        }
        Action::Hold { until: None } => "is held until a person decides".to_owned(),
        Action::Blocked => "would do nothing: a person is needed".to_owned(),
        Action::CannotTell => "would do nothing: not everything could be read".to_owned(),
    }
}
