//! What is known of one environment: its image, the sort of image, what that was made from, and which
//! questions had no answer. Judges nothing.
//!
//! Source of truth for "stock" is the platform version's own list of images, not the image's owner:
//! an Amazon image that is not in the list was set by hand.

use crate::model::base::PlatformVersion;
use crate::model::ids::{Architecture, ImageId};
use crate::model::image::{Image, ImageKind};
use crate::model::sighting::{
    DeployedSettings, Environment, EnvironmentSighting, ImageSighting, Lineage, RunningImage, Seen,
    Sighting, Trouble,
};

/// One environment with everything that the sighting holds about it.
#[derive(Debug, Clone)]
pub struct EnvironmentStanding<'a> {
    pub environment: &'a Environment,
    /// The image that the deployed settings name.
    pub image: Option<&'a ImageId>,
    pub kind: ImageKind,
    /// What EC2 says of the image; absent when gone or not told.
    pub image_facts: Option<&'a Image>,
    /// It is one of its platform version's own images, whether or not EC2 still lists it.
    pub stock: bool,
    /// The deployed settings name no image, which means the platform version's own.
    pub not_set: bool,
    /// The Amazon image that the image comes from; its own id for an Amazon image.
    pub base: Option<&'a ImageId>,
    /// The base of an image that is not Amazon's own.
    pub made_from: Option<&'a ImageId>,
    /// What EC2 says of `base`.
    pub base_facts: Option<&'a Image>,
    /// EC2 answered, and does not list `base`.
    pub base_gone: bool,
    /// EC2 does not know what the image was made from.
    pub lineage_unknown: bool,
    pub architecture: Option<Architecture>,
    pub platform: Option<&'a PlatformVersion>,
    /// The version that the environment's branch recommends.
    pub recommended: Option<&'a PlatformVersion>,
    /// Elastic Beanstalk updates the platform version by itself.
    pub managed_updates: bool,
    /// What its instances run, as far as somebody asked and was told.
    pub running: &'a [RunningImage],
    /// Questions about this environment that had no believable answer.
    pub troubles: Vec<Trouble>,
}

impl<'a> EnvironmentStanding<'a> {
    /// Puts together what the sighting holds about one of its environments.
    pub fn of_environment(sighting: &'a Sighting, seen: &'a EnvironmentSighting) -> Self {
        let mut looking = Looking::new(sighting, &seen.environment);
        let image = looking.setting(&seen.settings);
        let platform = looking.platform();
        let recommended = platform.and_then(|platform| looking.recommended(platform));
        let known = image.and_then(|image| looking.image(image));
        let settings = seen.settings.known();
        let not_set = settings.is_some_and(|set| set.not_set);
        let mut standing = Self {
            environment: &seen.environment,
            image,
            kind: ImageKind::Unknown,
            image_facts: known.and_then(|known| known.image.known()),
            stock: not_set || lists(platform, image),
            not_set,
            base: None,
            made_from: None,
            base_facts: None,
            base_gone: false,
            lineage_unknown: false,
            architecture: None,
            platform,
            recommended,
            managed_updates: settings.is_some_and(|set| set.managed_updates),
            running: looking.running(seen.running.as_ref()),
            troubles: Vec::new(),
        };
        standing.architecture = standing.told_architecture();
        standing.kind = looking.kind(&standing, known);
        standing.take_lineage(&mut looking, known);
        looking.comparable(&standing);
        standing.troubles = looking.troubles;
        standing
    }

    /// The image's own architecture; failing that, the one under which a platform version lists it.
    fn told_architecture(&self) -> Option<Architecture> {
        let listed = [self.platform, self.recommended]
            .into_iter()
            .flatten()
            .flat_map(|platform| &platform.images)
            .find(|(_, image)| Some(image) == self.image)
            .map(|(architecture, _)| *architecture);
        let not_set = self.only_image().filter(|_| self.not_set);
        let listed = listed.or(not_set.map(|(architecture, _)| architecture));
        self.image_facts.map_or(listed, |image| image.architecture)
    }

