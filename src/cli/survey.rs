//! `survey`: what runs where, with which base, and what drifted. Needs no config; reads only.

use futures_util::StreamExt as _;
use futures_util::stream;

use super::args::{Common, Format, Survey as Arguments};
use super::draw;
use crate::clock::Clock;
use crate::cloud::{Cloud, Connection, Identity, Reach};
use crate::flow::detect::{Look, sight};
use crate::flow::survey::{Survey, survey};
use crate::flow::verdict::Exit;
use crate::model::ids::Region;
use crate::model::sighting::Sighting;

/// Regions looked at side by side; the door bounds the calls of all of them together.
const REGIONS_AT_ONCE: usize = 8;

pub(super) async fn run(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    let clock = Clock::real();
    let connection = Connection::from_chain(&Reach::default(), &clock).await;
    let clouds = clouds(&connection, &own.regions).await?;
    let survey = survey(&sightings(&clouds, &clock).await);
    match common.format {
        Format::Json => draw::json(&survey)?,
        Format::Table => show(&survey),
    }
    for cloud in clouds.iter().take(1) {
        let calls = cloud.calls();
        tracing::info!(
            calls = calls.sent(),
            throttled = calls.throttled(),
            in_flight_peak = calls.in_flight_peak,
            "survey done"
        );
    }
    Ok(survey.exit(own.exit_code))
}

/// Everything there is in these regions.
pub(super) async fn sightings(clouds: &[Cloud], clock: &Clock) -> Vec<Sighting> {
    stream::iter(clouds)
        .map(|cloud| async { sight(cloud, clock, &Look::everything()).await })
        .buffered(REGIONS_AT_ONCE)
        .collect()
        .await
}

/// The doors to the regions that were named, or to the SDK's own.
pub(super) async fn clouds(
    connection: &Connection,
    named: &[String],
) -> anyhow::Result<Vec<Cloud>> {
    if named.is_empty() {
        return Ok(vec![connection.cloud(&Identity::Own, None)?]);
    }
    let mut regions: Vec<Region> = Vec::new();
    for name in named {
        if name == "all" {
            // Any region can list the others; one must be named to ask in.
            let ask = connection
                .region()
                .unwrap_or_else(|| Region::new("us-east-1"));
            regions.extend(
                connection
                    .cloud(&Identity::Own, Some(&ask))?
                    .regions()
                    .await?,
            );
        } else {
            regions.push(Region::new(name.clone()));
        }
    }
    regions.sort();
    regions.dedup();
    Ok(regions
        .iter()
        .map(|region| connection.cloud(&Identity::Own, Some(region)))
        .collect::<Result<_, _>>()?)
}

pub(super) fn show(survey: &Survey) {
    let rows = survey.rows();
    if rows.is_empty() && survey.unreachable.is_empty() {
        println!(
            "No environment was found. Elastic Beanstalk answers with an empty list where it may \
             not tell: if there are some, allow elasticbeanstalk:DescribeEnvironments, or name \
             their region with --region."
        );
    }
    if !rows.is_empty() {
        let heads = [
            "REGION",
            "ENVIRONMENT",
            "PLATFORM",
            "IMAGE",
            "KIND",
            "BASE",
            "REASONS",
        ];
        let cells = rows.into_iter().map(|row| {
            let codes = row.codes.join(" ");
            let codes = if codes.is_empty() {
                "-".to_owned()
            } else {
                codes
            };
            vec![
                row.region,
                row.environment,
                row.platform,
                row.image,
                row.kind.to_owned(),
                row.base,
                codes,
            ]
        });
        println!("{}", draw::table(&heads, cells));
    }
    let sentences = survey.sentences();
    if !sentences.is_empty() {
        println!();
        sentences.iter().for_each(|sentence| println!("{sentence}"));
    }
    for skipped in &survey.skipped {
        println!("skipped {}: {}", skipped.environment, skipped.why);
    }
    for unanswered in &survey.unreachable {
        eprintln!("unreachable: {}: {}", unanswered.what, unanswered.why);
    }
}
