//! Reads `[watch.NAME]`: a base, targets, and how far to go. The recipe stays a name here: whether
//! there is one of that name is a rule across keys.

use std::collections::BTreeMap;
use std::ops::Range;
use std::time::Duration;

use crate::model::base::{Base, BaseSource};
use crate::model::ids::{Architecture, Region, WatchName};
use crate::model::publish_rules::PublishRules;
use crate::model::retire_rules::RetireRules;
use crate::model::rollout_rules::RolloutRules;
use crate::model::version::VersionWish;
use crate::model::watch::{OnDrift, TargetPattern, Watch, name_in_waves, wave_names};

use super::fault::{Problem, quoted_value};
use super::nearest::nearest;
use super::publish::{PublishDraft, read_publish};
use super::reading::{ConfigReading, ConfigSection, WrittenText};
use super::recipes::RecipeDraft;
use super::targets::TargetAccounts;
use super::{arns, retire, rollout, targets, values};

/// Nobody waits or keeps longer than this; more is a slip of the unit.
const LONGEST: Duration = Duration::from_secs(3650 * 24 * 60 * 60);

/// A watch as far as it was right. What is absent was reported.
pub(super) struct WatchDraft<'t> {
    name: Option<WatchName>,
    /// The watch's own place.
    pub(super) at: Range<usize>,
    pub(super) recipe: Option<WrittenText<'t>>,
    pub(super) on_drift: OnDrift,
    /// Where `on_drift` stands, or the watch when it says nothing.
    pub(super) on_drift_at: Range<usize>,
    pub(super) region: Option<Region>,
    base: Option<Base>,
    soak: Option<Duration>,
    max_age: Option<Duration>,
    pub(super) targets: Vec<TargetPattern>,
    rollout: Option<RolloutRules>,
    pub(super) publish: Option<PublishDraft>,
    /// Where that stands, right or wrong.
    pub(super) publish_at: Option<Range<usize>>,
    retire: Option<RetireRules>,
    /// How many in its own account are written, right or wrong.
    targets_written: usize,
}

impl WatchDraft<'_> {
    /// `version = "environment"` without a target to take it from.
    pub(super) fn follows_targets_without_any(&self) -> bool {
        let follows = self.base.as_ref().is_some_and(|base| {
            let wish = VersionWish::Environment;
            matches!(&base.source, BaseSource::Beanstalk { version, .. } if *version == wish)
        });
        follows && self.targets_written == 0
    }

    /// What it is called, in a sentence.
    pub(super) fn name_for_people(&self) -> String {
        let name = self.name.as_ref();
        name.map_or("another one".to_owned(), |name| format!("[watch.{name}]"))
    }

    /// Its environments are moved without a word.
    pub(super) fn rolls_out(&self) -> bool {
        self.on_drift == OnDrift::Rollout
    }

    /// It is to be rolled out, and names no environment.
    pub(super) fn rolls_out_to_nobody(&self) -> bool {
        self.rolls_out() && self.targets_written == 0
    }

    /// It is to be rolled out to several environments, and says nothing about their order. A pattern may
    /// stand for any number of them.
    pub(super) fn has_no_order(&self) -> bool {
        let several = self.targets_written > 1 || self.movable().any(|one| !one.is_name());
        self.rolls_out() && several && self.waves().is_empty()
    }

    /// The environments that it names as they are called, and that no wave takes.
    pub(super) fn without_wave(&self) -> Vec<&str> {
        let waves = self.waves();
        if !self.rolls_out() || waves.is_empty() {
            return Vec::new();
        }
        let in_a_wave = |one: &TargetPattern| {
            let name = name_in_waves(one.account_name.as_deref(), &one.environment);
            waves
                .iter()
                .any(|wave| wave_names(wave, &one.environment, &name))
        };
        let names = self.movable().filter(|one| one.is_name());
        let without = names.filter(|one| !in_a_wave(one));
        without.map(|one| one.environment.as_str()).collect()
    }

    /// The processor of its images, where the base could be read.
    pub(super) fn architecture(&self) -> Option<Architecture> {
        self.base.as_ref().map(|base| base.architecture)
    }

    /// Those that amiwatch may move.
    pub(super) fn movable(&self) -> impl Iterator<Item = &TargetPattern> {
        self.targets.iter().filter(|one| one.movable)
    }

    fn waves(&self) -> &[String] {
        let rules = self.rollout.as_ref();
        rules.map_or(&[], |rules| &rules.order.waves)
    }

    /// The watch with its recipe in it; `None` when something of it was wrong.
    pub(super) fn resolve(
        self,
        recipes: &BTreeMap<&str, RecipeDraft<'_>>,
    ) -> Option<(WatchName, Watch)> {
        let moves_elsewhere = self.rolls_out() && self.movable().any(|one| one.account.is_some());
        let recipe = match self.recipe {
            Some(named) => Some(recipes.get(named.text)?.recipe.clone()?),
            None => None,
        };
        let name = self.name?;
        let publish = self.publish.map(|publish| PublishRules {
            share_first: moves_elsewhere,
            ..publish.rules
        });
        let watch = Watch {
            name: name.clone(),
            region: self.region,
            base: self.base?,
            recipe,
            on_drift: self.on_drift,
            soak: self.soak,
            max_age: self.max_age,
            targets: self.targets,
            rollout: self.rollout,
            publish,
            retire: self.retire,
        };
        Some((name, watch))
    }
}

