//! CopyImage: an image of this region or of another one, under a name, a key and snapshots of its own.

use super::Room;
use super::describe_images::{find, is_seen, not_found};
use super::filters::tags_for;
use super::keys;
use super::make_images::{Made, add, check_name};
use super::model::Image;
use crate::state::Tags;
use crate::wire::fail::Fail;

pub(crate) fn copy(room: &mut Room<'_>) -> Result<String, Fail> {
    let token = room.p.get("ClientToken").unwrap_or_default().to_owned();
    let asked = room.p.fingerprint(&["ClientToken"]);
    let before = room.ec2.copy_tokens.get(&token);
    if let Some((before, image_id)) = before.filter(|_| !token.is_empty()) {
        return match *before == asked {
            true => Ok(format!("<imageId>{image_id}</imageId>")),
            false => Err(Fail::new(
                "IdempotentParameterMismatch",
                "The client token has been used with other parameters.",
            )),
        };
    }
    let name = room.p.need("Name")?.to_owned();
    let source = room.p.need("SourceImageId")?.to_owned();
    check_name(room, &name)?;
    let (source_region, source) = source_of_copy(room, &source)?;
    let made = ordered(room, name, source_region, &source)?;
    let image_id = add(room, made);
    room.core.imaged.push((source.id, image_id.clone()));
    if !token.is_empty() {
        let copied = (asked, image_id.clone());
        room.ec2.copy_tokens.insert(token, copied);
    }
    Ok(format!("<imageId>{image_id}</imageId>"))
}

/// What a copy will be.
fn ordered(
    room: &Room<'_>,
    name: String,
    source_region: String,
    source: &Image,
) -> Result<Made, Fail> {
    let p = room.p;
    let key = key(room, &source_region, source)?;
    let unusable = key
        .as_deref()
        .is_some_and(|key| !keys::is_usable(room.ec2, room.region, key));
    let doom = unusable.then(|| {
        let code = "Client.InvalidKMSKey.InvalidState";
        (code.to_owned(), keys::NOT_ACCESSIBLE.to_owned())
    });
    Ok(Made {
        name,
        description: p.get("Description").unwrap_or_default().to_owned(),
        architecture: source.architecture.clone(),
        snapshot_description: format!(
            "Copied for DestinationAmi {{id}} from SourceAmi {} for SourceSnapshot {}.",
            source.id, source.snapshot_id
        ),
        source_image_id: source.id.clone(),
        source_region,
        source_instance_id: None,
        volume_id: "vol-ffffffff".to_owned(),
        gib: source.root_gib,
        key,
        imds_v2: source.imds_v2,
        serves: source.serves.clone(),
        doom: doom.or_else(|| room.ec2.copies_fail.clone()),
        tags: tags(room, source)?,
        snapshot_tags: tags_for(p, "snapshot", &["image", "snapshot"])?,
        disk: source.disk.clone(),
    })
}

/// Those of the call, and with `CopyImageTags` one's own image's; never those that services set.
fn tags(room: &Room<'_>, source: &Image) -> Result<Tags, Fail> {
    let mut tags = tags_for(room.p, "image", &["image", "snapshot"])?;
    if room.p.flag("CopyImageTags") && source.owner_id == room.core.account {
        let copied = source
            .tags
            .iter()
            .filter(|(key, _)| !key.starts_with("aws:"));
        for (key, value) in copied {
            tags.entry(key.clone()).or_insert_with(|| value.clone());
        }
    }
    Ok(tags)
}

/// The key of the copy: the one that is named, the region's own where encryption is asked for without one
/// or the source has it, and none else.
fn key(room: &Room<'_>, source_region: &str, source: &Image) -> Result<Option<String>, Fail> {
    let (flag, asked) = (room.p.get("Encrypted"), room.p.get("KmsKeyId"));
    if asked.is_some() && flag != Some("true") {
        let message = "The parameter KmsKeyId requires the parameter Encrypted to be set.";
        return Err(Fail::new("InvalidParameterDependency", message));
    }
    let snapshot = match source_region == room.region {
        true => room.ec2.snapshots.get(&source.snapshot_id),
        false => None,
    };
    let encrypted = snapshot.is_some_and(|snapshot| snapshot.key.is_some())
        || room.sealed_elsewhere.contains(&source.snapshot_id);
    let wanted = flag == Some("true") || encrypted;
    Ok(wanted.then(|| keys::named(room.ec2, asked)))
}

/// The image to copy, of this region or of the one that is named.
fn source_of_copy(room: &mut Room<'_>, id: &str) -> Result<(String, Image), Fail> {
    let region = room.p.need("SourceRegion")?.to_owned();
    let found = match region == room.region {
        true => Some(find(room, id)?.clone()),
        false => {
            let found = room.elsewhere.get(&(region.clone(), id.to_owned()));
            found
                .filter(|image| is_seen(image, &room.core.account))
                .cloned()
        }
    };
    let image = found.ok_or_else(|| not_found(&[id.to_owned()]))?;
    if image.state != "available" {
        let message = format!(
            "The image id '[{id}]' is not available: it is {}",
            image.state
        );
        return Err(Fail::new("InvalidAMIID.Unavailable", message));
    }
    if image.storage_kept && image.owner_id != room.core.account {
        let message = "You do not have permission to access the storage of this ami";
        return Err(Fail::new("InvalidRequest", message));
    }
    Ok((region, image))
}