    fn take_lineage(&mut self, looking: &mut Looking<'a>, known: Option<&'a ImageSighting>) {
        let Some(image) = self.image else {
            let own = self.only_image().filter(|_| self.not_set);
            self.base = own.map(|(_, image)| image);
            let base = self.base.and_then(|base| looking.image(base));
            self.base_facts = base.and_then(|base| base.image.known());
            return;
        };
        let amazon = self.image_facts.is_some_and(Image::by_amazon);
        if self.stock || amazon {
            self.base = Some(image);
        } else if let Some(known) = known {
            self.made_from = looking.lineage(known);
            self.base = self.made_from;
            self.lineage_unknown = matches!(known.lineage, Lineage::NotKnown)
                && matches!(self.kind, ImageKind::Custom | ImageKind::Foreign);
        }
        let base = match self.base {
            Some(base) if base == image => known,
            Some(base) => looking.image(base),
            None => None,
        };
        self.base_facts = base.and_then(|base| base.image.known());
        self.base_gone = base.is_some_and(|base| base.image == Seen::Absent);
    }
}

impl<'a> EnvironmentStanding<'a> {
    /// The platform version's image where it has just one: which of several an environment launches
    /// hangs on its instance types.
    fn only_image(&self) -> Option<(Architecture, &'a ImageId)> {
        match self.platform?.images.as_slice() {
            [(architecture, only)] => Some((*architecture, only)),
            _ => None,
        }
    }
}

/// True when a platform version lists the image as its own.
fn lists(platform: Option<&PlatformVersion>, image: Option<&ImageId>) -> bool {
    platform.is_some_and(|platform| platform.images.iter().any(|(_, own)| Some(own) == image))
}

/// Looks things up in the sighting and keeps the questions that had no believable answer.
struct Looking<'a> {
    sighting: &'a Sighting,
    environment: &'a Environment,
    name: String,
    troubles: Vec<Trouble>,
}

impl<'a> Looking<'a> {
    fn new(sighting: &'a Sighting, environment: &'a Environment) -> Self {
        Self {
            sighting,
            environment,
            name: environment.target.name(),
            troubles: Vec::new(),
        }
    }

    fn doubt<T>(&mut self, what: String, why: &str) -> Option<T> {
        self.keep(Trouble {
            what,
            why: why.to_owned(),
            denied: false,
        })
    }

    fn keep<T>(&mut self, trouble: Trouble) -> Option<T> {
        if !self.troubles.contains(&trouble) {
            self.troubles.push(trouble);
        }
        None
    }

    fn running(&mut self, running: Option<&'a Seen<Vec<RunningImage>>>) -> &'a [RunningImage] {
        match running {
            Some(Seen::Known(running)) => running,
            Some(Seen::Unreachable(trouble)) => self.keep(trouble.clone()).unwrap_or_default(),
            // The environment ended between two questions, or nobody asked.
            Some(Seen::Absent) | None => &[],
        }
    }

    fn setting(&mut self, settings: &'a Seen<DeployedSettings>) -> Option<&'a ImageId> {
        let what = format!("settings of {}", self.name);
        match settings {
            Seen::Known(DeployedSettings {
                image: Some(image), ..
            }) => Some(image),
            Seen::Known(DeployedSettings { not_set: true, .. }) => None, // the platform version's own
            Seen::Known(_) if self.environment.status != "Ready" => None, // not deployed yet
            Seen::Known(_) => self.doubt(
                what,
                "no configuration set is deployed; look at the environment in the console",
            ),
            Seen::Absent => self.doubt(
                what,
                "AWS has none for it; it may just have been terminated, or the permission \
                 elasticbeanstalk:DescribeConfigurationSettings is missing (Elastic Beanstalk \
                 answers empty where IAM says no)",
            ),
            Seen::Unreachable(trouble) => self.keep(trouble.clone()),
        }
    }

    fn platform(&mut self) -> Option<&'a PlatformVersion> {
        let Some(arn) = &self.environment.platform else {
            return self.doubt(
                format!("platform of {}", self.name),
                "AWS names no platform version (an old custom platform); move the environment to a \
                 current platform version",
            );
        };
        let what = format!("platform version {arn}");
        match self.sighting.platforms.get(arn) {
            Some(Seen::Known(platform)) => Some(platform),
            Some(Seen::Unreachable(trouble)) => self.keep(trouble.clone()),
            Some(Seen::Absent) => self.doubt(
                what,
                "AWS does not describe it; check the permission \
                 elasticbeanstalk:DescribePlatformVersion",
            ),
            None => self.doubt(what, "it was not looked at; look again"),
        }
    }

    fn recommended(&mut self, platform: &PlatformVersion) -> Option<&'a PlatformVersion> {
        if platform.branch.is_empty() {
            return None; // a custom platform: no branch, nothing recommended
        }
        let what = format!("recommended version of {}", platform.branch);
        match self.sighting.recommended.get(&platform.branch) {
            Some(Seen::Known(recommended)) => Some(recommended),
            Some(Seen::Unreachable(trouble)) => self.keep(trouble.clone()),
            Some(Seen::Absent) => None, // a retired branch, or a beta: it recommends none
            None => self.doubt(what, "it was not looked at; look again"),
        }
    }

