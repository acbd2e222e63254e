//! Two images of one watch: the older one was superseded days ago and is deprecated, so that it is to be
//! disabled next, unless something keeps it.

use std::time::Duration;

use amiwatch::model::retiring::RungStep;
use amiwatch::service::desk::images::list_images;
use chrono::TimeDelta;

use crate::common::life::Life;
use crate::common::mutant::Mutant;
use crate::common::world::{CONFIG, REGION};

const DAY: Duration = Duration::from_secs(24 * 60 * 60);

const RETIRES: &str = r#"
[watch.shop.retire]
keep_newest = 1
younger_than = "1d"
disable_after = "1d"
deregister_after = "3d"
rollback_horizon = "30d"
"#;

/// The older image, in its account.
pub(super) async fn superseded(mutant: Option<Mutant>) -> (Life, String) {
    let mut life = Life::with_config(&format!("{CONFIG}{RETIRES}"));
    life.account.set_timing(crate::common::world::brisk());
    life.guests(crate::common::guest::Cast::both(
        crate::common::guest::Day::Quick,
    ));
    life.until_settled().await;
    let older = life.verified().pop().expect("one is baked").id;
    life.release("4.5.1");
    life.wait(DAY).await;
    life.until_settled().await;
    assert_eq!(life.verified().len(), 2);
    let at = life.clock.now() + TimeDelta::minutes(1);
    let deprecates = life.stranger().enable_image_deprecation().image_id(&older);
    let at = aws_sdk_ec2::primitives::DateTime::from_secs(at.timestamp());
    deprecates.deprecate_at(at).send().await.unwrap();
    life.wait(5 * DAY).await;
    life.mutant = mutant;
    (life, older)
}

impl Life {
    /// What is due of each image now.
    pub(super) async fn due(&self) -> Vec<(String, RungStep)> {
        let listed = self.process(async |service, _| list_images(&service, None).await);
        let listed = listed
            .await
            .expect("nothing is armed")
            .expect("it can be listed");
        let due = listed.images.iter().filter_map(|one| {
            let due = one.verdict.verdict.due?;
            Some((one.image.to_string(), due))
        });
        due.collect()
    }

    /// Whatever would be disabled or removed now is used by nobody.
    pub(super) async fn nothing_in_use_is_due(&self) {
        for (image, step) in self.due().await {
            let uses = self.account.image_uses(REGION, &image);
            let harms = matches!(step, RungStep::Disable | RungStep::Deregister);
            assert!(
                !harms || uses.is_empty(),
                "{image} would go ({step:?}), and is used: {uses:?}"
            );
        }
    }
}
