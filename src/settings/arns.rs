//! Texts that are AWS's own words: ARNs, resource ids, parameter paths, branches, instance types.
//! Refuses what AWS would certainly refuse later; says nothing about what may or may not exist.

use crate::model::ids::{AccountId, Architecture, InstanceType, Partition, Region};
use crate::model::watch::Encrypt;

use super::fault::{Problem, quoted_value};

/// The parts of `arn:partition:service:region:account:resource`.
struct Arn<'a> {
    partition: &'a str,
    service: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> Arn<'a> {
    fn split(text: &'a str) -> Option<Self> {
        let parts: Vec<&str> = text.splitn(6, ':').collect();
        let &["arn", partition, service, region, account, resource] = parts.as_slice() else {
            return None;
        };
        let clean = text.bytes().all(|b| b.is_ascii_graphic());
        (partition.starts_with("aws") && clean).then_some(Self {
            partition,
            service,
            region,
            account,
            resource,
        })
    }

    fn has_account(&self) -> bool {
        self.account.len() == 12 && self.account.bytes().all(|b| b.is_ascii_digit())
    }
}

/// A bus by its name, in the region of `[aws]`, or by its ARN.
pub(super) fn event_bus(text: &str) -> Result<String, Problem> {
    let name = |name: &str| {
        let fits = |c: char| c.is_ascii_alphanumeric() || "._-/".contains(c);
        (1..=256).contains(&name.len()) && name.chars().all(fits)
    };
    let arn = Arn::split(text).is_some_and(|arn| {
        let bus = arn.resource.strip_prefix("event-bus/");
        arn.service == "events"
            && super::values::parse_region(arn.region).is_ok()
            && arn.has_account()
            && bus.is_some_and(name)
    });
    match arn || (name(text) && !text.starts_with("arn")) {
        true => Ok(text.to_owned()),
        false => Err(Problem::new(
            format!("{} is not an event bus", quoted_value(text)),
            "write a bus's name, such as \"default\", or its ARN",
        )),
    }
}

pub(super) fn topic_arn(text: &str) -> Result<String, Problem> {
    let right = "write a topic's ARN, such as \"arn:aws:sns:eu-west-1:111122223333:amiwatch\"";
    let arn = Arn::split(text).filter(|arn| {
        let name = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.');
        arn.service == "sns"
            && super::values::parse_region(arn.region).is_ok()
            && arn.has_account()
            && !arn.resource.is_empty()
            && arn.resource.chars().all(name)
    });
    match arn {
        Some(_) => Ok(text.to_owned()),
        None => Err(Problem::new(
            format!("{} is not an SNS topic", quoted_value(text)),
            right,
        )),
    }
}

pub(super) fn role_arn(text: &str) -> Result<String, Problem> {
    let role = Arn::split(text)
        .filter(|arn| arn.service == "iam" && arn.has_account())
        .and_then(|arn| arn.resource.strip_prefix("role/"));
    match role {
        Some(role) if !role.is_empty() => Ok(text.to_owned()),
        _ => Err(Problem::new(
            format!("{} is not a role", quoted_value(text)),
            "write a role's ARN, such as \"arn:aws:iam::111122223333:role/amiwatch\"",
        )),
    }
}

/// Whose a role is, by its ARN.
pub(super) fn owner_of(role_arn: &str) -> Option<(AccountId, Partition)> {
    let arn = Arn::split(role_arn).filter(Arn::has_account)?;
    Some((AccountId::from(arn.account), Partition::from(arn.partition)))
}

/// An account's twelve digits.
pub(super) fn account_id(text: &str) -> Result<AccountId, Problem> {
    match text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit()) {
        true => Ok(AccountId::new(text)),
        false => Err(Problem::new(
            format!("{} is not an account", quoted_value(text)),
            "write its twelve digits, such as \"222233334444\"",
        )),
    }
}

/// An organization's ARN.
pub(super) fn organization(text: &str) -> Result<String, Problem> {
    of_organizations(text, "organization/o-", "an organization")
}

/// An organizational unit's ARN.
pub(super) fn organizational_unit(text: &str) -> Result<String, Problem> {
    of_organizations(text, "ou/o-", "an organizational unit")
}

fn of_organizations(text: &str, kind: &str, what: &str) -> Result<String, Problem> {
    let found = Arn::split(text)
        .filter(|arn| arn.service == "organizations" && arn.has_account())
        .and_then(|arn| arn.resource.strip_prefix(kind));
    match found {
        Some(id) if !id.is_empty() => Ok(text.to_owned()),
        _ => Err(Problem::new(
            format!("{} is not {what}", quoted_value(text)),
            format!(
                "write its ARN, such as \"arn:aws:organizations::111122223333:{kind}exampleorgid...\""
            ),
        )),
    }
}

