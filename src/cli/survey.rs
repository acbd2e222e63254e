//! `survey`: what runs where, with which base, and what drifted. Needs no config; reads only.

use std::collections::BTreeMap;

use super::args::{Common, Format, SurveyArguments as Arguments};
use super::draw;
use super::session::connection;
use crate::clock::Clock;
use crate::cloud::Reach;
use crate::flow::exit_code::Exit;
use crate::flow::survey::{PAGES_STATEMENT, Survey};
use crate::service::desk::survey::{LookedAt, look_everywhere};

pub(super) async fn run_survey(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    let clock = Clock::real();
    let connection = connection(&Reach::default(), &clock).await;
    let surveyed = look_everywhere(&connection, &clock, &own.regions, own.look_depth()).await?;
    match common.format {
        Format::Json => draw::print_json(&surveyed)?,
        Format::Table => {
            show_survey(&surveyed.survey);
            show_unread(&surveyed.survey);
            println!("{}", draw::wrapped_line(&looked_at(&surveyed.looked_at), 2));
        }
    }
    if let Some(calls) = &surveyed.calls {
        tracing::info!(
            calls = calls.sent(),
            throttled = calls.throttled(),
            in_flight_peak = calls.in_flight_peak,
            "survey done"
        );
    }
    Ok(surveyed.survey.exit(own.exit_code))
}

/// What pages did not tell. Nothing is missing but what is said.
fn show_unread(survey: &Survey) {
    if let Some(sentence) = survey.options_unread() {
        println!();
        println!("{}", draw::wrapped_line(&sentence, 2));
    }
    for page in &survey.pages_unread {
        eprintln!("not by pages: {}", page.sentence());
    }
    if survey.pages_unread.is_empty() {
        return;
    }
    eprintln!("settings were read instead wherever the other pages did not tell");
    if survey.pages_unread.iter().any(|page| page.denied) {
        eprintln!("this statement allows all pages: {PAGES_STATEMENT}");
    }
}

/// `Looked at 000000000000 in eu-west-1.`
fn looked_at(places: &[LookedAt]) -> String {
    let mut by_account: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for LookedAt { account, region } in places {
        let account = account
            .as_ref()
            .map_or("an account that is not known", |id| id.as_str());
        by_account.entry(account).or_default().push(region.as_str());
    }
    let said = by_account.iter().map(|(account, regions)| {
        let regions = regions.join(", ");
        format!("{account} in {regions}")
    });
    format!("Looked at {}.", said.collect::<Vec<_>>().join("; "))
}

pub(super) fn show_survey(survey: &Survey) {
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
        draw::plain_rows(&heads, 1, cells.collect(), &[]);
    }
    let sentences = survey.sentences();
    if !sentences.is_empty() {
        println!();
        for sentence in &sentences {
            draw::say_line(sentence, 2);
        }
    }
    for skipped in &survey.skipped {
        let line = format!("skipped {}: {}", skipped.environment, skipped.why);
        draw::say_line(&line, 4);
    }
    for unanswered in &survey.unreachable {
        eprintln!("unreachable: {}: {}", unanswered.what, unanswered.why);
    }
}
