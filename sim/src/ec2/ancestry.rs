//! Where an image came from, and what instances really run: GetImageAncestry and
//! DescribeInstanceImageMetadata.

use super::Room;
use super::describe_images::find;
use super::filters::{Filters, page, tag_set};
use super::model::{Image, Instance};
use crate::clock::iso;
use crate::wire::fail::Fail;
use crate::wire::xml::Xml;

const MOST: usize = 50;

/// The image, its source, the source's source, up to the first public image of Amazon or the
/// marketplace, or to where EC2 does not know on.
pub(crate) fn get(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("ImageId")?.to_owned();
    let mut entry = Some((room.region.to_owned(), find(room, &id)?.clone()));
    let mut x = Xml::new();
    let mut line = Vec::new();
    while let Some((here, image)) = entry.take().filter(|_| line.len() < MOST) {
        let root = image.owner_alias.is_some() && image.public;
        let source = image.source_image_id.clone().filter(|_| !root);
        let region = image.source_region.clone().unwrap_or(here);
        entry = source.and_then(|source| {
            let image = match region == room.region {
                true => room.ec2.images.get(&source),
                false => room.elsewhere.get(&(region.clone(), source)),
            };
            Some((region, image?.clone()))
        });
        line.push(image);
    }
    x.items("imageAncestryEntrySet", &line, |x, image| {
        x.text("creationDate", iso(image.created));
        x.text("imageId", &image.id);
        x.opt(
            "imageOwnerAlias",
            image
                .owner_alias
                .or((image.owner_id == room.core.account).then_some("self")),
        );
        x.opt("sourceImageId", image.source_image_id.as_ref());
        x.opt("sourceImageRegion", image.source_region.as_ref());
    });
    Ok(x.into_string())
}

pub(crate) fn instance_image_metadata(room: &mut Room<'_>) -> Result<String, Fail> {
    let (filters, ids) = (Filters::of(room.p)?, room.p.list("InstanceId"));
    let mut shown = Vec::new();
    for instance in room.ec2.instances.values() {
        let asked = ids.is_empty() || ids.contains(&instance.id);
        let values = |name: &str| super::instance_verbs::values(instance, name);
        if asked && filters.pass(&instance.tags, values)? {
            shown.push(instance.clone());
        }
    }
    let (instances, token) = page(room, shown, |i| &i.id)?;
    let mut x = Xml::new();
    x.items("instanceImageMetadataSet", &instances, |x, i| {
        let (there, gone) = (&room.ec2.images, &room.ec2.gone_images);
        let image = there.get(&i.image_id);
        let facts = image.or_else(|| gone.get(&i.image_id));
        write(x, &room.core.account, i, (facts, image.is_none()));
    });
    x.opt("nextToken", token);
    Ok(x.into_string())
}

/// The image's own facts are there even when the image is gone.
fn write(x: &mut Xml, account: &str, instance: &Instance, (image, gone): (Option<&Image>, bool)) {
    x.text("instanceId", &instance.id);
    x.text("instanceType", &instance.kind);
    x.text("launchTime", iso(instance.launched));
    x.text("availabilityZone", &instance.zone);
    x.node("instanceState", |x| {
        x.text("code", instance.state.code());
        x.text("name", instance.state.name());
    });
    x.text("instanceOwnerId", account);
    tag_set(x, &instance.tags);
    x.node("imageMetadata", |x| {
        x.text("imageId", &instance.image_id);
        if let Some(image) = image {
            x.text("name", &image.name);
            x.text("imageOwnerId", &image.owner_id);
            x.opt("imageOwnerAlias", image.owner_alias);
            x.text("creationDate", iso(image.created));
            x.opt("deprecationTime", image.deprecated_at.map(iso));
            x.text("isPublic", image.public);
        }
        // An image of another account that shares it no more is as it was there.
        let known = image.filter(|image| !gone || image.owner_id != account);
        let state = known.map_or("deregistered", |image| image.state.as_str());
        x.text("imageState", state);
    });
}
