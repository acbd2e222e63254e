//! What the environments' instances run: the settings say what the next one will be launched from, not
//! what those that are there were.

use std::collections::BTreeMap;

use futures_util::stream::{self, StreamExt};

use super::IN_FLIGHT_MAX;
use super::environments::unanswered;
use crate::cloud::{Cloud, CloudError};
use crate::model::ids::InstanceId;
use crate::model::sighting::{Environment, EnvironmentSighting, RunningImage, Seen};

/// Reads it of each environment: Beanstalk counts the instances, EC2 says what all of them run.
pub(super) async fn read_running(cloud: &Cloud, environments: &mut [EnvironmentSighting]) {
    let counted: Vec<_> = stream::iter(environments.iter())
        .map(|seen| counted(cloud, &seen.environment))
        .buffered(IN_FLIGHT_MAX)
        .collect()
        .await;
    let known = counted.iter().flatten().filter_map(Seen::known).flatten();
    let all: Vec<InstanceId> = known.cloned().collect();
    let told = cloud.running_images(&all).await.map(|running| {
        let by_id = running.into_iter().map(|one| (one.instance.clone(), one));
        by_id.collect::<BTreeMap<_, _>>()
    });
    for (seen, counted) in environments.iter_mut().zip(counted) {
        seen.running = counted.map(|counted| running(&seen.environment, counted, &told));
    }
}

/// What is not supported is not asked about.
async fn counted(cloud: &Cloud, environment: &Environment) -> Option<Seen<Vec<InstanceId>>> {
    if environment.unsupported().is_some() {
        return None;
    }
    let name = &environment.target.environment;
    let answer = cloud.instances_of_environment(name).await;
    Some(answer.map_or_else(
        |error| unanswered(&error, || what(environment)),
        Seen::Known,
    ))
}

/// One that EC2 does not list has ended since.
fn running(
    environment: &Environment,
    counted: Seen<Vec<InstanceId>>,
    told: &Result<BTreeMap<InstanceId, RunningImage>, CloudError>,
) -> Seen<Vec<RunningImage>> {
    match (counted, told) {
        (Seen::Known(ids), Ok(told)) => {
            let found = ids.iter().filter_map(|id| told.get(id).cloned());
            Seen::Known(found.collect())
        }
        (Seen::Known(ids), Err(_)) if ids.is_empty() => Seen::Known(Vec::new()),
        (Seen::Known(_), Err(error)) => Seen::Unreachable(error.trouble(what(environment))),
        (Seen::Absent, _) => Seen::Absent,
        (Seen::Unreachable(trouble), _) => Seen::Unreachable(trouble),
    }
}

fn what(environment: &Environment) -> String {
    format!("instances of {}", environment.target.name())
}
