//! Looks once more whether an image is fit for others, right before it is published: what was decided from
//! the store alone is held against what EC2 shows.

use super::trouble::{PublishFault, look_error, step_failed};
use crate::cloud::Cloud;
use crate::model::ids::{ImageId, Installation};
use crate::model::image::{Image, ImageState};
use crate::model::publish::{ImageProof, PublishOrder};
use crate::model::tags;
use crate::workflow::StepError;

/// The image is there, whole, and what it should be, in the region that is asked.
pub(super) async fn fit_image(
    cloud: &Cloud,
    id: &ImageId,
    order: &PublishOrder,
) -> Result<Image, StepError> {
    let found = cloud.images(std::slice::from_ref(id)).await;
    let mut found = found.map_err(|error| look_error(&error))?;
    let Some(image) = found.remove(id) else {
        let why = format!("EC2 does not list {id} any more");
        return Err(step_failed(PublishFault::ImageGone, why));
    };
    match unfit(&image, order.proof, &order.installation) {
        Some((fault, why)) => Err(step_failed(fault, why)),
        None => Ok(image),
    }
}

/// Why it must not be published.
fn unfit(image: &Image, proof: ImageProof, us: &Installation) -> Option<(PublishFault, String)> {
    let id = &image.id;
    if image.state != ImageState::Available {
        let why = format!("{id} cannot be launched: EC2 says {:?}", image.state);
        return Some((PublishFault::ImageGone, why.to_lowercase()));
    }
    let tag = |name: &str| image.tags.get(name).map(String::as_str);
    let state = tag(tags::STATE);
    let verified = state == Some(tags::state::VERIFIED);
    let ours = tag(tags::INSTALLATION) == Some(us.as_str());
    let why = match proof {
        ImageProof::Verified if !(verified && ours && image.ours) => format!(
            "{id} does not say of itself that it was verified for {us}: its state is `{}`",
            state.unwrap_or("-")
        ),
        _ if ours && state == Some(tags::state::QUARANTINED) => {
            format!("{id} is marked as quarantined")
        }
        _ => return None,
    };
    Some((PublishFault::ImageUnfit, why))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::flow::test_world::now;

    fn image(state: &str, installation: &str) -> Image {
        Image {
            id: "ami-1".into(),
            region: "eu-west-1".into(),
            name: "one".to_owned(),
            owner: "000000000000".into(),
            ours: true,
            owner_alias: None,
            public: false,
            architecture: None,
            state: ImageState::Available,
            state_reason: None,
            created: Some(now()),
            deprecated_from: None,
            source_image: None,
            source_region: None,
            source_instance: None,
            snapshots: Vec::new(),
            tags: [
                (tags::STATE.to_owned(), state.to_owned()),
                (tags::INSTALLATION.to_owned(), installation.to_owned()),
            ]
            .into(),
        }
    }

    fn fault(image: &Image, proof: ImageProof) -> Option<PublishFault> {
        unfit(image, proof, &Installation::new("acme")).map(|(fault, _)| fault)
    }

    #[test]
    fn only_what_was_verified_for_us_is_fit() {
        let verified = image("verified", "acme");
        assert_eq!(fault(&verified, ImageProof::Verified), None);
        for state in ["candidate", "rejected", "quarantined", ""] {
            let unfit = fault(&image(state, "acme"), ImageProof::Verified);
            assert_eq!(unfit, Some(PublishFault::ImageUnfit), "{state}");
        }
        let others = image("verified", "others");
        assert_eq!(
            fault(&others, ImageProof::Verified),
            Some(PublishFault::ImageUnfit)
        );
        let shared = Image {
            ours: false,
            ..verified.clone()
        };
        assert_eq!(
            fault(&shared, ImageProof::Verified),
            Some(PublishFault::ImageUnfit)
        );
        for state in [
            ImageState::Pending,
            ImageState::Disabled,
            ImageState::Deregistered,
        ] {
            let gone = Image {
                state,
                ..verified.clone()
            };
            assert_eq!(
                fault(&gone, ImageProof::Verified),
                Some(PublishFault::ImageGone)
            );
        }
    }

    #[test]
    fn a_persons_word_and_a_release_need_no_tags_and_a_quarantine_binds_them() {
        let mut plain = image("", "");
        plain.tags.clear();
        for proof in [ImageProof::Persons, ImageProof::Release] {
            assert_eq!(fault(&plain, proof), None);
            let marked = image("quarantined", "acme");
            assert_eq!(fault(&marked, proof), Some(PublishFault::ImageUnfit));
        }
    }
}