/// A KMS key of this region.
pub(super) fn key_in(text: &str, region: &Region) -> Result<String, Problem> {
    let partition = region.partition();
    let there =
        |arn: &Arn<'_>| arn.region == region.as_str() && arn.partition == partition.as_str();
    let key = matches!(encrypt(text), Ok(Encrypt::Key(_)));
    match key && Arn::split(text).is_some_and(|arn| there(&arn)) {
        true => Ok(text.to_owned()),
        false => Err(Problem::new(
            format!("{} is not a KMS key of {region}", quoted_value(text)),
            format!(
                "write the ARN of a key that is there, such as \
                 \"arn:{partition}:kms:{region}:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab\""
            ),
        )),
    }
}

pub(super) fn encrypt(text: &str) -> Result<Encrypt, Problem> {
    match text {
        "account-default" => return Ok(Encrypt::AccountDefault),
        "none" => return Ok(Encrypt::None),
        _ => {}
    }
    let key = Arn::split(text).filter(|arn| {
        let resource = arn.resource.strip_prefix("key/");
        let resource = resource.or_else(|| arn.resource.strip_prefix("alias/"));
        arn.service == "kms" && arn.has_account() && resource.is_some_and(|id| !id.is_empty())
    });
    match key {
        Some(_) => Ok(Encrypt::Key(text.to_owned())),
        None => Err(Problem::new(
            format!("{} is not an encryption", quoted_value(text)),
            "write \"account-default\", \"none\" or a KMS key's ARN",
        )),
    }
}

/// An id such as `subnet-0123456789abcdef0`.
pub(super) fn resource_id(text: &str, prefix: &str) -> Result<String, Problem> {
    let fits = |id: &str| !id.is_empty() && id.bytes().all(|b| b.is_ascii_alphanumeric());
    match text.strip_prefix(prefix) {
        Some(id) if fits(id) => Ok(text.to_owned()),
        _ => Err(Problem::new(
            format!("{} is not the id of one", quoted_value(text)),
            format!("write ids such as \"{prefix}0123456789abcdef0\""),
        )),
    }
}

/// An instance profile's name or ARN.
pub(super) fn instance_profile(text: &str) -> Result<String, Problem> {
    let name = match Arn::split(text) {
        Some(arn) if arn.service == "iam" => {
            arn.resource.strip_prefix("instance-profile/").unwrap_or("")
        }
        Some(_) => "",
        None => text,
    };
    let fits = |c: char| c.is_ascii_alphanumeric() || "+=,.@_-/".contains(c);
    if !name.is_empty() && name.chars().all(fits) {
        return Ok(text.to_owned());
    }
    Err(Problem::new(
        format!("{} is not an instance profile", quoted_value(text)),
        "write a profile's name or its ARN (not the role's)",
    ))
}

/// A platform branch's name.
pub(super) fn parse_branch(text: &str) -> Result<String, Problem> {
    if let Some((system, platform)) = solution_stack(text) {
        return Err(Problem::new(
            format!(
                "{} is a solution stack, one version of a branch",
                quoted_value(text)
            ),
            format!("write the branch, such as \"{platform} running on {system}\""),
        ));
    }
    if text.starts_with("arn:") {
        return Err(Problem::new(
            format!("{} is a platform version", quoted_value(text)),
            "write the branch's name, such as \"ECS running on 64bit Amazon Linux 2023\"",
        ));
    }
    super::values::parse_line(text, "a platform branch's name")
}

/// The system and the platform of `64bit Amazon Linux 2023 v4.5.0 running ECS`.
fn solution_stack(text: &str) -> Option<(&str, &str)> {
    let (versioned, platform) = text.split_once(" running ")?;
    let (system, version) = versioned.rsplit_once(" v")?;
    version
        .starts_with(|c: char| c.is_ascii_digit())
        .then_some((system, platform))
}

/// A parameter's path.
pub(super) fn parse_parameter(text: &str) -> Result<String, Problem> {
    let right = "write the parameter's whole path, such as \
                 \"/aws/service/ecs/optimized-ami/amazon-linux-2023/recommended\"";
    let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '/' | '-' | '_' | '.');
    if !text.starts_with('/') {
        let wrong = format!(
            "the parameter {} does not start with `/`",
            quoted_value(text)
        );
        return Err(Problem::new(wrong, right));
    }
    if text.len() > 2048 || text.ends_with('/') || !text.chars().all(fits) {
        let wrong = format!("{} is not a parameter's path", quoted_value(text));
        return Err(Problem::new(wrong, right));
    }
    Ok(text.to_owned())
}

