//! A reason's facts: ids, versions and dates as text, for programs. The names are contract. Made from
//! the typed data; nothing reads them back.

use std::collections::BTreeMap;

use super::NOT_LISTED;
use super::about::{About, DoubtSubject, Near, Quarantine};
use super::gate_facts::gate_facts;
use super::held::{HeldOn, HoldSaid};

/// What a program is told of a reason.
pub(super) fn facts_of(about: &About) -> BTreeMap<String, String> {
    let mut facts = Facts(BTreeMap::new());
    facts.take(about);
    facts.0
}

struct Facts(BTreeMap<String, String>);

impl Facts {
    fn put(&mut self, name: &str, value: impl ToString) -> &mut Self {
        self.0.insert(name.to_owned(), value.to_string());
        self
    }

    fn maybe(&mut self, name: &str, value: Option<impl ToString>) -> &mut Self {
        if let Some(value) = value {
            self.put(name, value);
        }
        self
    }

    fn said(&mut self, said: &HoldSaid) -> &mut Self {
        self.put("since", said.since.to_rfc3339())
            .put("by", &said.by)
            .put("reason", &said.reason)
    }

    fn take(&mut self, about: &About) {
        match about {
            About::BranchNewer {
                image,
                made_from,
                branch,
                newest,
                version,
            } => self
                .put("image", image)
                .put("base_image", made_from)
                .put("recommended_image", newest)
                .put("recommended_version", version)
                .put("branch", branch),
            About::ReleaseNewer {
                image,
                made_from,
                newest,
                version,
                created,
                ..
            } => self
                .put("image", image)
                .put("base_image", made_from)
                .put("recommended_image", newest)
                .put("recommended_version", version)
                .maybe("recommended_created", created.map(|at| at.to_rfc3339())),
            About::NothingBaked {
                newest,
                version,
                created,
                ..
            } => self
                .put("image", "none")
                .put("recommended_image", newest)
                .put("recommended_version", version)
                .maybe("recommended_created", created.map(|at| at.to_rfc3339())),
            About::RecipeChanged {
                image,
                baked,
                wanted,
            } => self
                .put("image", image)
                .put("baked_digest", baked.as_str())
                .put("wanted_digest", wanted.as_str()),
            About::TooOld {
                image,
                created,
                max_age_s,
                ..
            } => self
                .put("image", image)
                .put("created", created.to_rfc3339())
                .put("max_age_s", max_age_s),
            About::BaseGone { image, made_from } => {
                self.put("image", image).put("base_image", made_from)
            }
            About::BaseWithdrawn {
                made_from, newest, ..
            } => self
                .put("base_image", made_from)
                .put("recommended_image", newest),
            About::ImageGone { image }
            | About::ImageDisabled { image, .. }
            | About::Stock { image }
            | About::LineageUnknown { image } => self.put("image", image),
            About::PlatformSkew {
                image,
                made_from,
                platform_image,
                platform_version,
            } => self
                .put("image", image)
                .put("base_image", made_from)
                .put("platform_image", platform_image)
                .put("platform_version", platform_version),
            About::ImageEnded { image, state } => self.put("image", image).put("state", state),
            About::PinnedSkew {
                image,
                platform_image,
                platform_version,
            } => self
                .put("image", image)
                .put("base_image", image)
                .put("platform_image", platform_image)
                .put("platform_version", platform_version),
            About::ImageNotSet => self.put("image", "not set"),
            About::NotOnNewest { image, newest } => {
                self.put("image", image).put("newest_image", newest)
            }
            About::InstancesBehind {
                image,
                behind,
                instances,
                first,
                runs,
            } => self
                .put("image", image)
                .put("instances_behind", behind)
                .put("instances", instances)
                .put("instance", first)
                .put("instance_image", runs),
            _ => self.rest(about),
        };
    }

