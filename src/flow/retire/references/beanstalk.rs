//! What Beanstalk says: environments, those that can be rebuilt, saved configurations. It leaves out what
//! the credentials may not see, without a word; so its lists are held against what else is known.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use futures_util::stream::{self, StreamExt as _};

use super::{PlaceAsk, missed};
use crate::cloud::{Cloud, ScalingGroup, TerminatedEnvironment};
use crate::model::image_uses::{ImageUse, KindAnswer, LifeSpan, UnreadPart};
use crate::model::sighting::{Environment, Tier, Trouble};

/// For so long Beanstalk rebuilds what was terminated, with the settings that it had.
const REBUILT_FOR: TimeDelta = TimeDelta::days(42);
/// Questions of one list that are under way at once; the door bounds all of them together.
const AT_ONCE: usize = 16;

/// What Beanstalk said, by kind.
pub(super) struct BeanstalkUses {
    pub(super) environments: KindAnswer,
    pub(super) terminated: KindAnswer,
    pub(super) saved: KindAnswer,
}

impl BeanstalkUses {
    /// Of a region that has no Elastic Beanstalk.
    pub(super) fn of_nobody() -> Self {
        let none = || KindAnswer::of_calls("no call: the region has no Elastic Beanstalk");
        Self {
            environments: none(),
            terminated: none(),
            saved: none(),
        }
    }
}

pub(super) async fn read_beanstalk(
    ask: PlaceAsk<'_>,
    groups: Option<&[ScalingGroup]>,
) -> BeanstalkUses {
    let mut environments = KindAnswer::of_calls(
        "elasticbeanstalk:DescribeEnvironments, elasticbeanstalk:DescribeConfigurationSettings",
    );
    let mut list = Vec::new();
    match ask.cloud.environments().await {
        Ok(found) => {
            list = found;
            let untold = not_listed(ask, &list, groups.unwrap_or_default());
            untold.into_iter().for_each(|one| environments.missed(one));
            read_settings(ask.cloud, &list, &mut environments).await;
        }
        Err(error) => missed(&mut environments, &error, "the environments"),
    }
    BeanstalkUses {
        environments,
        terminated: read_terminated(ask.cloud, ask.now).await,
        saved: read_saved(ask, &list).await,
    }
}

/// What shows that the list of environments is not all of them.
fn not_listed(ask: PlaceAsk<'_>, list: &[Environment], groups: &[ScalingGroup]) -> Vec<Trouble> {
    let listed: BTreeSet<&str> = list.iter().filter_map(|one| one.id.as_deref()).collect();
    let mut untold = Vec::new();
    if list.is_empty() && ask.has_environments {
        untold.push(denied(
            "the environments",
            "Beanstalk lists none, and the config follows some here; permission \
             elasticbeanstalk:DescribeEnvironments is likely missing",
        ));
    }
    for group in groups {
        let id = group.environment.as_deref();
        if let Some(id) = id.filter(|id| !listed.contains(id)) {
            untold.push(denied(
                &format!("the environment {id}"),
                &format!(
                    "the Auto Scaling group {} says that it is of this environment, which Beanstalk \
                     does not list; permission elasticbeanstalk:DescribeEnvironments may be missing \
                     for it",
                    group.name
                ),
            ));
        }
    }
    untold
}

fn denied(what: &str, why: &str) -> Trouble {
    Trouble {
        what: what.to_owned(),
        why: why.to_owned(),
        denied: true,
    }
}

