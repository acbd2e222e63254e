//! An image's attributes: who else may launch it above all, shown to its owner alone.

use std::collections::BTreeSet;

use super::describe_images::{find_own, write_mapping};
use super::keys::default_key;
use super::model::{Image, Permission};
use super::{Room, done};
use crate::clock::iso;
use crate::wire::fail::Fail;
use crate::wire::params::Params;
use crate::wire::xml::Xml;

/// Accounts, organizations and units with which an image can be shared. The refusal's code is not known.
const MOST: usize = 1000;

/// What a call changes.
struct Change {
    sharing: Sharing,
    description: Option<String>,
    imds_v2: bool,
}

impl Change {
    fn of(p: &Params) -> Result<Self, Fail> {
        let described = match p.get("Attribute") {
            Some("description") => p.get("Value"),
            _ => p.get("Description.Value"),
        };
        Ok(Self {
            sharing: Sharing::of(p, "LaunchPermission")?,
            description: described.map(str::to_owned),
            imds_v2: p.get("ImdsSupport.Value") == Some("v2.0"),
        })
    }
}

/// What a call changes of who else may use something.
#[derive(Default)]
pub(super) struct Sharing {
    pub(super) add: Vec<Permission>,
    pub(super) remove: Vec<Permission>,
    /// Made public, or private.
    pub(super) public: Option<bool>,
}

impl Sharing {
    pub(super) fn of(p: &Params, permission: &str) -> Result<Self, Fail> {
        let mut sharing = Self::default();
        sharing.structured(p, permission)?;
        sharing.by_operation(p)?;
        Ok(sharing)
    }

    /// It gives somebody something.
    pub(super) fn shares(&self) -> bool {
        self.public == Some(true) || !self.add.is_empty()
    }

    /// `LaunchPermission.Add.N`, `LaunchPermission.Remove.N`.
    fn structured(&mut self, p: &Params, permission: &str) -> Result<(), Fail> {
        for (list, adds) in [("Add", true), ("Remove", false)] {
            for group in p.groups(&format!("{permission}.{list}")) {
                let of = |name: &str| p.get(&format!("{group}.{name}"));
                self.take(adds, "UserId", of("UserId"))?;
                self.take(adds, "UserGroup", of("Group"))?;
                self.take(adds, "OrganizationArn", of("OrganizationArn"))?;
                self.take(adds, "OrganizationalUnitArn", of("OrganizationalUnitArn"))?;
            }
        }
        Ok(())
    }

    /// The older form: `OperationType` and lists.
    fn by_operation(&mut self, p: &Params) -> Result<(), Fail> {
        const LISTS: [&str; 4] = [
            "UserId",
            "UserGroup",
            "OrganizationArn",
            "OrganizationalUnitArn",
        ];
        let adds = match p.get("OperationType") {
            None => return Ok(()),
            Some("add") => true,
            Some("remove") => false,
            Some(other) => {
                let message = format!("Value ({other}) for parameter operationType is invalid.");
                return Err(Fail::invalid(message));
            }
        };
        for list in LISTS {
            for value in p.list(list) {
                self.take(adds, list, Some(&value))?;
            }
        }
        Ok(())
    }

    /// One entity under EC2's name for its kind.
    fn take(&mut self, adds: bool, kind: &str, value: Option<&str>) -> Result<(), Fail> {
        let Some(value) = value else {
            return Ok(());
        };
        let permission = match kind {
            "UserGroup" if value == "all" => {
                self.public = Some(adds);
                return Ok(());
            }
            "UserId" if is_account(value) => Permission::Account(value.to_owned()),
            "OrganizationArn" if is_of_organizations(value, ":organization/o-") => {
                Permission::Organization(value.to_owned())
            }
            "OrganizationalUnitArn" if is_of_organizations(value, ":ou/o-") => {
                Permission::Unit(value.to_owned())
            }
            kind => return Err(bad_item(kind, value)),
        };
        match adds {
            true => self.add.push(permission),
            false => self.remove.push(permission),
        }
        Ok(())
    }

    fn is_of_permissions(&self) -> bool {
        self.public.is_some() || !self.add.is_empty() || !self.remove.is_empty()
    }
}

fn is_account(id: &str) -> bool {
    id.len() == 12 && id.bytes().all(|b| b.is_ascii_digit())
}

fn is_of_organizations(arn: &str, kind: &str) -> bool {
    arn.strip_prefix("arn:aws:organizations::")
        .and_then(|rest| rest.split_at_checked(12))
        .is_some_and(|(account, rest)| is_account(account) && rest.starts_with(kind))
}