    /// Holds, blocks, remarks and doubts.
    fn rest(&mut self, about: &About) -> &mut Self {
        match about {
            About::Soaking { newest, until, .. } => self
                .put("recommended_image", newest)
                .put("until", until.to_rfc3339()),
            About::Held { on, until, .. } => self
                .held(on)
                .maybe("until", until.map(|until| until.to_rfc3339())),
            About::Quarantined {
                image,
                place,
                said,
                until,
                ..
            } => self
                .put("image", image)
                .maybe("base_image", base_of(place))
                .said(said)
                .maybe("until", until.map(|until| until.to_rfc3339())),
            About::NotReady { status } => self.put("status", status),
            About::ImageNotShared {
                image,
                account,
                region,
                ..
            } => self
                .put("image", image)
                .put("account", account)
                .put("region", region),
            About::ImageNotCopied {
                image,
                region,
                pending,
                ..
            } => self
                .put("image", image)
                .put("region", region)
                .put("pending", pending),
            About::ArchMismatch { found, wanted } => self
                .put("architecture", found)
                .put("wanted_architecture", wanted),
            About::BranchMismatch { found, wanted } => {
                self.put("branch", found).put("wanted_branch", wanted)
            }
            About::Unsupported { why } => self.put("why", why),
            About::PlatformBehind {
                branch,
                version,
                recommended,
            } => self
                .put("platform_version", version)
                .put("recommended_version", recommended)
                .put("branch", branch),
            About::StockPinned {
                image,
                platform_version,
                platform_image,
            } => self
                .put("image", image)
                .put("platform_version", platform_version)
                .maybe("platform_image", platform_image.as_ref()),
            About::ManagedUpdatesOn {
                environment,
                region,
            } => self.put("environment", environment).put("region", region),
            About::BaseDeprecated { image, from } => self
                .put("base_image", image)
                .put("deprecated_from", from.to_rfc3339()),
            About::BranchDeprecated { branch } | About::BranchRetired { branch } => {
                self.put("branch", branch)
            }
            About::RecipeRedundant { base_image } => self.put("base_image", base_image),
            About::NoTarget {
                application,
                environment,
                near,
                ..
            } => self
                .put("about", DoubtSubject::Targets.as_str())
                .put("application", application)
                .put("environment", environment)
                .near(near),
            About::ReleaseNotListed { image, base } => self
                .put("what", format!("image {image} of {base}"))
                .put("why", NOT_LISTED)
                .put("about", DoubtSubject::Release.as_str()),
            About::Untold {
                subject, what, why, ..
            } => self
                .put("what", what)
                .put("why", why)
                .maybe("about", subject.map(|subject| subject.as_str())),
            About::Unasked { what, .. } => self.put("what", what),
            About::Gate { target, gate, .. } => {
                let facts = gate_facts(target, gate);
                facts
                    .into_iter()
                    .fold(self, |facts, (name, value)| facts.put(name, value))
            }
            _ => self,
        }
    }

    fn near(&mut self, near: &Near) -> &mut Self {
        match near {
            Near::Environments {
                application,
                count,
                first,
            } => self
                .put("near_application", application)
                .put("near_count", count)
                .put("near_environments", first.join(",")),
            Near::Application { application, count } => self
                .put("near_application", application)
                .put("near_count", count),
            Near::Nothing { applications } => self.put("applications", applications.join(",")),
        }
    }

    fn held(&mut self, on: &HeldOn) -> &mut Self {
        match on {
            HeldOn::Watch { said } => self.put("held", "watch").said(said),
            HeldOn::Release {
                image,
                version,
                said,
                ..
            } => self
                .put("held", "release")
                .put("recommended_image", image)
                .put("recommended_version", version)
                .said(said),
            HeldOn::Bake {
                key,
                attempts,
                last_at,
                ..
            } => self
                .put("held", "bake")
                .put("since", last_at.to_rfc3339())
                .put("attempts", attempts)
                .put("key", key),
            HeldOn::Move {
                image,
                attempts,
                last_at,
                last_why,
                ..
            } => self
                .put("held", "move")
                .put("image", image)
                .maybe("since", last_at.map(|at| at.to_rfc3339()))
                .put("attempts", attempts)
                .put("why", last_why),
        }
    }
}

fn base_of(place: &Quarantine) -> Option<&crate::model::ids::ImageId> {
    match place {
        Quarantine::Runs | Quarantine::MovesTo => None,
        Quarantine::MadeOf { base_image, .. } | Quarantine::MarkedMadeOf { base_image, .. } => {
            Some(base_image)
        }
    }
}
