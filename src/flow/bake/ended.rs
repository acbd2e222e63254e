//! Why a guest ended that did not end itself, and what in the config that is about. A plain function of
//! what EC2 says.

use crate::cloud::Instance;

/// EC2's codes for guests that it ended at their launch, and what a person can do about each.
const AT_LAUNCH: [(&str, &str); 6] = [
    (
        "Client.InvalidKMSKey",
        "look at `encrypt` in [builder] (or at the key of the account's default encryption): the key must \
         be enabled, and its policy must let these credentials use it and create grants",
    ),
    (
        "Client.InternalError",
        "mostly a KMS key that cannot be used: look at `encrypt` in [builder] (or at the key of the \
         account's default encryption), and at the keys of the base's snapshots",
    ),
    (
        "Client.VolumeLimitExceeded",
        "lower `root_volume_gib` in [builder], or raise the account's EBS limits in Service Quotas",
    ),
    (
        "Client.InvalidSnapshot",
        "the base's snapshot is gone or may not be used: look at the watch's `base`",
    ),
    (
        "Server.InsufficientInstanceCapacity",
        "name more `instance_types` or `subnets` in [builder]",
    ),
    (
        "Server.InternalError",
        "nothing in the config is to blame: the next attempt may do",
    ),
];

/// How EC2 ended this guest at its launch, with the place in the config; nothing where it did not.
pub(super) fn ended_at_launch(guest: &Instance) -> Option<String> {
    let reason = guest.state_reason.as_deref()?;
    let code = reason.split(':').next().unwrap_or(reason);
    let (_, place) = AT_LAUNCH.iter().find(|(of, _)| code.starts_with(of))?;
    let ended = guest.state.ended();
    ended.then(|| {
        let id = &guest.id;
        format!("EC2 ended {id} at its launch: {reason}; {place}")
    })
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;
    use crate::cloud::InstanceState;

    fn guest(state: InstanceState, reason: Option<&str>) -> Instance {
        Instance {
            id: "i-1".into(),
            state,
            state_reason: reason.map(str::to_owned),
            launched: None,
            image: None,
            instance_type: None,
            subnet: None,
            vpc: None,
            availability_zone: None,
            client_token: None,
            imds_v2_only: true,
            tags: BTreeMap::new(),
        }
    }

    #[test]
    fn each_reason_has_its_place_in_the_config() {
        let cases = [
            (
                "Client.InvalidKMSKey.InvalidState: The KMS key provided is in an incorrect state",
                "`encrypt` in [builder]",
            ),
            (
                "Client.InternalError: Client error on launch",
                "`encrypt` in [builder]",
            ),
            (
                "Client.VolumeLimitExceeded: Volume limit exceeded",
                "`root_volume_gib` in [builder]",
            ),
            (
                "Client.InvalidSnapshot.NotFound: The snapshot was not found",
                "`base`",
            ),
            (
                "Server.InsufficientInstanceCapacity: There was not enough capacity",
                "`instance_types`",
            ),
        ];
        for (reason, place) in cases {
            for state in [InstanceState::ShuttingDown, InstanceState::Terminated] {
                let said = ended_at_launch(&guest(state, Some(reason))).unwrap();
                assert!(said.contains(reason) && said.contains(place), "{said}");
            }
        }
    }

    #[test]
    fn who_ended_itself_or_was_ended_by_somebody_was_not_ended_at_launch() {
        let reasons = [
            Some("Client.InstanceInitiatedShutdown: Instance initiated shutdown"),
            Some("Client.UserInitiatedShutdown: User initiated shutdown"),
            Some("User initiated (2026-11-01 12:00:00 GMT)"),
            None,
        ];
        for reason in reasons {
            let ended = guest(InstanceState::Terminated, reason);
            assert_eq!(ended_at_launch(&ended), None);
        }
        let up = guest(InstanceState::Running, Some("Client.InternalError: x"));
        assert_eq!(ended_at_launch(&up), None);
    }
}
