//! Pages that show more: AWS's console, and what AWS writes about a platform, each in the partition that the region
//! is of. Nothing of them is fetched.

use serde::{Deserialize, Serialize};

use crate::model::ids::{ImageId, PlatformArn, Region};

/// A page that shows more.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Link {
    pub title: String,
    pub url: String,
}

/// How a platform branch's name begins, and where AWS's page of platforms has its present versions. Of others the
/// page is named as a whole.
const PLATFORMS: [(&str, &str); 10] = [
    ("Docker ", "docker"),
    ("ECS ", "mcdocker"),
    ("Multi-container Docker ", "mcdocker"),
    ("Go ", "go"),
    ("Corretto ", "javase"),
    ("Tomcat ", "java"),
    ("Node.js ", "nodejs"),
    ("PHP ", "PHP"),
    ("Python ", "python"),
    ("Ruby ", "ruby"),
];

impl Link {
    /// The image's page in the console of the region's partition.
    pub fn to_image(region: &Region, image: &ImageId) -> Self {
        let region = region.as_str();
        let host = match region.split('-').next() {
            Some("cn") => "console.amazonaws.cn",
            Some("us") if region.starts_with("us-gov-") => "console.amazonaws-us-gov.com",
            _ => "console.aws.amazon.com",
        };
        Self {
            title: image.to_string(),
            url: format!(
                "https://{region}.{host}/ec2/home?region={region}#ImageDetails:imageId={image}"
            ),
        }
    }

    /// What Elastic Beanstalk writes about the releases of its platforms.
    pub fn to_release_notes(region: &Region) -> Self {
        Self {
            title: "Elastic Beanstalk's release notes".to_owned(),
            url: format!("{}/relnotes/relnotes.html", beanstalk_docs(region)),
        }
    }

    /// Both pages on a platform branch.
    pub fn on_branch(region: &Region, branch: &str) -> Vec<Self> {
        vec![
            Self::to_release_notes(region),
            Self::to_platform(region, branch),
        ]
    }

    /// The same of the branch that a platform version is of.
    pub fn on_platform(region: &Region, platform: &PlatformArn) -> Vec<Self> {
        let mut parts = platform.as_str().rsplit('/');
        Self::on_branch(region, parts.nth(1).unwrap_or_default())
    }

    /// The present versions of a platform branch, with what is in them.
    pub fn to_platform(region: &Region, branch: &str) -> Self {
        let mut known = PLATFORMS.iter();
        let known = known.find(|(begins, _)| branch.starts_with(begins));
        let place = known.map_or(String::new(), |(_, anchor)| {
            format!("#platforms-supported.{anchor}")
        });
        Self {
            title: "What is in the platform's versions".to_owned(),
            url: format!(
                "{}/platforms/platforms-supported.html{place}",
                beanstalk_docs(region)
            ),
        }
    }
}

/// China's regions have pages of their own.
fn beanstalk_docs(region: &Region) -> &'static str {
    match region.partition().as_str() == "aws-cn" {
        true => "https://docs.amazonaws.cn/en_us/elasticbeanstalk/latest",
        false => "https://docs.aws.amazon.com/elasticbeanstalk/latest",
    }
}
