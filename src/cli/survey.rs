//! `survey`: what runs where, with which base, and what drifted. Needs no config but for the accounts that it is
//! asked to look at; reads only.

use std::collections::BTreeMap;

use super::args::{Common, Format, SurveyArguments as Arguments};
use super::draw;
use super::session::{WrongUsage, connection, load_settings, reach};
use crate::clock::Clock;
use crate::cloud::Reach;
use crate::flow::exit_code::Exit;
use crate::flow::survey::{PAGES_STATEMENT, Survey};
use crate::service::desk::survey::{LookedAt, SurveyAsk, look_everywhere, survey_ways};

pub(super) async fn run_survey(common: &Common, own: &Arguments) -> anyhow::Result<Exit> {
    let clock = Clock::real();
    let (reach, ask) = asked(common, own)?;
    let connection = connection(&reach, &clock).await;
    let surveyed = look_everywhere(&connection, &clock, &ask).await?;
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

/// Without an account that is named no config is needed, nor read.
fn asked(common: &Common, own: &Arguments) -> anyhow::Result<(Reach, SurveyAsk)> {
    let ask = SurveyAsk::of_own(&own.regions, own.look_depth());
    if own.accounts.is_empty() {
        return Ok((Reach::default(), ask));
    }
    let settings = load_settings(common)?;
    let ways = survey_ways(&settings, &own.accounts);
    let ways = ways.map_err(|unknown| WrongUsage(unknown.to_string()))?;
    let at_once = settings.aws.places_at_once;
    let ask = SurveyAsk {
        ways,
        at_once,
        ..ask
    };
    Ok((reach(&settings), ask))
}

/// `Looked at 000000000000 in eu-west-1; prod (000000000011) in eu-west-1, us-east-1.`
fn looked_at(places: &[LookedAt]) -> String {
    let mut by_account: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for LookedAt {
        account,
        account_name,
        region,
    } in places
    {
        let account = account
            .as_ref()
            .map_or("an account that is not known", |id| id.as_str());
        let account = match account_name {
            Some(name) => format!("{name} ({account})"),
            None => account.to_owned(),
        };
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
        let several = survey.is_of_several_accounts();
        let heads = [
            "ACCOUNT",
            "REGION",
            "ENVIRONMENT",
            "PLATFORM",
            "IMAGE",
            "KIND",
            "BASE",
            "REASONS",
        ];
        let heads = &heads[usize::from(!several)..];
        let cells = rows.into_iter().map(|row| {
            let codes = row.codes.join(" ");
            let codes = if codes.is_empty() {
                "-".to_owned()
            } else {
                codes
            };
            let account = several.then_some(row.account);
            let cells = [
                row.region,
                row.environment,
                row.platform,
                row.image,
                row.kind.to_owned(),
                row.base,
                codes,
            ];
            account.into_iter().chain(cells).collect()
        });
        draw::plain_rows(heads, usize::from(several) + 1, cells.collect(), &[]);
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
