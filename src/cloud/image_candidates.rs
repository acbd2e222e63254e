//! Images to bake from, by owner and name: what a base `images` follows.
//!
//! An image's name is typed by whoever made it, and anybody can publish an image under a name that
//! Amazon's have. So the owner is asked for, and looked at again in every answer: an image of an owner
//! that was not named never leaves this file.

use super::call::Cloud;
use super::error::CloudError;
use super::images::{Listing, our_images};
use super::tagging::filter;
use crate::model::ids::Architecture;
use crate::model::image::{Image, ImageState};

impl Cloud {
    /// The available images of these owners whose name fits, newest first; among those of one moment,
    /// by id. Deprecated and disabled ones are not candidates.
    ///
    /// # Errors
    /// Any kind but `NotFound`.
    pub async fn images_by_name(
        &self,
        owners: &[String],
        name: &str,
        architecture: Architecture,
    ) -> Result<Vec<Image>, CloudError> {
        let listing = Listing {
            owners: owners.to_vec(),
            hidden: false,
        };
        let filters = vec![
            filter("name", [name]),
            filter("architecture", [architecture.as_str()]),
            filter("state", ["available"]),
        ];
        let account = self.caller().await?.account;
        let found = self.sdk_images(name, &listing, filters).await?;
        let found = our_images(found, self.region(), |owner| *owner == account);
        Ok(candidates(found, owners, architecture))
    }
}

fn candidates(found: Vec<Image>, owners: &[String], architecture: Architecture) -> Vec<Image> {
    let mut images: Vec<Image> = found
        .into_iter()
        .filter(|image| image.is_of(owners))
        .filter(|image| image.architecture == Some(architecture))
        .filter(|image| image.state == ImageState::Available)
        .collect();
    images.sort_by(|one, other| (other.created, &other.id).cmp(&(one.created, &one.id)));
    images
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::canned::{Reply, answering_cloud};

    fn entry(id: &str, owner: &str, alias: &str, created: &str) -> String {
        let alias = match alias {
            "" => String::new(),
            alias => format!("<imageOwnerAlias>{alias}</imageOwnerAlias>"),
        };
        format!(
            "<item><imageId>{id}</imageId><name>al2023-{id}</name><imageOwnerId>{owner}</imageOwnerId>\
             {alias}<imageState>available</imageState><architecture>x86_64</architecture>\
             <creationDate>{created}</creationDate></item>"
        )
    }

    /// EC2's answer to DescribeImages, and who the caller is.
    fn reply(items: &str, request: &str) -> Reply {
        if request.contains("GetCallerIdentity") {
            let body = "<GetCallerIdentityResponse><GetCallerIdentityResult>\
                 <Arn>arn:aws:iam::111122223333:user/me</Arn><Account>111122223333</Account>\
                 <UserId>me</UserId></GetCallerIdentityResult></GetCallerIdentityResponse>";
            return Reply::Answer(200, body.to_owned());
        }
        let body = format!(
            "<DescribeImagesResponse><imagesSet>{items}</imagesSet></DescribeImagesResponse>"
        );
        Reply::Answer(200, body)
    }

    fn owners(names: &[&str]) -> Vec<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    async fn found(names: &[&str], items: String) -> (Vec<String>, String) {
        let (cloud, asked) = answering_cloud(move |_, request| reply(&items, request));
        let images = cloud
            .images_by_name(&owners(names), "al2023-*", Architecture::X86_64)
            .await
            .unwrap();
        let ids = images.iter().map(|image| image.id.to_string()).collect();
        let asked = asked.lock().unwrap();
        (ids, asked.last().cloned().unwrap_or_default())
    }

    #[tokio::test(start_paused = true)]
    async fn the_newest_comes_first_and_ties_are_settled_by_id() {
        let items = [
            entry(
                "ami-1",
                "137112412989",
                "amazon",
                "2026-03-02T00:00:00.000Z",
            ),
            entry(
                "ami-3",
                "137112412989",
                "amazon",
                "2026-04-02T00:00:00.000Z",
            ),
            entry(
                "ami-2",
                "137112412989",
                "amazon",
                "2026-04-02T00:00:00.000Z",
            ),
        ];
        let (ids, asked) = found(&["amazon"], items.concat()).await;
        assert_eq!(ids, ["ami-3", "ami-2", "ami-1"]);
        for part in [
            "Owner.1=amazon",
            "IncludeDeprecated=false",
            "IncludeDisabled=false",
        ] {
            assert!(asked.contains(part), "{part} in {asked}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn an_image_of_an_owner_that_was_not_named_is_left_out_whatever_the_answer() {
        let items = [
            entry("ami-evil", "666666666666", "", "2026-09-09T00:00:00.000Z"),
            entry(
                "ami-market",
                "679593333241",
                "aws-marketplace",
                "2026-09-08T00:00:00.000Z",
            ),
            entry("ami-mine", "111122223333", "", "2026-03-04T00:00:00.000Z"),
            entry("ami-theirs", "222233334444", "", "2026-03-03T00:00:00.000Z"),
            entry(
                "ami-good",
                "137112412989",
                "amazon",
                "2026-03-02T00:00:00.000Z",
            ),
        ];
        for (owners, wanted) in [
            (&["amazon"][..], &["ami-good"][..]),
            (&["self"], &["ami-mine"]),
            (&["222233334444"], &["ami-theirs"]),
            (&["self", "amazon"], &["ami-mine", "ami-good"]),
            (&["111122223333"], &["ami-mine"]),
        ] {
            // EC2 would filter by owner; this one answers with everything.
            let (ids, _) = found(owners, items.concat()).await;
            assert_eq!(ids, wanted, "{owners:?}");
        }
    }
}
