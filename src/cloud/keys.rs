//! KMS keys of snapshots: what a key is, its policy, and its grants for one role. Reads alone; must not
//! conclude who may use a key.

use std::collections::BTreeMap;

use aws_sdk_kms::types::KeyManagerType;

use super::beanstalk::PAGES_MAX;
use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::image_changes::DESCRIBE_SNAPSHOTS;
use super::tagging::filter;
use crate::model::ids::SnapshotId;
use crate::model::key_access::KeyFacts;

const DESCRIBE_KEY: Operation = Operation::read("kms:DescribeKey");
const GET_KEY_POLICY: Operation = Operation::read("kms:GetKeyPolicy");
const LIST_GRANTS: Operation = Operation::read("kms:ListGrants");

/// The only policy that a key has.
const POLICY: &str = "default";
const GRANTS_PER_PAGE: i32 = 100;
/// Of one image; a page has room for more.
const SNAPSHOTS_PER_PAGE: i32 = 500;

impl Cloud {
    /// The key of each of these snapshots that EC2 lists; absent where one is not encrypted.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn snapshot_keys(
        &self,
        snapshots: &[SnapshotId],
    ) -> Result<BTreeMap<SnapshotId, Option<String>>, CloudError> {
        let ids = snapshots.iter().map(SnapshotId::as_str);
        let request = self
            .ec2(DESCRIBE_SNAPSHOTS)
            .describe_snapshots()
            .filters(filter("snapshot-id", ids))
            .max_results(SNAPSHOTS_PER_PAGE)
            .send();
        let resource = "snapshots of an image";
        let answer = self.call(DESCRIBE_SNAPSHOTS, resource, request).await?;
        let listed = answer.snapshots().iter().filter_map(|one| {
            let key = one.kms_key_id().filter(|key| !key.is_empty());
            let key = key.filter(|_| one.encrypted() != Some(false));
            Some((SnapshotId::from(one.snapshot_id()?), key.map(str::to_owned)))
        });
        Ok(listed.collect())
    }

    /// What a key is, by its id, ARN or alias.
    ///
    /// # Errors
    /// `NotFound` when there is none; `Denied` also for a key of another account that lets nobody ask;
    /// `Empty` when the answer says nothing.
    pub async fn key_facts(&self, key: &str) -> Result<KeyFacts, CloudError> {
        let request = self.kms(DESCRIBE_KEY).describe_key().key_id(key).send();
        let answer = self.call(DESCRIBE_KEY, key, request).await?;
        let said = answer.key_metadata();
        let (Some(said), Some(state)) = (said, said.and_then(|said| said.key_state())) else {
            let message = "the answer holds no state of the key";
            return Err(self.fault(DESCRIBE_KEY, key, ErrorKind::Empty, message));
        };
        Ok(KeyFacts {
            arn: said.arn().unwrap_or(key).to_owned(),
            aws_managed: said.key_manager() == Some(&KeyManagerType::Aws),
            state: state.as_str().to_owned(),
        })
    }

    /// A key's policy, as JSON. KMS shows it within the key's own account alone.
    ///
    /// # Errors
    /// `Empty` when the answer says nothing.
    pub async fn key_policy(&self, key: &str) -> Result<String, CloudError> {
        let request = self
            .kms(GET_KEY_POLICY)
            .get_key_policy()
            .key_id(key)
            .policy_name(POLICY)
            .send();
        let answer = self.call(GET_KEY_POLICY, key, request).await?;
        answer.policy.ok_or_else(|| {
            let message = "the answer holds no policy";
            self.fault(GET_KEY_POLICY, key, ErrorKind::Empty, message)
        })
    }

    /// How many grants of a key are for this principal.
    ///
    /// # Errors
    /// Any kind.
    pub async fn grants_for(&self, key: &str, principal: &str) -> Result<usize, CloudError> {
        let mut count = 0;
        let mut marker = None;
        for _ in 0..PAGES_MAX {
            let request = self
                .kms(LIST_GRANTS)
                .list_grants()
                .key_id(key)
                .grantee_principal(principal)
                .limit(GRANTS_PER_PAGE)
                .set_marker(marker)
                .send();
            let page = self.call(LIST_GRANTS, key, request).await?;
            let grants = page.grants().iter();
            let theirs = grants.filter(|one| one.grantee_principal() == Some(principal));
            count += theirs.count();
            marker = page.next_marker.filter(|_| page.truncated);
            if marker.is_none() {
                return Ok(count);
            }
        }
        Err(self.endless(LIST_GRANTS, key))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::canned::{Reply, answering_cloud};

    const KEY: &str = "arn:aws:kms:eu-west-1:111122223333:key/k";

    #[tokio::test(start_paused = true)]
    async fn a_key_s_manager_state_and_policy_are_read() {
        let (cloud, asked) = answering_cloud(|nth, _| {
            let body = match nth {
                1 => format!(
                    "{{\"KeyMetadata\":{{\"KeyId\":\"k\",\"Arn\":\"{KEY}\",\"KeyManager\":\"CUSTOMER\",\
                     \"KeyState\":\"Disabled\"}}}}"
                ),
                2 => "{\"PolicyName\":\"default\",\"Policy\":\"{}\"}".to_owned(),
                _ => "{\"KeyMetadata\":{\"KeyId\":\"k\"}}".to_owned(),
            };
            Reply::Answer(200, body)
        });
        let facts = cloud.key_facts("alias/amis").await.unwrap();
        let wanted = KeyFacts {
            arn: KEY.to_owned(),
            aws_managed: false,
            state: "Disabled".to_owned(),
        };
        assert_eq!(facts, wanted);
        assert_eq!(cloud.key_policy(KEY).await.unwrap(), "{}");
        let nothing = cloud.key_facts("k").await.unwrap_err();
        assert_eq!(nothing.kind, ErrorKind::Empty);
        let asked = asked.lock().unwrap();
        assert!(asked[0].contains("\"KeyId\":\"alias/amis\""), "{asked:?}");
        assert!(asked[1].contains("\"PolicyName\":\"default\""), "{asked:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn grants_are_counted_page_by_page_and_only_of_the_principal() {
        let (cloud, asked) = answering_cloud(|nth, _| {
            let grant = |to: &str| {
                format!("{{\"GranteePrincipal\":\"{to}\",\"Operations\":[\"Decrypt\"]}}")
            };
            let body = match nth {
                1 => format!(
                    "{{\"Grants\":[{},{}],\"Truncated\":true,\"NextMarker\":\"more\"}}",
                    grant("role"),
                    grant("other")
                ),
                _ => format!("{{\"Grants\":[{}],\"Truncated\":false}}", grant("role")),
            };
            Reply::Answer(200, body)
        });
        assert_eq!(cloud.grants_for(KEY, "role").await.unwrap(), 2);
        let asked = asked.lock().unwrap();
        assert!(
            asked[0].contains("\"GranteePrincipal\":\"role\""),
            "{asked:?}"
        );
        assert!(asked[1].contains("\"Marker\":\"more\""), "{asked:?}");
    }

    #[tokio::test(start_paused = true)]
    async fn who_may_not_ask_is_denied() {
        let (cloud, _) = answering_cloud(|_, _| {
            let body = "{\"__type\":\"AccessDeniedException\",\"message\":\"no\"}";
            Reply::Answer(400, body.to_owned())
        });
        let error = cloud.key_policy(KEY).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Denied, "{error}");
    }
}
