//! The door to EC2 over canned answers: what the SDK makes of AWS's bytes, and what we make of the SDK.

use super::canned::{answering_cloud, ec2_answer as ec2, ec2_error, launch_request, query_answer};
use super::{ErrorKind, LaunchRequest};
use crate::model::ids::{Architecture, ImageId, InstanceId, SnapshotId};
use crate::model::image::ImageState;

/// Runs on virtual time: a minute's retries take no time.
macro_rules! virtual_time {
    ($(async fn $name:ident() $body:block)+) => {$(
        #[tokio::test(start_paused = true)]
        async fn $name() $body
    )+};
}

const CALLER: &str = "<Arn>arn:aws:iam::000000000000:user/a</Arn><UserId>u</UserId>\
                      <Account>000000000000</Account>";

fn image(id: &str, owner: &str, more: &str) -> String {
    format!(
        "<item><imageId>{id}</imageId><name>n-{id}</name><imageOwnerId>{owner}</imageOwnerId>\
         <imageState>available</imageState><architecture>arm64</architecture>\
         <creationDate>2026-09-09T01:41:48.000Z</creationDate>{more}</item>"
    )
}

virtual_time! {
    async fn a_missing_image_is_absent_and_a_malformed_id_disturbs_nobody() {
        let (cloud, asked) = answering_cloud(|_, request| {
            if request.contains("Action=GetCallerIdentity") {
                return query_answer("GetCallerIdentity", CALLER);
            }
            let one = image("ami-1", "000000000000", "<deprecationTime>2026-09-10T00:00:00Z</deprecationTime>");
            let two = image("ami-2", "111111111111", "<imageOwnerAlias>amazon</imageOwnerAlias>");
            ec2("DescribeImages", &format!("<imagesSet>{one}{two}</imagesSet>"))
        });
        let ids = ["ami-1", "ami-2", "ami-gone", "not an id"].map(ImageId::from);
        let images = cloud.images(&ids).await.unwrap();
        let found: Vec<_> = images.keys().map(ImageId::as_str).collect();
        assert_eq!(found, ["ami-1", "ami-2"]);
        let [one, two] = [&images[&ids[0]], &images[&ids[1]]];
        assert_eq!((one.ours, one.by_amazon()), (true, false));
        assert_eq!((two.ours, two.by_amazon()), (false, true));
        assert_eq!(one.state, ImageState::Available);
        assert_eq!(one.architecture, Some(Architecture::Arm64));
        assert!(one.created < one.deprecated_from);
        let asked = asked.lock().unwrap();
        assert!(asked[0].contains("IncludeDeprecated=true&IncludeDisabled=true"), "{asked:?}");
        assert!(!asked[0].contains("not+an+id") && !asked[0].contains("not%20an%20id"), "{asked:?}");
    }

    async fn images_are_asked_for_in_batches_of_200() {
        let (cloud, asked) =
            answering_cloud(|_, _| ec2("DescribeImages", "<imagesSet/>"));
        let ids: Vec<_> = (0..401).map(|nth| ImageId::new(format!("ami-{nth}"))).collect();
        assert!(cloud.images(&ids).await.unwrap().is_empty());
        assert_eq!(asked.lock().unwrap().len(), 3);
        assert!(cloud.images(&[]).await.unwrap().is_empty());
        assert_eq!(asked.lock().unwrap().len(), 3);
    }

    async fn a_launch_says_everything_that_must_hold_from_birth() {
        let (cloud, asked) = answering_cloud(|_, _| {
            ec2("RunInstances", "<instancesSet><item><instanceId>i-1</instanceId></item></instancesSet>")
        });
        let request = LaunchRequest { public_ip: Some(false), ..launch_request() };
        assert_eq!(cloud.launch(&request).await.unwrap().as_str(), "i-1");
        let asked = asked.lock().unwrap();
        for part in [
            "ClientToken=token-1",
            "InstanceInitiatedShutdownBehavior=stop",
            "MetadataOptions.HttpTokens=required",
            "NetworkInterface.1.AssociatePublicIpAddress=false",
            "NetworkInterface.1.SecurityGroupId.1=sg-1",
            "NetworkInterface.1.SubnetId=subnet-1",
            "TagSpecification.1.ResourceType=instance",
            "TagSpecification.2.ResourceType=volume",
            "TagSpecification.3.ResourceType=network-interface",
            "UserData=IyEvYmluL3NoCg%3D%3D",
        ] {
            assert!(asked[0].contains(part), "{part} in {asked:?}");
        }
        assert!(!asked[0].contains("KeyName") && !asked[0].contains("BlockDevice"), "{asked:?}");
    }

    async fn an_instance_that_is_not_listed_is_none_and_ends_in_peace() {
        let (cloud, _) = answering_cloud(|_, _| {
            ec2_error(400, "InvalidInstanceID.NotFound", "The instance ID 'i-1' does not exist")
        });
        let id = InstanceId::from("i-1");
        assert_eq!(cloud.instance(&id).await.unwrap(), None);
        cloud.terminate(&id).await.unwrap();
        assert_eq!(cloud.stop(&id).await.unwrap_err().kind, ErrorKind::NotFound);
    }

    async fn the_console_is_decoded() {
        let (cloud, asked) = answering_cloud(|_, request| match request.contains("i-new") {
            true => ec2("GetConsoleOutput", "<instanceId>i-new</instanceId>"),
            false => ec2("GetConsoleOutput", "<output>aGVsbG8K\nd29ybGQK</output>"),
        });
        assert_eq!(cloud.console(&"i-new".into(), true).await.unwrap(), b"");
        assert_eq!(cloud.console(&"i-1".into(), true).await.unwrap(), b"hello\nworld\n");
        assert!(asked.lock().unwrap()[0].contains("Latest=true"));
    }

    async fn deregistering_removes_the_snapshots_that_remain() {
        let (cloud, asked) = answering_cloud(|_, request| {
            if request.contains("Action=DescribeSnapshots") {
                let left = "<item><snapshotId>snap-2</snapshotId></item>";
                ec2("DescribeSnapshots", &format!("<snapshotSet>{left}</snapshotSet>"))
            } else if request.contains("Action=DeleteSnapshot&") {
                ec2_error(400, "InvalidSnapshot.NotFound", "gone by now")
            } else {
                ec2("DeregisterImage", "<return>true</return>")
            }
        });
        let snapshots = ["snap-1", "snap-2"].map(SnapshotId::from);
        cloud.deregister(&"ami-1".into(), &snapshots).await.unwrap();
        let asked = asked.lock().unwrap();
        assert!(asked[0].contains("DeleteAssociatedSnapshots=true"), "{asked:?}");
        assert!(asked[2].contains("SnapshotId=snap-2"), "{asked:?}");
        assert_eq!(asked.len(), 3);
    }
}
