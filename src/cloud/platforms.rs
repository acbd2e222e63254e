//! Platform branches and versions: which version is recommended, which images it starts.

use std::time::Duration;

use aws_sdk_elasticbeanstalk::types::{
    CustomAmi, PlatformDescription, PlatformFilter, PlatformStatus, PlatformSummary, SearchFilter,
};

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use super::raw_amis::KeepBody;
use super::tagging::our_time;
use crate::model::base::{BranchLifecycle, PlatformVersion};
use crate::model::ids::{Architecture, ImageId, PlatformArn};
use crate::model::version::Version;

const DESCRIBE_VERSION: Operation = Operation::read("elasticbeanstalk:DescribePlatformVersion");
const LIST_VERSIONS: Operation = Operation::read("elasticbeanstalk:ListPlatformVersions");
const LIST_BRANCHES: Operation = Operation::read("elasticbeanstalk:ListPlatformBranches");

/// Between pages of ListPlatformVersions, as AWS's own command line waits "to avoid throttling".
const PAGE_PAUSE: Duration = Duration::from_millis(100);

impl Cloud {
    /// One platform version with its default image per architecture, as far as AWS says.
    /// `None`: there is no such version.
    ///
    /// # Errors
    /// `Empty` when AWS answered without a description.
    pub async fn platform_version(
        &self,
        arn: &PlatformArn,
    ) -> Result<Option<PlatformVersion>, CloudError> {
        let raw = KeepBody::default();
        let request = self
            .beanstalk(DESCRIBE_VERSION)
            .describe_platform_version()
            .platform_arn(arn.as_str())
            .customize()
            .interceptor(raw.clone())
            .send();
        let answer = match self.call(DESCRIBE_VERSION, arn, request).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(None),
            answer => answer?,
        };
        let Some(description) = answer.platform_description() else {
            let message = "the answer holds no description of the platform version";
            return Err(self.fault(DESCRIBE_VERSION, arn, ErrorKind::Empty, message));
        };
        let images = images_of(raw.default_amis(), description.custom_ami_list());
        Ok(Some(our_version(arn, description, images)))
    }

    /// The version that AWS recommends for a branch.
    /// `None`: the branch is there and recommends none (it is retired, deprecated or in beta).
    ///
    /// # Errors
    /// `Empty` when a supported branch comes back without one, or no branch of that name is seen.
    pub async fn recommended(&self, branch: &str) -> Result<Option<PlatformArn>, CloudError> {
        let rows = self.recommended_rows(branch).await?;
        if let Some(newest) = newest_recommended(&rows, branch) {
            return Ok(Some(newest));
        }
        // Beanstalk leaves out what it denies: only the branch's own word makes "none" believable.
        match self.branch(branch).await? {
            Some(
                BranchLifecycle::Retired | BranchLifecycle::Deprecated | BranchLifecycle::Beta,
            ) => Ok(None),
            Some(BranchLifecycle::Supported | BranchLifecycle::NotSaid) => Err(self.fault(
                LIST_VERSIONS,
                branch,
                ErrorKind::Empty,
                "the branch came back without a recommended version",
            )),
            None => Err(self.fault(
                LIST_VERSIONS,
                branch,
                ErrorKind::Empty,
                "no platform branch of this name is visible",
            )),
        }
    }

    /// The lifecycle of a branch. `None`: no branch of that name is visible.
    ///
    /// # Errors
    /// Any kind but `Empty`.
    pub async fn branch(&self, name: &str) -> Result<Option<BranchLifecycle>, CloudError> {
        let filter = SearchFilter::builder()
            .attribute("BranchName")
            .operator("=")
            .values(name)
            .build();
        let request = self
            .beanstalk(LIST_BRANCHES)
            .list_platform_branches()
            .filters(filter)
            .send();
        let answer = self.call(LIST_BRANCHES, name, request).await?;
        let lifecycle = answer
            .platform_branch_summary_list()
            .iter()
            .find(|row| row.branch_name().is_some_and(|of| same(of, name)))
            .map(|row| BranchLifecycle::parse(row.lifecycle_state().unwrap_or_default()));
        Ok(lifecycle)
    }

    /// Every version of a branch that can be used, newest first. Not all of them can be described:
    /// AWS hides superseded versions from accounts that never ran them.
    ///
    /// # Errors
    /// `Empty` when not one version comes back: Beanstalk leaves out what it denies.
    pub async fn versions(&self, branch: &str) -> Result<Vec<(Version, PlatformArn)>, CloudError> {
        let rows = self.rows(branch, &[]).await?;
        if rows.is_empty() {
            return Err(self.fault(
                LIST_VERSIONS,
                branch,
                ErrorKind::Empty,
                "no version of a platform branch of this name is visible",
            ));
        }
        Ok(usable_versions(&rows, branch))
    }

    async fn recommended_rows(&self, branch: &str) -> Result<Vec<PlatformSummary>, CloudError> {
        let recommended = filter("PlatformLifecycleState", "recommended");
        self.rows(branch, &[recommended]).await
    }

    /// Every page of a branch's versions that pass these filters.
    async fn rows(
        &self,
        branch: &str,
        filters: &[PlatformFilter],
    ) -> Result<Vec<PlatformSummary>, CloudError> {
        let mut rows = Vec::new();
        let mut token = None;
        loop {
            let mut all = vec![filter("PlatformBranchName", branch)];
            all.extend_from_slice(filters);
            let request = self
                .beanstalk(LIST_VERSIONS)
                .list_platform_versions()
                .set_filters(Some(all))
                .set_next_token(token)
                .send();
            let page = self.call(LIST_VERSIONS, branch, request).await?;
            rows.extend(page.platform_summary_list.unwrap_or_default());
            token = page.next_token.filter(|token| !token.is_empty());
            if token.is_none() {
                return Ok(rows);
            }
            self.clock().sleep(PAGE_PAUSE).await;
        }
    }
}

