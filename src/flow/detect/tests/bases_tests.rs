//! Beanstalk and SSM bases, and which images are ours.

use super::*;

#[tokio::test]
async fn a_beanstalk_base_needs_no_environment() {
    let town = Town::new();
    let watch = watch(beanstalk(), Architecture::X86_64);
    let (sighting, seen) = town.watched(&watch).await;
    let release = seen.release.known().unwrap();
    assert_eq!(release.image.as_str(), town.base["4.5.1"]);
    assert_eq!(release.version, "4.5.1");
    assert!(release.created.is_some() && release.image_name.is_some());
    assert_eq!(seen.ours, Seen::Known(Vec::new()));
    assert_eq!(sighting.troubles, []);
    assert!(
        !town
            .calls()
            .contains_key("elasticbeanstalk:DescribeEnvironments")
    );
}

#[tokio::test]
async fn a_branch_that_nobody_sees_is_a_fault_not_an_empty_base() {
    let town = Town::new();
    let source = BaseSource::Beanstalk {
        branch: "ECS runing on 64bit Amazon Linux 2023".to_owned(),
        version: VersionWish::Recommended,
    };
    let (_, seen) = town.watched(&watch(source, Architecture::X86_64)).await;
    assert!(seen.release.trouble().is_some());
}

#[tokio::test]
async fn an_ssm_base_reads_plain_ids_and_json() {
    let town = Town::new();
    let image = town
        .at()
        .image(ImageSpec::amazon("al2023-ami-ecs-hvm-1"))
        .unwrap();
    let json = format!(r#"{{"image_id":"{image}","image_version":"2023.0.1","schema_version":1}}"#);
    town.at().parameter("/aws/service/plain", &image).unwrap();
    town.at().parameter("/aws/service/json", &json).unwrap();
    town.at()
        .parameter("/aws/service/words", "not an image")
        .unwrap();
    let ssm = |parameter: &str| BaseSource::Ssm {
        parameter: parameter.to_owned(),
    };
    for (name, version) in [
        ("/aws/service/plain", "1"),
        ("/aws/service/json", "2023.0.1"),
    ] {
        let (sighting, seen) = town.watched(&watch(ssm(name), Architecture::X86_64)).await;
        let release = seen.release.known().unwrap();
        assert_eq!(
            (release.image.as_str(), release.version.as_str()),
            (&*image, version)
        );
        assert!(sighting.images.contains_key(&release.image));
    }
    let (_, seen) = town
        .watched(&watch(ssm("/aws/service/none"), Architecture::X86_64))
        .await;
    assert_eq!(seen.release, Seen::Absent);
    for (name, architecture) in [
        ("/aws/service/words", Architecture::X86_64),
        ("/aws/service/plain", Architecture::Arm64),
    ] {
        let (_, seen) = town.watched(&watch(ssm(name), architecture)).await;
        assert!(seen.release.trouble().is_some(), "{name} {architecture}");
    }
}

#[tokio::test]
async fn of_many_own_images_only_the_youngest_ones_base_is_read() {
    let town = Town::new();
    let base = |version: &str| ImageId::from(town.base[version].as_str());
    let old: Vec<_> = (0..30)
        .map(|n| town.public("000000000001", &format!("old-{n}"), 90))
        .collect();
    for (n, old) in old.iter().enumerate() {
        town.baked("shop", &n.to_string(), old, 80);
    }
    town.baked("shop", "40", &town.base["4.5.0"], 2);
    let quarantined = town.baked("shop", "41", &town.base["4.4.0"], 1);
    let memory = Memory {
        holds: vec![Hold {
            on: HeldThing::Image(quarantined.as_str().into()),
            since: start(),
            until: None,
            by: "ann".to_owned(),
            reason: "it breaks logging".to_owned(),
        }],
        ..Memory::default()
    };
    let shop = watch(beanstalk(), Architecture::X86_64);
    let (sighting, seen) = town.remembering(&shop, &memory).await;
    assert_eq!(seen.ours.known().map(Vec::len), Some(32));
    let read: Vec<_> = sighting.images.keys().cloned().collect();
    let mut wanted = vec![base("4.5.0"), base("4.5.1")];
    wanted.sort();
    assert_eq!(
        read, wanted,
        "the youngest's that may stand, and the newest"
    );
}

#[tokio::test]
async fn ours_are_ours_by_tags_newest_generation_first() {
    let town = Town::new();
    let make =
        |generation: &str, watch: &str| town.baked(watch, generation, &town.base["4.4.0"], 0);
    let (first, third, second) = (make("0", "shop"), make("2", "shop"), make("1", "shop"));
    make("7", "other");
    let (sighting, seen) = town
        .watched(&watch(beanstalk(), Architecture::X86_64))
        .await;
    let ours: Vec<_> = seen
        .ours
        .known()
        .unwrap()
        .iter()
        .map(|one| one.id.as_str())
        .collect();
    assert_eq!(ours, [third, second, first]);
    let base = ImageId::from(town.base["4.4.0"].as_str());
    assert!(
        sighting.images.contains_key(&base),
        "their base is looked at too"
    );
}
