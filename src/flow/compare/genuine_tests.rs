//! What a bake made is borne out by EC2; what tags alone say is not.

use crate::flow::test_world::{BASE_450, BASE_451, World};
use crate::model::genuine::contradiction;
use crate::model::image::Image;
use crate::model::sighting::Seen;
use crate::model::tags;

fn ours() -> Image {
    let mut world = World::new();
    world.ours("ami-ours", BASE_451, 3);
    match &world.seen.ours {
        Seen::Known(ours) => ours[0].clone(),
        hidden => panic!("{hidden:?}"),
    }
}

#[test]
fn what_a_bake_made_is_borne_out() {
    assert_eq!(contradiction(&ours()), None);
}

/// Each forgery that tags alone allow, and the images that they can be put on.
#[test]
fn what_tags_alone_say_is_not() {
    type Forge = fn(&mut Image);
    let forgeries: [(&str, Forge); 9] = [
        ("another name", |image| image.name = "golden".to_owned()),
        ("another watch's name", |image| {
            image.name = image.name.replace("/shop/", "/shop-2/");
        }),
        ("another generation's name", |image| {
            image.name = format!("{}0", image.name);
        }),
        ("no source", |image| image.source_image = None),
        ("another source", |image| {
            image.source_image = Some(BASE_450.into());
        }),
        ("no instance", |image| image.source_instance = None),
        ("another key", |image| {
            let key = "0".repeat(64);
            image.tags.insert(tags::KEY.to_owned(), key);
        }),
        ("another base's tag", |image| {
            let base = BASE_450.to_owned();
            image.tags.insert(tags::BASE_IMAGE.to_owned(), base);
        }),
        ("a tag less", |image| {
            image.tags.remove(tags::RECIPE_DIGEST);
        }),
    ];
    for (what, forge) in forgeries {
        let mut image = ours();
        forge(&mut image);
        assert!(contradiction(&image).is_some(), "{what}");
    }
}
