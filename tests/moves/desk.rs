//! A person's move through the desk, as `rollout` and `rollback` make it.

use amiwatch::flow::exit_code::Exit;
use amiwatch::model::request::{MoveWish, WishedWay};
use amiwatch::service::desk::moving::{MoveEnd, MoveTeller, move_environment};
use amiwatch::workflow::observer::Unobserved;

use super::world::{NEW, OLD, usual};
use crate::common::life::Life;
use crate::common::paused;

fn wish(way: WishedWay) -> MoveWish {
    MoveWish {
        watch: "shop".into(),
        application: "shop".to_owned(),
        environment: "shop-blue".to_owned(),
        way,
        by: "jo".to_owned(),
    }
}

async fn wished(life: &Life, way: WishedWay) -> MoveEnd {
    let wish = wish(way);
    let ended = life
        .process(async |service, lease| {
            amiwatch::service::desk::opening::leave_lease(service.store, lease).await;
            let teller = MoveTeller {
                meanwhile: &|_| {},
                observers: &|_| Box::new(Unobserved),
            };
            move_environment(&service, &wish, &teller).await
        })
        .await;
    ended.expect("nothing is armed").expect("the desk answers")
}

/// An image that is no watch's is not moved to, and nothing was moved that could be taken back.
#[test]
fn what_cannot_be_is_refused_before_anything_is_changed() {
    paused(async || {
        let life = usual();
        let to = wished(
            &life,
            WishedWay::To {
                image: Some(NEW.into()),
            },
        )
        .await;
        assert!(matches!(&to, MoveEnd::Refused { why, .. } if why[0].contains(NEW)));
        assert_eq!(to.exit(), Exit::Failed);
        let back = wished(&life, WishedWay::Back).await;
        assert_eq!(back.exit(), Exit::Failed);
        assert_eq!(life.updates(), 0);
        assert!(life.runs().contains(OLD));
    });
}