fn filter(of: &str, value: &str) -> PlatformFilter {
    let filter = PlatformFilter::builder().r#type(of).operator("=");
    filter.values(value).build()
}

/// The rows that are of this branch, Ready, and numbered as platform versions are; newest first.
fn usable_versions(rows: &[PlatformSummary], branch: &str) -> Vec<(Version, PlatformArn)> {
    let mut versions: Vec<_> = rows
        .iter()
        .filter(|row| of_branch(row, branch) && ready(row))
        .filter_map(|row| {
            let arn = PlatformArn::from(row.platform_arn()?);
            let version = row.platform_version().unwrap_or(version_in(&arn));
            Some((Version::parse(version)?, arn))
        })
        .collect();
    versions.sort();
    versions.reverse();
    versions.dedup();
    versions
}

fn of_branch(row: &PlatformSummary, branch: &str) -> bool {
    row.platform_branch_name().is_none_or(|of| same(of, branch))
}

fn ready(row: &PlatformSummary) -> bool {
    row.platform_status()
        .is_none_or(|status| *status == PlatformStatus::Ready)
}

/// The highest version among the rows that say themselves what was asked for: the filter is AWS's,
/// the order is nobody's, and the spelling of lifecycles differs between its operations.
fn newest_recommended(rows: &[PlatformSummary], branch: &str) -> Option<PlatformArn> {
    rows.iter()
        .filter(|row| of_branch(row, branch) && ready(row))
        .filter(|row| {
            row.platform_lifecycle_state()
                .is_none_or(|state| same(state, "recommended"))
        })
        .filter_map(|row| {
            let arn = PlatformArn::from(row.platform_arn()?);
            let version = row.platform_version().unwrap_or(version_in(&arn));
            Some((numbers(version), arn))
        })
        .max()
        .map(|(_, arn)| arn)
}

/// `DefaultAmiList` where there is one. `CustomAmiList` is about x86_64 only, and its `pv` entry is
/// there with an empty id.
fn images_of(
    default_amis: Vec<(Architecture, ImageId)>,
    custom_amis: &[CustomAmi],
) -> Vec<(Architecture, ImageId)> {
    let mut images = default_amis;
    let hvm = custom_amis
        .iter()
        .filter(|ami| ami.virtualization_type() == Some("hvm"))
        .filter_map(|ami| ami.image_id())
        .find(|id| !id.is_empty());
    let x86_64_known = images.iter().any(|(of, _)| *of == Architecture::X86_64);
    if let (false, Some(hvm)) = (x86_64_known, hvm) {
        images.push((Architecture::X86_64, ImageId::from(hvm)));
    }
    images.sort();
    images
}

fn our_version(
    asked: &PlatformArn,
    said: &PlatformDescription,
    images: Vec<(Architecture, ImageId)>,
) -> PlatformVersion {
    let arn = said.platform_arn().map_or(asked.clone(), PlatformArn::from);
    let branch = said.platform_branch_name().or_else(|| branch_in(&arn));
    let lifecycle = said.platform_branch_lifecycle_state().unwrap_or_default();
    let recommended = said
        .platform_lifecycle_state()
        .is_some_and(|state| same(state, "recommended"));
    PlatformVersion {
        branch: branch.unwrap_or_default().to_owned(),
        version: said
            .platform_version()
            .unwrap_or(version_in(&arn))
            .to_owned(),
        solution_stack: said.solution_stack_name().map(str::to_owned),
        recommended,
        branch_lifecycle: BranchLifecycle::parse(lifecycle),
        operating_system: said.operating_system_name().map(str::to_owned),
        created: said.date_created().and_then(our_time),
        images,
        arn,
    }
}

/// `...::platform/<branch>/<version>`. A custom platform's ARN names its account, and what stands in the
/// branch's place is its own name: it is of no branch.
fn branch_in(arn: &PlatformArn) -> Option<&str> {
    let (_, name) = arn.as_str().split_once("::platform/")?;
    name.rsplit_once('/').map(|(branch, _)| branch)
}

fn version_in(arn: &PlatformArn) -> &str {
    arn.as_str().rsplit('/').next().unwrap_or_default()
}