    /// The image, unless EC2 could not be asked. One that is gone is an answer.
    fn image(&mut self, image: &ImageId) -> Option<&'a ImageSighting> {
        match self.sighting.images.get(image) {
            Some(ImageSighting {
                image: Seen::Unreachable(trouble),
                ..
            }) => self.keep(trouble.clone()),
            Some(known) => Some(known),
            None => self.doubt(format!("image {image}"), "it was not looked at; look again"),
        }
    }

    fn kind(
        &mut self,
        standing: &EnvironmentStanding<'a>,
        known: Option<&ImageSighting>,
    ) -> ImageKind {
        let gone = known.is_some_and(|known| known.image == Seen::Absent);
        match (standing.image_facts, standing.platform) {
            _ if gone => ImageKind::Gone,
            _ if standing.stock => ImageKind::Stock,
            (None, _) | (Some(_), None) if !standing.image_facts.is_some_and(not_amazon) => {
                ImageKind::Unknown
            }
            (Some(image), _) if image.ours => ImageKind::Custom,
            (Some(image), _) if !image.by_amazon() => ImageKind::Foreign,
            (Some(image), Some(platform)) => self.pinned(image, platform),
            _ => ImageKind::Unknown,
        }
    }

    /// An Amazon image that the platform version does not list. Where AWS did not tell the version's
    /// image for this architecture, it may be just that one.
    fn pinned(&mut self, image: &Image, platform: &PlatformVersion) -> ImageKind {
        match image.architecture {
            Some(architecture) if platform.image(architecture).is_none() => {
                self.untold_image(architecture, platform);
                ImageKind::Unknown
            }
            _ => ImageKind::StockPinned,
        }
    }

    /// An image with a known base is compared with its platform's images of the same architecture:
    /// where AWS did not tell one, that is a question without an answer, not "no drift".
    fn comparable(&mut self, standing: &EnvironmentStanding<'a>) {
        if let (ImageKind::StockPinned, Some(platform), Some(architecture)) =
            (standing.kind, standing.platform, standing.architecture)
            && let Some(own) = platform.image(architecture)
        {
            self.image(own);
        }
        if standing.made_from.is_none() || standing.image_facts.is_none() {
            return;
        }
        let Some(architecture) = standing.architecture else {
            let why = "AWS does not tell it, so its base cannot be compared; look at the image";
            self.doubt::<()>(format!("architecture of the image of {}", self.name), why);
            return;
        };
        for platform in [standing.platform, standing.recommended]
            .into_iter()
            .flatten()
        {
            if platform.image(architecture).is_none() {
                self.untold_image(architecture, platform);
            }
        }
    }

    fn untold_image(&mut self, architecture: Architecture, platform: &PlatformVersion) {
        self.doubt::<()>(
            format!("{architecture} image of {}", platform.arn),
            "AWS does not tell it, so nothing can be compared with it; check the permission \
             ec2:DescribeImages",
        );
    }

    fn lineage(&mut self, known: &'a ImageSighting) -> Option<&'a ImageId> {
        if let Lineage::Unreachable(trouble) = &known.lineage {
            self.keep::<()>(trouble.clone());
        }
        known.lineage.base()
    }
}

fn not_amazon(image: &Image) -> bool {
    !image.by_amazon()
}