async fn read_settings(cloud: &Cloud, list: &[Environment], answer: &mut KindAnswer) {
    let with_images = list.iter().filter(|one| one.tier != Tier::Cluster);
    let read = stream::iter(with_images).map(|one| async move {
        let target = &one.target;
        let sets = cloud.option_sets(&target.application, &target.environment);
        (one, sets.await)
    });
    let read: Vec<_> = read.buffered(AT_ONCE).collect().await;
    for (environment, sets) in read {
        let target = &environment.target;
        let name = format!("{}/{}", target.application, target.environment);
        let sets = match sets {
            Ok(sets) => sets,
            Err(error) => {
                missed(answer, &error, format!("the settings of {name}"));
                continue;
            }
        };
        let drafts = [
            (sets.deployed, name.clone()),
            (sets.pending, format!("{name} (pending)")),
            (sets.failed, format!("{name} (a failed draft)")),
        ];
        for (set, by) in drafts {
            if let Some(image) = set.and_then(|set| set.image()) {
                answer.add(image, ImageUse::lasting(by));
            }
        }
    }
}

/// Beanstalk tells no settings of what is terminated: it may have run whatever was there to be launched.
async fn read_terminated(cloud: &Cloud, now: DateTime<Utc>) -> KindAnswer {
    let mut answer = KindAnswer::of_calls("elasticbeanstalk:DescribeEnvironments");
    match cloud.terminated_environments(now - REBUILT_FOR).await {
        Ok(found) => {
            let found = found.iter().filter(|one| can_come_back(one, now));
            answer.unread.extend(found.map(unread_of));
        }
        Err(error) => missed(&mut answer, &error, "the terminated environments"),
    }
    answer
}

fn can_come_back(one: &TerminatedEnvironment, now: DateTime<Utc>) -> bool {
    one.terminated.is_none_or(|at| at + REBUILT_FOR > now)
}

fn unread_of(one: &TerminatedEnvironment) -> UnreadPart {
    let name = format!("{}/{}", one.target.application, one.target.environment);
    let until = one.terminated.map(|at| at + REBUILT_FOR);
    let until = until.map_or("later".to_owned(), |at| at.format("%Y-%m-%d").to_string());
    let lived = one.created.zip(one.terminated);
    UnreadPart {
        trouble: Trouble {
            what: format!("the image of {name}, which was terminated"),
            why: format!(
                "Beanstalk can rebuild it until {until}, and tells no settings of it; it may have \
                 run every image that was launched while it was there"
            ),
            denied: false,
        },
        lived: lived.map(|(from, to)| LifeSpan { from, to }),
        only: None,
    }
}

async fn read_saved(ask: PlaceAsk<'_>, list: &[Environment]) -> KindAnswer {
    let mut answer = KindAnswer::of_calls(
        "elasticbeanstalk:DescribeApplications, elasticbeanstalk:DescribeConfigurationSettings",
    );
    let applications = match ask.cloud.all_saved_configurations().await {
        Ok(applications) => applications,
        Err(error) => {
            missed(&mut answer, &error, "the saved configurations");
            return answer;
        }
    };
    let of_list: BTreeSet<&String> = list.iter().map(|one| &one.target.application).collect();
    let untold = of_list
        .into_iter()
        .filter(|name| !applications.contains_key(*name));
    let why = "Beanstalk does not show the application; permission \
               elasticbeanstalk:DescribeApplications is likely missing";
    for name in untold {
        answer.missed(denied(&format!("the saved configurations of {name}"), why));
    }
    if applications.is_empty() && ask.has_environments {
        answer.missed(denied("the saved configurations", why));
    }
    let names = applications.iter().flat_map(|(application, names)| {
        let names = names.iter();
        names.map(move |name| (application.clone(), name.clone()))
    });
    let cloud = ask.cloud;
    let read = stream::iter(names).map(|(application, name)| async move {
        let image = cloud.saved_image(&application, &name).await;
        (format!("{application}/{name}"), image)
    });
    let read: Vec<_> = read.buffered(AT_ONCE).collect().await;
    for (name, image) in read {
        match image {
            Ok(Some(image)) => answer.add(image, ImageUse::lasting(name)),
            Ok(None) => {}
            Err(error) => missed(
                &mut answer,
                &error,
                format!("the saved configuration {name}"),
            ),
        }
    }
    answer
}