pub(super) fn read_watches<'t>(
    section: &ConfigSection<'t>,
    there: &TargetAccounts<'_>,
    reading: &mut ConfigReading<'_>,
) -> Vec<WatchDraft<'t>> {
    let watches = section.named_sections().into_iter();
    watches
        .map(|(name, section)| watch(name, &section, there, reading))
        .collect()
}

fn watch<'t>(
    name: WrittenText<'t>,
    section: &ConfigSection<'t>,
    there: &TargetAccounts<'_>,
    reading: &mut ConfigReading<'_>,
) -> WatchDraft<'t> {
    let written = section.text("on_drift");
    let on_drift = reading.parsed(written, on_drift);
    let on_drift = on_drift.unwrap_or(OnDrift::Notify);
    let targets = section.sections("target");
    let base = base(section, reading);
    let architecture = base.as_ref().map(|base| base.architecture);
    let region = reading.parsed(section.text("region"), values::parse_region);
    let read = targets::read_targets(&targets, region.as_ref(), on_drift, there, reading);
    WatchDraft {
        name: reading
            .parsed(Some(name), values::parse_name)
            .map(WatchName::new),
        at: section.at.clone(),
        recipe: section.text("recipe"),
        on_drift,
        on_drift_at: section.place_of("on_drift").unwrap_or(section.at.clone()),
        base,
        // No wait is the same as no soaking.
        soak: reading
            .parsed(section.text("soak"), |text| {
                values::parse_duration(text, Duration::ZERO, LONGEST)
            })
            .filter(|soak| !soak.is_zero()),
        max_age: reading.parsed(section.text("max_age"), |text| {
            values::parse_duration(text, values::HOUR, LONGEST)
        }),
        rollout: rollout::read_rollout(section, on_drift, reading),
        publish: read_publish(section, on_drift, architecture, reading),
        publish_at: section.place_of("publish"),
        retire: retire::read_retire(section, reading),
        targets_written: targets
            .iter()
            .filter(|one| targets::may_be_moved(one, region.as_ref(), there))
            .count(),
        targets: read,
        region,
    }
}

fn on_drift(text: &str) -> Result<OnDrift, Problem> {
    match text {
        "notify" => Ok(OnDrift::Notify),
        "bake" => Ok(OnDrift::Bake),
        "rollout" => Ok(OnDrift::Rollout),
        _ => {
            let right = match nearest(text, ["notify", "bake", "rollout"]) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "write \"notify\", \"bake\" or \"rollout\"".to_owned(),
            };
            Err(Problem::new(
                format!("`on_drift` cannot be {}", quoted_value(text)),
                right,
            ))
        }
    }
}

