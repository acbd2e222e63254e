//! Who else may launch an image of ours: accounts, organizations and their units.

use aws_sdk_ec2::types::{
    ImageAttributeName, LaunchPermission, LaunchPermissionModifications, PermissionGroup,
};

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use crate::model::ids::{AccountId, ImageId};
use crate::model::owned_image::LaunchGrant;
use crate::model::publish_rules::ShareWith;

const DESCRIBE_ATTRIBUTE: Operation = Operation::read("ec2:DescribeImageAttribute");
const MODIFY_ATTRIBUTE: Operation = Operation::change("ec2:ModifyImageAttribute");

impl Cloud {
    /// Whom an image of ours is shared with. `None`: EC2 lists no such image of ours.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn shared_with(&self, image: &ImageId) -> Result<Option<ShareWith>, CloudError> {
        let request = self
            .ec2(DESCRIBE_ATTRIBUTE)
            .describe_image_attribute()
            .image_id(image.as_str())
            .attribute(ImageAttributeName::LaunchPermission)
            .send();
        let answer = match self.call(DESCRIBE_ATTRIBUTE, image, request).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            answer => answer?,
        };
        let mut with = ShareWith::default();
        for one in answer.launch_permissions() {
            with.accounts.extend(one.user_id().map(AccountId::from));
            let organization = one.organization_arn().map(str::to_owned);
            with.organizations.extend(organization);
            with.units
                .extend(one.organizational_unit_arn().map(str::to_owned));
        }
        Ok(Some(with))
    }

    /// Lets these launch an image of ours, and those no more. Right to call again.
    ///
    /// # Errors
    /// `Invalid` where the key of its snapshots forbids it; `Unknown` when it may have happened (look at
    /// it).
    pub async fn share_image(
        &self,
        image: &ImageId,
        add: &ShareWith,
        remove: &ShareWith,
    ) -> Result<(), CloudError> {
        let change = LaunchPermissionModifications::builder()
            .set_add(permissions(add))
            .set_remove(permissions(remove))
            .build();
        self.change_launch_permissions(image, change).await
    }

    /// Lets these launch an image of ours once more.
    ///
    /// # Errors
    /// As [`Cloud::share_image`].
    pub async fn grant_launches(
        &self,
        image: &ImageId,
        grants: &[LaunchGrant],
    ) -> Result<(), CloudError> {
        let add = grants.iter().filter_map(permission).collect();
        let change = LaunchPermissionModifications::builder()
            .set_add(Some(add))
            .build();
        self.change_launch_permissions(image, change).await
    }

    async fn change_launch_permissions(
        &self,
        image: &ImageId,
        change: LaunchPermissionModifications,
    ) -> Result<(), CloudError> {
        let request = self
            .ec2(MODIFY_ATTRIBUTE)
            .modify_image_attribute()
            .image_id(image.as_str())
            .launch_permission(change)
            .send();
        self.call(MODIFY_ATTRIBUTE, image, request).await.map(drop)
    }
}

/// As EC2 takes them; `None` for nobody.
fn permissions(with: &ShareWith) -> Option<Vec<LaunchPermission>> {
    let accounts = with
        .accounts
        .iter()
        .map(|id| LaunchPermission::builder().user_id(id.as_str()));
    let organizations = with
        .organizations
        .iter()
        .map(|arn| LaunchPermission::builder().organization_arn(arn));
    let units = with
        .units
        .iter()
        .map(|arn| LaunchPermission::builder().organizational_unit_arn(arn));
    let all = accounts.chain(organizations).chain(units);
    (!with.is_empty()).then(|| all.map(|one| one.build()).collect())
}

/// Whether EC2 can be told to grant this once more. A form that this version does not know cannot be given back.
pub fn can_be_granted(grant: &LaunchGrant) -> bool {
    permission(grant).is_some()
}

fn permission(grant: &LaunchGrant) -> Option<LaunchPermission> {
    let one = LaunchPermission::builder();
    Some(match grant {
        LaunchGrant::Account(account) => one.user_id(account.as_str()).build(),
        // A unit's ARN has its word in it: arn:aws:organizations::...:ou/o-.../ou-...
        LaunchGrant::Organization(arn) if arn.contains(":ou/") => {
            one.organizational_unit_arn(arn).build()
        }
        LaunchGrant::Organization(arn) => one.organization_arn(arn).build(),
        LaunchGrant::Everybody => one.group(PermissionGroup::All).build(),
        LaunchGrant::Other(_) => return None,
    })
}
