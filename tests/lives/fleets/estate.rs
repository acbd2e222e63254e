//! What an account of environments begins with: how many, how each replaces its instances, what it runs.
//! Drawn from the seed, as are the answers of AWS that nobody documents.

use sim::{Account, Branch, EnvironmentSpec, Moves};

use super::super::chance::Chance;
use crate::common::proved::MadeFrom;
use crate::common::world::{BRANCH, QUEUE, RECIPE, REGION, TOPIC, release};

/// The role that alone may change environments.
pub(crate) const MOVER: &str = "amiwatch-rollout";
/// The one that goes first, where there are waves.
pub(crate) const CANARY: &str = "shop-canary";
const OTHERS: [&str; 4] = ["shop-blue", "shop-green", "shop-batch", "shop-late"];
const FIRST: &str = "4.5.0";

/// How an environment replaces its instances.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    Immutable,
    Rolling,
    AllAtOnce,
    Single,
    /// By the clock, which no move may use.
    ByTime,
}

impl Way {
    fn draw(chance: &mut Chance) -> Self {
        match chance.below(10) {
            0..=3 => Self::Immutable,
            4..=6 => Self::Rolling,
            7 => Self::AllAtOnce,
            8 => Self::Single,
            _ => Self::ByTime,
        }
    }

    fn of(self, spec: EnvironmentSpec) -> EnvironmentSpec {
        match self {
            Self::Immutable => spec.immutable(),
            Self::Rolling => spec.rolling_by_health(),
            Self::AllAtOnce => spec,
            Self::Single => spec.immutable().single_instance(),
            Self::ByTime => spec.rolling_by_time(),
        }
    }
}

/// An environment as it was made; another one of the name is made like it.
#[derive(Debug, Clone)]
pub(crate) struct Made {
    pub(crate) name: &'static str,
    /// It was made with the image that is proved from the start, and not with its platform's own.
    pub(crate) on_first_image: bool,
    spec: EnvironmentSpec,
}

impl Made {
    fn draw(name: &'static str, first_image: &str, chance: &mut Chance) -> Self {
        let count = u32::try_from(2 + chance.below(3)).unwrap();
        let mut spec = EnvironmentSpec::new("shop", name, BRANCH).version(FIRST);
        spec = spec.instances(count).between(count, count + 4);
        let on_first_image = !chance.once_in(3);
        if on_first_image {
            spec = spec.image(first_image);
        }
        spec = match chance.once_in(6) {
            true => spec.basic_health(),
            false => spec.option(
                "aws:elasticbeanstalk:healthreporting:system",
                "SystemType",
                "enhanced",
            ),
        };
        if chance.once_in(4) {
            spec = spec.managed_actions();
        }
        let spec = Way::draw(chance).of(spec);
        Self {
            name,
            on_first_image,
            spec,
        }
    }

    /// Puts it into the account.
    pub(crate) fn make(&self, account: &Account) {
        account.at(REGION).environment(self.spec.clone()).unwrap();
    }
}

/// Everything that is there at the beginning.
#[derive(Debug, Clone)]
pub(crate) struct Estate {
    pub(crate) environments: Vec<Made>,
    /// The image that is proved from the start.
    pub(crate) first_image: String,
    pub(crate) moves: Moves,
}

impl Estate {
    /// Fills an account.
    pub(crate) fn fill(account: &Account, chance: &mut Chance) -> Self {
        let here = account.at(REGION);
        here.branch(Branch::new(BRANCH)).unwrap();
        let first_image = released(account, FIRST);
        let count = usize::try_from(1 + chance.below(4)).unwrap();
        let names = [CANARY].into_iter().chain(OTHERS.into_iter().take(count));
        let environments: Vec<Made> = names
            .map(|name| Made::draw(name, &first_image, chance))
            .collect();
        for one in &environments {
            one.make(account);
        }
        here.topic(TOPIC).unwrap();
        here.queue(QUEUE).unwrap();
        here.subscribe(TOPIC, QUEUE).unwrap();
        account.role(MOVER, None);
        let moves = match chance.once_in(2) {
            true => Moves::default(),
            false => Moves::nth(usize::try_from(chance.below(Moves::COUNT as u64)).unwrap()),
        };
        account.set_moves(moves.clone());
        Self {
            environments,
            first_image,
            moves,
        }
    }

    /// Whether one call may bring image and platform version, as every move forward does.
    pub(crate) fn moves_are_taken(&self) -> bool {
        self.moves.image_with_platform != sim::ImageWithPlatform::Refused
            && !self.moves.immutable_alone
    }
}

/// A version comes out, and an image of it is there that was baked and proved; its id.
pub(crate) fn released(account: &Account, version: &str) -> String {
    account.at(REGION).release(release(version)).unwrap();
    let arn = format!("arn:aws:elasticbeanstalk:{REGION}::platform/{BRANCH}/{version}");
    let platform = account.platform(&arn).expect("it was just released");
    let made = MadeFrom {
        base_image: &platform.images["x86_64"],
        base_version: version,
        recipe: RECIPE,
        generation: 1,
    };
    made.make(account, "")
}
