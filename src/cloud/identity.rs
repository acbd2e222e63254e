//! As whom AWS is asked: our own credentials, or a role that is assumed with them; and whose account
//! a call is counted in, which is what a pace belongs to.
//!
//! Must not decide which identity a call needs: that is its caller's business.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::future::ProvideCredentials as Provided;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider};
use aws_smithy_runtime_api::client::identity::SharedIdentityCache;
use tokio::sync::OnceCell;

use super::clients::{CALL_TIMEOUT, Clients};
use super::lane::Road;
use super::payer::Payer;
use crate::model::ids::{AccountId, Region};

/// The name of our sessions where nobody gives another.
pub(super) const SESSION_NAME: &str = "amiwatch";

/// As whom AWS is asked.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum Identity {
    /// The connection's own: what the default chain found, with `[aws] role_arn` where that is set.
    #[default]
    Own,
    /// A role that is assumed with the connection's own credentials.
    Role(AssumedRole),
}

/// A role, and how it is assumed.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct AssumedRole {
    pub arn: String,
    /// What the role's trust policy wants to be told, where it wants that. Not a secret to AWS.
    pub external_id: Option<String>,
    /// How the session is called in CloudTrail.
    pub session_name: String,
}

impl AssumedRole {
    /// The role under our usual session name, without an external id.
    pub fn by_arn(arn: &str) -> Self {
        Self {
            arn: arn.to_owned(),
            external_id: None,
            session_name: SESSION_NAME.to_owned(),
        }
    }

    /// The account that the role belongs to, and in which everything that it does is counted.
    fn account(&self) -> Option<AccountId> {
        account_of_role(&self.arn)
    }

    pub(super) async fn provider(&self, with: &SdkConfig) -> AssumeRoleProvider {
        let mut builder = AssumeRoleProvider::builder(&self.arn)
            .session_name(&self.session_name)
            .configure(with);
        if let Some(external_id) = &self.external_id {
            builder = builder.external_id(external_id);
        }
        builder.build().await
    }
}

/// A session is renewed while what it has signed may still wait for its turn: a request that was signed before
/// its session ended is refused after. The SDK takes between half of this and all of it.
const RENEWED_BEFORE: Duration = CALL_TIMEOUT.saturating_mul(2);

/// How credentials of sessions are kept, one for all clients of an identity.
pub(super) fn renewed_early() -> SharedIdentityCache {
    IdentityCache::lazy().buffer_time(RENEWED_BEFORE).build()
}

/// `arn:<partition>:iam::<account>:role/<name>`
fn account_of_role(arn: &str) -> Option<AccountId> {
    match arn.splitn(6, ':').collect::<Vec<_>>().as_slice() {
        ["arn", _, "iam", "", account, _] if !account.is_empty() => Some(AccountId::from(*account)),
        _ => None,
    }
}

/// One identity of a connection: its credentials and its clients.
#[derive(Debug)]
pub(super) struct Principal {
    sdk: SdkConfig,
    /// The role that its credentials are of, where it is one.
    pub(super) role: Option<AssumedRole>,
    pub(super) payer: Arc<Payer>,
    clients: Mutex<BTreeMap<Region, Arc<Clients>>>,
}

impl Principal {
    /// The credentials that the connection was made with; `role` where they are of one.
    pub(super) fn own(sdk: SdkConfig, role: Option<AssumedRole>) -> Self {
        let of_role = role.as_ref().and_then(AssumedRole::account);
        Self {
            sdk,
            role,
            payer: Arc::new(Payer::new(of_role)),
            clients: Mutex::default(),
        }
    }

    /// A role, assumed with `own` credentials: by calls that wait for their turn as all others.
    pub(super) fn of_role(role: &AssumedRole, own: &Self, region: &Region, road: &Road) -> Self {
        let provider = LazyRole {
            with: own.clients(region, road).sts_for_roles(),
            role: role.clone(),
            made: OnceCell::new(),
        };
        let sdk = own
            .sdk
            .to_builder()
            .credentials_provider(SharedCredentialsProvider::new(provider))
            // One for all clients: each would assume the role for itself.
            .identity_cache(renewed_early())
            .build();
        Self {
            sdk,
            role: Some(role.clone()),
            payer: Arc::new(Payer::new(role.account())),
            clients: Mutex::default(),
        }
    }

    /// The clients of one region.
    pub(super) fn clients(&self, region: &Region, road: &Road) -> Arc<Clients> {
        // A client set is complete when it is inserted, so a panic elsewhere leaves the map whole.
        let mut clients = self.clients.lock().unwrap_or_else(PoisonError::into_inner);
        let made = clients
            .entry(region.clone())
            .or_insert_with(|| Arc::new(Clients::new(&self.sdk, region, &self.payer, road)));
        Arc::clone(made)
    }

    /// The same credentials for another connection, with nothing learnt.
    pub(super) fn anew(&self) -> Self {
        Self::own(self.sdk.clone(), self.role.clone())
    }
}

/// The SDK makes its provider asynchronously; a door to AWS is made without waiting.
#[derive(Debug)]
struct LazyRole {
    with: SdkConfig,
    role: AssumedRole,
    made: OnceCell<AssumeRoleProvider>,
}

impl ProvideCredentials for LazyRole {
    fn provide_credentials<'a>(&'a self) -> Provided<'a>
    where
        Self: 'a,
    {
        Provided::new(async move {
            let provider = self.made.get_or_init(|| self.role.provider(&self.with));
            provider.await.provide_credentials().await
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_says_whose_account_it_is_of() {
        let cases = [
            ("arn:aws:iam::111122223333:role/x", Some("111122223333")),
            (
                "arn:aws-cn:iam::111122223333:role/path/x",
                Some("111122223333"),
            ),
            ("arn:aws:iam:::role/x", None),
            ("arn:aws:sts::111122223333:assumed-role/x/y", None),
            ("x", None),
        ];
        for (arn, account) in cases {
            let expected = account.map(AccountId::from);
            assert_eq!(account_of_role(arn), expected, "{arn}");
        }
    }
}