/// An owner as DescribeImages takes it.
pub(super) fn image_owner(text: &str) -> Result<String, Problem> {
    let right = "write \"amazon\", \"self\", \"aws-marketplace\" or an account's twelve digits";
    let account = text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit());
    match text {
        "amazon" | "self" | "aws-marketplace" => Ok(text.to_owned()),
        _ if account => Ok(text.to_owned()),
        _ if text.contains(['*', '?']) => Err(Problem::new(
            format!(
                "{} would let anybody's image be the base",
                quoted_value(text)
            ),
            right,
        )),
        _ => Err(Problem::new(
            format!("{} is not an owner of images", quoted_value(text)),
            right,
        )),
    }
}

/// A pattern of image names: what EC2 lets a name hold, `*` for any text, `?` for one character.
pub(super) fn image_name_pattern(text: &str) -> Result<String, Problem> {
    let right = "write a name in which `*` stands for any text, such as \
                 \"al2023-ami-2023.*-kernel-6.12-*\"";
    let fits = |c: char| c.is_ascii_alphanumeric() || " ()[]./-'@_*?".contains(c);
    if let Some(c) = text.chars().find(|c| !fits(*c)) {
        let wrong = format!("no image's name has {} in it", quoted_value(&c.to_string()));
        return Err(Problem::new(wrong, right));
    }
    if text.len() > 128 || !text.contains(|c: char| c.is_ascii_alphanumeric()) {
        let wrong = format!("{} is not a pattern of image names", quoted_value(text));
        return Err(Problem::new(wrong, right));
    }
    Ok(text.to_owned())
}

/// What a parameter's path says about its image's processor:
/// `/aws/service/ecs/optimized-ami/amazon-linux-2023/arm64/recommended`, `.../al2023-...-arm64`.
pub(super) fn architecture_of_parameter(path: &str) -> Option<Architecture> {
    let says = |segment: &str, word: &str| {
        segment
            .strip_suffix(word)
            .is_some_and(|rest| rest.is_empty() || rest.ends_with('-'))
    };
    path.split('/').find_map(|segment| {
        if says(segment, "arm64") {
            Some(Architecture::Arm64)
        } else if says(segment, "x86_64") || says(segment, "amd64") {
            Some(Architecture::X86_64)
        } else {
            None
        }
    })
}

/// Families whose serial console cannot be read while the guest runs: they are not Nitro.
const XEN_FAMILIES: [&str; 23] = [
    "c1", "c3", "c4", "d2", "f1", "g2", "g3", "g3s", "h1", "i2", "i3", "m1", "m2", "m3", "m4",
    "p2", "p3", "r3", "r4", "t1", "t2", "x1", "x1e",
];

/// An instance type that can be a builder of an architecture, as far as its name says.
pub(super) fn instance_type(
    text: &str,
    architecture: Architecture,
) -> Result<InstanceType, Problem> {
    let right = match architecture {
        Architecture::X86_64 => "write a Nitro type, such as \"t3.small\"",
        Architecture::Arm64 => "write a Graviton type, such as \"t4g.small\"",
    };
    let family = text.split_once('.').filter(|(family, size)| {
        let fits = |part: &str| {
            let mut bytes = part.bytes();
            bytes.all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
        };
        fits(family) && fits(size) && !size.is_empty() && has_generation(family)
    });
    let Some((family, size)) = family else {
        return Err(Problem::new(
            format!("{} is not an instance type", quoted_value(text)),
            right,
        ));
    };
    if XEN_FAMILIES.contains(&family) && size != "metal" {
        let wrong = format!("`{text}` is not a Nitro type, its console comes too late");
        return Err(Problem::new(wrong, right));
    }
    if is_graviton(family) != (architecture == Architecture::Arm64) {
        return Err(Problem::new(
            format!("`{text}` is not an {architecture} type"),
            right,
        ));
    }
    Ok(InstanceType::new(text))
}

/// A letter first, a digit somewhere: `t3`, `u-6tb1`.
fn has_generation(family: &str) -> bool {
    family.starts_with(|c: char| c.is_ascii_lowercase())
        && family.contains(|c: char| c.is_ascii_digit())
}

/// Graviton families have a `g` behind their generation (`t4g`, `c7gn`, `is4gen`), but for `a1`.
fn is_graviton(family: &str) -> bool {
    let after_letters = family.trim_start_matches(|c: char| c.is_ascii_lowercase());
    family == "a1" || after_letters.contains('g')
}
