//! What becomes of an image that is there: deprecated, disabled, protected, deregistered.

use chrono::{DateTime, DurationRound, Months, TimeDelta, Utc};

use super::describe_images::find_own;
use super::model::Protection;
use super::{Room, done};
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

/// How long a protection holds on, where it was set that way, once it is taken off.
const COOLDOWN: TimeDelta = TimeDelta::hours(24);

pub(crate) fn deregister(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    let now = room.core.now;
    let image = find_own(room, &id)?;
    if image.protection.holds(now) {
        let message = format!(
            "The image {id} can't be deregistered because deregistration protection is enabled."
        );
        return Err(Fail::new("OperationNotPermitted", message));
    }
    let snapshot = image.snapshot_id.clone();
    room.ec2.deregister(&id);
    let mut x = Xml::new();
    x.text("return", true);
    if room.p.flag("DeleteAssociatedSnapshots") {
        let code = delete_snapshot(room, &snapshot);
        x.items("deleteSnapshotResultSet", [code], |x, code| {
            x.text("snapshotId", &snapshot);
            x.text("returnCode", code);
        });
    }
    Ok(x.into_string())
}

/// The snapshot of an image that is gone, unless another image has it too.
fn delete_snapshot(room: &mut Room<'_>, snapshot: &str) -> &'static str {
    let used = room
        .ec2
        .images
        .values()
        .any(|image| image.snapshot_id == snapshot);
    match used {
        true => "skipped",
        false if room.lacks("ec2:DeleteSnapshot") => "missing-permissions",
        false if room.ec2.snapshots.remove(snapshot).is_some() => "success",
        false => "client-error",
    }
}

/// Between now and ten years, two for what is public; to the minute.
pub(crate) fn deprecate(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    let text = room.p.need("DeprecateAt")?;
    let at = DateTime::parse_from_rfc3339(text).map(|at| at.with_timezone(&Utc));
    let at =
        at.map_err(|_| Fail::invalid(format!("Value ({text}) for DeprecateAt is invalid.")))?;
    let now = room.core.now;
    if at <= now {
        return Err(Fail::invalid("DeprecateAt must be in the future"));
    }
    let image = find_own(room, &id)?;
    let years = if image.public { 2 } else { 10 };
    if now + Months::new(12 * years) < at {
        let message = format!("DeprecateAt must be within {years} years from now");
        return Err(Fail::invalid(message));
    }
    let minute = at.duration_round(TimeDelta::minutes(1));
    image.deprecated_at = Some(minute.unwrap_or(at));
    done()
}

pub(crate) fn undeprecate(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    find_own(room, &id)?.deprecated_at = None;
    done()
}

/// Nobody can launch it, and nobody else sees it; a protection does not stand against that.
pub(crate) fn disable(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    let image = find_own(room, &id)?;
    if image.state != "available" {
        return Err(Fail::new(
            "IncorrectState",
            format!("{id} is {}, not available", image.state),
        ));
    }
    image.state = "disabled".to_owned();
    image.public = false;
    image.launch_permissions.clear();
    done()
}

/// What was shared before is not shared again.
pub(crate) fn enable(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    let image = find_own(room, &id)?;
    if image.state == "disabled" {
        image.state = "available".to_owned();
    }
    done()
}

pub(crate) fn protect(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    let cooldown = room.p.flag("WithCooldown");
    answer(find_own(room, &id)?, Protection::On { cooldown })
}

pub(crate) fn unprotect(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    let until = room.core.now + COOLDOWN;
    let image = find_own(room, &id)?;
    let then = match image.protection {
        Protection::On { cooldown: true } => Protection::Cooling { until },
        Protection::On { cooldown: false } => Protection::Off,
        already => already,
    };
    answer(image, then)
}

fn answer(image: &mut super::model::Image, protection: Protection) -> Result<String, Fail> {
    image.protection = protection;
    Ok(format!("<return>{}</return>", protection.name()))
}
