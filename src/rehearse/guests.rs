//! What each guest of a rehearsal is sent: the same bytes as a bake's, under a nonce of its own.
//! Plain functions of values.

use std::time::Duration;

use crate::flow::bake::user_data::{
    BuilderGuest, UserDataError, compose_boot_test, compose_builder, grace_s,
};
use crate::flow::verify::GuestRole;
use crate::model::bake::Proof;
use crate::model::bake::digest;
use crate::model::watch::Check;

/// What is rehearsed.
#[derive(Debug, Clone)]
pub struct RehearsalSubject {
    pub name: String,
    /// Rendered.
    pub user_data: String,
    pub checks: Vec<Check>,
    /// Checked on the fresh boot besides.
    pub boot_checks: Vec<Check>,
    /// What a guest may take, as `[builder] timeout`.
    pub timeout: Duration,
}

/// What one guest is sent, and what is expected of it.
#[derive(Debug, Clone)]
pub struct SentGuest {
    pub role: GuestRole,
    pub nonce: String,
    /// cloud-init's instance id: another one is a first boot.
    pub instance_id: String,
    /// 32 hex digits: the machine's own id.
    pub uuid: String,
    pub user_data: Vec<u8>,
    /// The checks' names, in order.
    pub checks: Vec<String>,
    /// What it may take once cloud-init has begun; longer than it gives itself.
    pub allowance: Duration,
}

/// The builder's part.
///
/// # Errors
/// When the recipe cannot be sent as user data.
pub fn builder(subject: &RehearsalSubject) -> Result<SentGuest, UserDataError> {
    let nonce = nonce(subject, GuestRole::Builder);
    let user_data = compose_builder(&BuilderGuest {
        user_data: &subject.user_data,
        checks: &subject.checks,
        nonce: &nonce,
        deadline_s: subject.timeout.as_secs(),
        proof: Proof::Console,
        kept: false,
    })?;
    Ok(sent(
        subject,
        GuestRole::Builder,
        nonce,
        user_data,
        &subject.checks,
    ))
}

/// The fresh boot's part.
///
/// # Errors
/// When the checks do not fit into user data.
pub fn boot_test(subject: &RehearsalSubject) -> Result<SentGuest, UserDataError> {
    let nonce = nonce(subject, GuestRole::BootTest);
    let checks = [subject.checks.as_slice(), &subject.boot_checks].concat();
    let user_data = compose_boot_test(&checks, &nonce, subject.timeout.as_secs(), Proof::Console)?;
    Ok(sent(
        subject,
        GuestRole::BootTest,
        nonce,
        user_data,
        &checks,
    ))
}

fn sent(
    subject: &RehearsalSubject,
    role: GuestRole,
    nonce: String,
    user_data: Vec<u8>,
    checks: &[Check],
) -> SentGuest {
    let seconds = subject.timeout.as_secs() + grace_s(checks.len());
    SentGuest {
        role,
        instance_id: format!("i-{}", nonce.get(..17).unwrap_or(&nonce)),
        uuid: nonce.clone(),
        nonce,
        user_data,
        checks: checks.iter().map(|check| check.name.clone()).collect(),
        allowance: Duration::from_secs(seconds),
    }
}

/// The same recipe, the same word: what a rehearsal sends can be looked at again.
fn nonce(subject: &RehearsalSubject, role: GuestRole) -> String {
    let fields = [
        "amiwatch rehearsal 1",
        &subject.name,
        &subject.user_data,
        role.as_str(),
    ];
    let mut word = digest(&fields);
    word.truncate(32);
    word
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subject(user_data: &str) -> RehearsalSubject {
        let check = |name: &str| Check {
            name: name.to_owned(),
            run: "true".to_owned(),
        };
        RehearsalSubject {
            name: "logging".to_owned(),
            user_data: user_data.to_owned(),
            checks: vec![check("one")],
            boot_checks: vec![check("two")],
            timeout: Duration::from_secs(600),
        }
    }

    #[test]
    fn the_builder_gets_the_bytes_that_a_bake_would_send() {
        let subject = subject("#!/bin/sh\ntrue\n");
        let sent = builder(&subject).unwrap();
        let bake = compose_builder(&BuilderGuest {
            user_data: &subject.user_data,
            checks: &subject.checks,
            nonce: &sent.nonce,
            deadline_s: 600,
            proof: Proof::Console,
            kept: false,
        });
        assert_eq!(sent.user_data, bake.unwrap());
        assert_eq!(sent.checks, ["one"]);
        assert_eq!(sent.allowance, Duration::from_secs(600 + 187));
    }

    #[test]
    fn the_fresh_boot_is_another_machine_with_checks_of_its_own() {
        let subject = subject("#!/bin/sh\ntrue\n");
        let (old, new) = (builder(&subject).unwrap(), boot_test(&subject).unwrap());
        assert_ne!(old.instance_id, new.instance_id);
        assert_ne!(old.uuid, new.uuid);
        assert_ne!(old.nonce, new.nonce);
        assert_eq!(new.checks, ["one", "two"]);
    }

    #[test]
    fn what_cannot_be_sent_is_told() {
        let wrong = subject("#cloud-config\npower_state: {mode: poweroff}\n");
        assert!(matches!(
            builder(&wrong),
            Err(UserDataError::PowerState { .. })
        ));
    }
}