fn bad_item(kind: &str, value: &str) -> Fail {
    let kind = if kind == "UserId" { "userId" } else { kind };
    let message = format!("Invalid attribute item value \"{value}\" for {kind} item type.");
    Fail::new("InvalidAMIAttributeItemValue", message)
}

/// Launch permissions, the description, whether IMDSv2 is required.
pub(crate) fn modify(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    let Change {
        sharing,
        description,
        imds_v2,
    } = Change::of(room.p)?;
    let image = find_own(room, &id)?.clone();
    let says_nothing = !sharing.is_of_permissions() && description.is_none() && !imds_v2;
    if says_nothing {
        let message = "No attributes specified.";
        return Err(Fail::new("InvalidParameterCombination", message));
    }
    if sharing.is_of_permissions() {
        may_be_shared(room, &image, &sharing)?;
    }
    let image = find_own(room, &id)?;
    image.launch_permissions.extend(sharing.add);
    for gone in &sharing.remove {
        image.launch_permissions.remove(gone);
    }
    image.public = sharing.public.unwrap_or(image.public);
    image.imds_v2 |= imds_v2;
    if let Some(description) = description {
        image.description = description;
    }
    done()
}

/// Whether permissions may be changed like this.
fn may_be_shared(room: &Room<'_>, image: &Image, change: &Sharing) -> Result<(), Fail> {
    if image.state != "available" {
        let message = format!("The image id '[{}]' is not available", image.id);
        return Err(Fail::new("InvalidAMIID.Unavailable", message));
    }
    let snapshot = room.ec2.snapshots.get(&image.snapshot_id);
    let key = snapshot.and_then(|snapshot| snapshot.key.as_deref());
    if change.shares() && key == Some(default_key(room.ec2).as_str()) {
        let message = "Snapshots encrypted with the AWS Managed CMK can't be shared. Specify \
                       another snapshot.";
        return Err(Fail::new("InvalidParameter", message));
    }
    if change.public == Some(true) && !room.ec2.public_images {
        let message = "You can't publicly share this image because block public access for AMIs is \
                       enabled for this account. To publicly share the image, you must call the \
                       DisableImageBlockPublicAccess API.";
        return Err(Fail::new("OperationNotPermitted", message));
    }
    if change.public == Some(true) && key.is_some() {
        let message = "Images with encrypted snapshots can't be made public.";
        return Err(Fail::new("InvalidParameter", message));
    }
    let mut then = image.launch_permissions.clone();
    then.extend(change.add.iter().cloned());
    if then.len() > MOST {
        let message = format!("An image can be shared with at most {MOST} entities.");
        return Err(Fail::new("ResourceLimitExceeded", message));
    }
    Ok(())
}

pub(crate) fn describe(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    let attribute = room.p.need("Attribute")?.to_owned();
    let now = room.core.now;
    let image = find_own(room, &id)?.clone();
    let mut x = Xml::new();
    x.text("imageId", &id);
    let value = |x: &mut Xml, value: Option<String>| {
        x.node(&attribute, |x| x.opt("value", value));
    };
    match attribute.as_str() {
        "launchPermission" => {
            write_permissions(&mut x, &attribute, image.public, &image.launch_permissions);
        }
        "description" => value(&mut x, Some(image.description.clone())),
        "imdsSupport" => value(&mut x, image.imds_v2.then(|| "v2.0".to_owned())),
        "deregistrationProtection" => value(&mut x, Some(image.protection.name().to_owned())),
        "lastLaunchedTime" => value(&mut x, image.last_launched(now).map(iso)),
        "blockDeviceMapping" => write_mapping(&mut x, room.ec2, &image),
        "kernel" | "ramdisk" | "bootMode" | "tpmSupport" | "uefiData" => value(&mut x, None),
        "sriovNetSupport" => value(&mut x, Some("simple".to_owned())),
        "productCodes" => x.node(&attribute, |_| {}),
        other => {
            let message = format!("Value ({other}) for parameter attribute is invalid.");
            return Err(Fail::invalid(message));
        }
    }
    Ok(x.into_string())
}

pub(super) fn write_permissions(
    x: &mut Xml,
    name: &str,
    public: bool,
    permissions: &BTreeSet<Permission>,
) {
    let of_all = public.then_some(("group", "all"));
    let named = permissions.iter().map(Permission::named);
    x.items(name, of_all.into_iter().chain(named), |x, (kind, value)| {
        x.text(kind, value);
    });
}

/// Nobody else may launch it any more.
pub(crate) fn reset(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    let attribute = room.p.need("Attribute")?;
    if attribute != "launchPermission" {
        let message = format!("Value ({attribute}) for parameter attribute is invalid.");
        return Err(Fail::invalid(message));
    }
    let image = find_own(room, &id)?;
    image.public = false;
    image.launch_permissions.clear();
    done()
}