/// `X.Y.Z` as something that compares: 4.10.0 is newer than 4.9.1.
fn numbers(version: &str) -> Vec<u64> {
    version
        .split('.')
        .map(|part| part.parse().unwrap_or(0))
        .collect()
}

fn same(one: &str, other: &str) -> bool {
    one.eq_ignore_ascii_case(other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::canned::{answering_cloud, query_answer};

    const BRANCH: &str = "ECS running on 64bit Amazon Linux 2023";

    fn row(version: &str, branch: &str, state: &str) -> PlatformSummary {
        PlatformSummary::builder()
            .platform_arn(format!(
                "arn:aws:elasticbeanstalk:us-east-1::platform/{branch}/{version}"
            ))
            .platform_branch_name(branch)
            .platform_lifecycle_state(state)
            .platform_status(PlatformStatus::Ready)
            .build()
    }

    #[test]
    fn the_highest_version_wins_whatever_the_order_and_the_spelling() {
        let rows = [
            row("4.9.1", BRANCH, "Recommended"),
            row("4.10.0", BRANCH, "recommended"),
            row("9.0.0", "Another branch", "recommended"),
            row("8.0.0", BRANCH, "Supported"),
            row("4.2.0", BRANCH, "RECOMMENDED"),
        ];
        let newest = newest_recommended(&rows, BRANCH).unwrap();
        assert_eq!(version_in(&newest), "4.10.0");
        assert_eq!(branch_in(&newest), Some(BRANCH));
        assert_eq!(newest_recommended(&rows[3..4], BRANCH), None);
    }

    #[test]
    fn versions_come_newest_first_by_number_and_only_usable_ones() {
        let failed = PlatformSummary::builder()
            .platform_arn(format!(
                "arn:aws:elasticbeanstalk:us-east-1::platform/{BRANCH}/4.11.0"
            ))
            .platform_branch_name(BRANCH)
            .platform_status(PlatformStatus::Failed)
            .build();
        let rows = [
            row("4.9.1", BRANCH, "Supported"),
            row("4.10.0", BRANCH, "recommended"),
            row("9.0.0", "Another branch", "recommended"),
            row("4.x", BRANCH, "Supported"),
            row("4.2.0", BRANCH, ""),
            failed,
        ];
        let found = usable_versions(&rows, BRANCH);
        let found: Vec<String> = found
            .iter()
            .map(|(version, _)| version.to_string())
            .collect();
        assert_eq!(found, ["4.10.0", "4.9.1", "4.2.0"]);
    }

    #[tokio::test(start_paused = true)]
    async fn versions_are_asked_for_page_by_page_with_a_pause_and_none_is_an_error() {
        let (cloud, asked) = answering_cloud(|nth, _| {
            let token = match nth {
                1 => "<NextToken>more</NextToken>",
                _ => "",
            };
            let arn = format!("arn:aws:elasticbeanstalk:eu-west-1::platform/{BRANCH}/4.5.{nth}");
            let row = format!("<member><PlatformArn>{arn}</PlatformArn></member>");
            let list = format!("<PlatformSummaryList>{row}</PlatformSummaryList>{token}");
            query_answer("ListPlatformVersions", &list)
        });
        let before = cloud.clock().now();
        let versions = cloud.versions(BRANCH).await.unwrap();
        let found: Vec<String> = versions
            .iter()
            .map(|(version, _)| version.to_string())
            .collect();
        assert_eq!(found, ["4.5.2", "4.5.1"]);
        assert_eq!(asked.lock().unwrap().len(), 2);
        let took = cloud.clock().now() - before;
        assert!(took.to_std().unwrap() >= PAGE_PAUSE, "{took}");

        let (cloud, _) =
            answering_cloud(|_, _| query_answer("ListPlatformVersions", "<PlatformSummaryList/>"));
        let error = cloud.versions(BRANCH).await.unwrap_err();
        assert_eq!(error.kind, ErrorKind::Empty);
    }

    fn custom(kind: &str, id: &str) -> CustomAmi {
        CustomAmi::builder()
            .virtualization_type(kind)
            .image_id(id)
            .build()
    }

    #[test]
    fn the_custom_list_only_fills_in_for_x86_64() {
        let custom = [
            custom("pv", ""),
            custom("hvm", ""),
            custom("hvm", "ami-hvm"),
        ];
        let arm = (Architecture::Arm64, ImageId::from("ami-arm"));
        let x86 = (Architecture::X86_64, ImageId::from("ami-x86"));
        let hvm = (Architecture::X86_64, ImageId::from("ami-hvm"));
        let both = vec![arm.clone(), x86.clone()];
        assert_eq!(images_of(both, &custom), [x86, arm.clone()]);
        assert_eq!(images_of(vec![arm.clone()], &custom), [hvm.clone(), arm]);
        assert_eq!(images_of(Vec::new(), &custom), [hvm]);
        assert_eq!(images_of(Vec::new(), &custom[..2]), []);
    }
}