fn base(watch: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<Base> {
    const RIGHT: &str = "write `base = { beanstalk = \"<platform branch>\" }`, \
                         `base = { ssm = \"/<parameter>\" }` or \
                         `base = { images = { owners = [\"amazon\"], name = \"<pattern>\" } }`";
    let section = watch.section("base");
    let named = ["beanstalk", "ssm", "images"].map(|kind| section.place_of(kind).is_some());
    match (watch.place_of("base").is_some(), named) {
        (false, _) => {
            let problem = Problem::new("the watch has no base to follow", RIGHT);
            reading.fault_in_context(watch.at.clone(), problem);
            None
        }
        (true, [true, false, false]) => beanstalk_base(&section, reading),
        (true, [false, true, false]) => ssm_base(&section, reading),
        (true, [false, false, true]) => images_base(&section, reading),
        (true, [false, false, false]) => {
            reading.fault_in_context(section.at, Problem::new("the base names nothing", RIGHT));
            None
        }
        (true, _) => {
            let problem = Problem::new("the base is of two kinds at once", RIGHT);
            reading.fault(section.at, problem);
            None
        }
    }
}

fn beanstalk_base(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<Base> {
    let branch = reading.parsed(section.text("beanstalk"), arns::parse_branch);
    let version = reading.parsed(section.text("version"), version);
    let architecture = reading.parsed(section.text("architecture"), architecture);
    Some(Base {
        source: BaseSource::Beanstalk {
            branch: branch?,
            version: version.unwrap_or_default(),
        },
        architecture: architecture.unwrap_or_default(),
    })
}

fn version(text: &str) -> Result<VersionWish, Problem> {
    match text {
        "recommended" => Ok(VersionWish::Recommended),
        "environment" => Ok(VersionWish::Environment),
        pattern => pattern.parse().map(VersionWish::Matching).map_err(|_| {
            let right = match nearest(pattern, ["recommended", "environment"]) {
                Some(near) => format!("did you mean \"{near}\"?"),
                None => "write \"recommended\", \"environment\" (what the targets run), or a \
                         version such as \"4.5.*\", \"4.*\" or \"4.5.1\""
                    .to_owned(),
            };
            Problem::new(format!("{} is not a version", quoted_value(pattern)), right)
        }),
    }
}

/// An image's name is typed by whoever made it: without an owner, anybody's image could be the base.
fn images_base(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<Base> {
    no_version(
        section,
        reading,
        "the newest image whose name fits is taken",
    );
    let images = section.section("images");
    let owners = owners(&images, reading);
    let name = reading.required(&images, "name", arns::image_name_pattern);
    let architecture = reading.parsed(section.text("architecture"), architecture);
    Some(Base {
        source: BaseSource::Images {
            owners: owners?,
            name: name?,
        },
        architecture: architecture.unwrap_or_default(),
    })
}

/// Who owns the images of every seller, by its two names.
const MARKETPLACE: [&str; 2] = ["aws-marketplace", "679593333241"];

fn owners(images: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<Vec<String>> {
    let right = "add `owners = [\"amazon\"]`, \"self\", or accounts by their twelve digits: anybody can \
                 publish an image under any name";
    let Some(written) = images.texts("owners") else {
        if images.place_of("owners").is_none() && images.place_of("name").is_some() {
            let problem = Problem::new("the base says nothing about whose images it means", right);
            reading.fault_in_context(images.at.clone(), problem);
        }
        return None;
    };
    if images.is_empty_list("owners") {
        let problem = Problem::new("`owners` names nobody", right);
        reading.fault(images.place_of("owners").unwrap_or_default(), problem);
        return None;
    }
    let count = written.len();
    for owner in written
        .iter()
        .filter(|owner| MARKETPLACE.contains(&owner.text))
    {
        let problem = Problem::new(
            "AWS Marketplace is every seller at once: the newest image whose name fits wins, whose \
             ever it is",
            "let `name` end with the product's id, as the images of one product do",
        );
        reading.warn(owner.at.clone(), problem);
    }
    let owners = reading.each_parsed(written, arns::image_owner);
    (owners.len() == count).then_some(owners)
}

fn no_version(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>, instead: &str) {
    if let Some(at) = section.place_of("version") {
        let problem = Problem::new(
            "only a `beanstalk` base has a `version`",
            format!("leave it out: {instead}"),
        );
        reading.fault(at, problem);
    }
}

fn architecture(text: &str) -> Result<Architecture, Problem> {
    text.parse().map_err(|_| {
        let wrong = format!("{} is not an architecture", quoted_value(text));
        Problem::new(wrong, "write \"x86_64\" or \"arm64\"")
    })
}

/// The parameter's path often says the processor; then it need not be written again, and must not
/// be written otherwise.
fn ssm_base(section: &ConfigSection<'_>, reading: &mut ConfigReading<'_>) -> Option<Base> {
    no_version(
        section,
        reading,
        "the parameter itself names the newest image",
    );
    let parameter = reading.parsed(section.text("ssm"), arns::parse_parameter);
    let written = reading.parsed(section.text("architecture"), architecture);
    let implied = parameter
        .as_deref()
        .and_then(arns::architecture_of_parameter);
    if let (Some(written), Some(implied)) = (written, implied)
        && written != implied
    {
        let problem = Problem::new(
            format!("the parameter's images are {implied}, not {written}"),
            format!("write \"{implied}\" or leave `architecture` out"),
        );
        reading.fault(
            section.place_of("architecture").unwrap_or_default(),
            problem,
        );
    }
    Some(Base {
        source: BaseSource::Ssm {
            parameter: parameter?,
        },
        architecture: written.or(implied).unwrap_or_default(),
    })
}
