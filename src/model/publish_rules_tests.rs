//! Destinations by name, and what one promises to another.

use super::*;

#[test]
fn a_destination_reads_back_as_it_is_written() {
    for kind in DestinationKind::ALL {
        let destination = Destination {
            kind,
            region: "eu-west-1".into(),
        };
        assert_eq!(destination.to_string().parse(), Ok(destination));
    }
    for wrong in ["", "ssm", "ssm:", "topic:eu-west-1", "eu-west-1"] {
        assert!(wrong.parse::<Destination>().is_err(), "{wrong}");
    }
}

/// An id is of one region, a name may be in each; and the parameter waits for no template.
#[test]
fn a_template_is_published_to_beside_the_parameter() {
    let rules = |template| PublishRules {
        when: PublishWhen::Verified,
        copy_to: [("eu-central-1".into(), None)].into(),
        ssm: Some("/amis/shop".to_owned()),
        share: ShareWith::default(),
        share_first: false,
        template: Some(TemplateRules {
            template,
            make_default: false,
        }),
    };
    let named = |template| {
        let all = rules(template)
            .destinations(&"eu-west-1".into())
            .into_iter();
        all.map(|(one, _)| one.to_string()).collect::<Vec<_>>()
    };
    let by_name = named(TemplateRef::Name("shop".to_owned()));
    let everywhere = [
        "template:eu-west-1",
        "ssm:eu-west-1",
        "copy:eu-central-1",
        "template:eu-central-1",
        "ssm:eu-central-1",
    ];
    assert_eq!(by_name, everywhere);
    let by_id = named(TemplateRef::Id("lt-0".to_owned()));
    assert!(
        !by_id.contains(&"template:eu-central-1".to_owned()),
        "{by_id:?}"
    );
    assert!(
        !DestinationKind::Parameter
            .promises()
            .contains(&DestinationKind::Template)
    );
}
