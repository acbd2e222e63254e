//! What can be typed: commands, flags, their help. Contract: people script against it.

mod acting;

mod local;

mod store;

use std::path::PathBuf;

use clap::{ArgAction, Args, Parser, Subcommand, ValueEnum};

use crate::flow::detect::LookDepth;
use crate::service::telemetry::LogFormat;

pub use acting::{
    AnswerArguments, BakeArguments, PublishArguments, RestoreArguments, RollbackArguments,
    RolloutArguments,
};
pub use local::{
    Completions, Config, ConfigCheck, ConfigCommand, Distribution, EngineWord, Man,
    RecipeArguments, RecipeCheck, RecipeCommand, Rehearse,
};
#[cfg(feature = "sim")]
pub use local::{Serve, Sim, SimCommand};
pub use store::{StoreArguments, StoreVerb};

/// Keeps custom AMIs in step with the base they were made from.
#[derive(Debug, Parser)]
#[command(name = "amiwatch", version, propagate_version = true)]
#[command(after_help = "\
Exit codes: 0 in step or done; 1 failed; 2 wrong usage or config; 3 drift found;
4 could not tell (something was unreachable). When several hold: 2, then 1, then 4, then 3.")]
pub struct Arguments {
    #[command(flatten)]
    pub common: Common,
    #[command(subcommand)]
    pub command: CliCommand,
}

/// What every command takes.
#[derive(Debug, Args)]
pub struct Common {
    /// The config [default: ./amiwatch.toml, then /etc/amiwatch/amiwatch.toml]
    #[arg(long, global = true, env = "AMIWATCH_CONFIG", value_name = "FILE")]
    pub config: Option<PathBuf>,
    /// How results are printed
    #[arg(long, global = true, value_enum, default_value_t = Format::Table)]
    pub format: Format,
    /// How log lines look, on stderr
    #[arg(long, global = true, value_enum, default_value_t = LogFormat::Text)]
    pub log: LogFormat,
    /// Log more (twice: still more)
    #[arg(short, long, global = true, action = ArgAction::Count)]
    pub verbose: u8,
}

/// How results are printed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people
    Table,
    /// For programs: a documented `schema`
    Json,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum CliCommand {
    /// Shows every Beanstalk environment, its image, the base it came from, and drift; needs no config
    Survey(SurveyArguments),
    /// Writes a config from what a survey finds
    Init(Init),
    /// Looks once at what the config names: verdicts with reasons
    Check(CheckArguments),
    /// Shows what `run` would do now, and why; changes nothing
    Plan(NamedWatch),
    /// Bakes a watch's image now; joins a bake that is under way
    Bake(BakeArguments),
    /// Moves environments to the watch's image, one after another, and proves it
    Rollout(RolloutArguments),
    /// Takes an environment back to what its last move found
    Rollback(RollbackArguments),
    /// Makes a watch's image known now, where the config says
    Publish(PublishArguments),
    /// Lets an image go to a watch's environments, in answer to a question of the daemon
    Approve(AnswerArguments),
    /// Keeps an image from a watch's environments, in answer to a question of the daemon
    Deny(AnswerArguments),
    /// Watches: makes passes on the schedule (look, decide, bake what may be baked, tell) until stopped
    Run(RunArguments),
    /// Has the running daemon make a pass now, and waits for its end
    Look,
    /// Has the running daemon read its config again
    Reload,
    /// Asks the running daemon how it is; for health checks that have no shell
    Health,
    /// Shows what is: each watch's image, bakes under way, failures, notices that wait
    Status,
    /// Says no to a watch, a release or an image; without arguments, shows what is held
    Hold(HoldArguments),
    /// Ends a hold
    Unhold(Unhold),
    /// Tries whom to tell, and sends what was given up again
    Notify(Notify),
    /// Shows what was: what passes saw, bakes with their steps, what people did
    History(HistoryArguments),
    /// Prints what the guests of a bake wrote to their consoles
    Logs(LogsArguments),
    /// Says why a watch stands as it does, what happens next and when, and what you can do
    Explain(Explain),
    /// Takes an image that was made by hand, or by another tool, as a watch's current one
    Adopt(Adopt),
    /// Lists the images that were made here: how old each is, where it stands, and what comes next
    Images(ImagesArguments),
    /// Shows one image: what it was made from, what names it, and why it stays or goes
    Image(ImageArguments),
    /// Brings an older image back: enables it, ends its deprecation, and lets those launch it who might before
    Restore(RestoreArguments),
    /// Lists what carries our tag, and removes what no bake claims when told to
    Sweep(SweepArguments),
    /// Boots a recipe on this machine under a real cloud-init, as a bake would, and judges it
    Rehearse(Box<Rehearse>),
    /// Works on recipes without booting them
    Recipe(RecipeArguments),
    /// Makes, checks, copies or moves the store: what must survive
    Store(StoreArguments),
    /// Works on the config itself
    Config(Config),
    /// Prints completions for a shell
    Completions(Completions),
    /// Prints the manual's page, or writes the pages of all commands
    Man(Man),
    /// Shows the whole story on a simulated account, in seconds: no AWS, no config
    #[cfg(feature = "sim")]
    Demo,
    /// The simulated account, for any AWS client
    #[cfg(feature = "sim")]
    Sim(Sim),
}

/// `survey`
#[derive(Debug, Args)]
pub struct SurveyArguments {
    /// A region to look at; repeatable; `all` for every region of the account [default: the account's
    /// `regions` in the config, else the SDK's]
    #[arg(long = "region", value_name = "REGION")]
    pub regions: Vec<String>,
    /// An account of the config to look at; repeatable; `own` for that of the credentials, `all` for it and
    /// every one of the config [default: own, without a config]
    #[arg(long = "account", value_name = "NAME")]
    pub accounts: Vec<String>,
    /// Read the settings of every environment, one call each, and what they store with them; otherwise
    /// only where pages of groups and instances do not tell its image
    #[arg(long)]
    settings: bool,
    /// With `--settings`: read what instances run, too, by one more call for each environment. Pages tell
    /// it without
    #[arg(long)]
    instances: bool,
    /// Exit 3 when there is drift
    #[arg(long)]
    pub exit_code: bool,
}

impl SurveyArguments {
    /// As flow knows it.
    pub fn look_depth(&self) -> LookDepth {
        match (self.settings, self.instances) {
            (true, true) => LookDepth::Instances,
            (true, false) => LookDepth::Settings,
            (false, _) => LookDepth::Pages,
        }
    }
}

/// How far a look goes.
#[derive(Debug, Args)]
pub struct DepthArguments {
    /// Read what instances run, too: one more call for each environment
    #[arg(long)]
    instances: bool,
}

impl DepthArguments {
    /// As flow knows it.
    pub fn look_depth(&self) -> LookDepth {
        match self.instances {
            true => LookDepth::Instances,
            false => LookDepth::Settings,
        }
    }
}

/// `check`
#[derive(Debug, Args)]
pub struct CheckArguments {
    #[command(flatten)]
    pub named: NamedWatch,
    #[command(flatten)]
    pub depth: DepthArguments,
}

/// `init`
#[derive(Debug, Args)]
pub struct Init {
    /// A region to survey; repeatable; `all` for every region of the account [default: the SDK's]
    #[arg(long = "region", value_name = "REGION")]
    pub regions: Vec<String>,
    /// The config to write; recipes go into `recipes/` beside it. Nothing is ever overwritten
    #[arg(long, value_name = "FILE", default_value = "amiwatch.toml")]
    pub output: PathBuf,
    /// The name that owns what amiwatch makes [default: amiwatch-<account>]
    #[arg(long, value_name = "NAME")]
    pub installation: Option<String>,
    /// Use the shipped recipe where there is one (ECS branches), and bake from it by itself
    #[arg(long)]
    pub bake: bool,
    /// Ask nothing; needed where there is no terminal
    #[arg(long)]
    pub yes: bool,
}

/// Which watch, for `check` and `plan`
#[derive(Debug, Args)]
pub struct NamedWatch {
    /// Only this watch
    #[arg(value_name = "WATCH")]
    name: Option<String>,
    /// Only this watch, as earlier versions took it
    #[arg(long, value_name = "WATCH", conflicts_with = "name", hide = true)]
    watch: Option<String>,
}

impl NamedWatch {
    /// The watch that was named.
    pub fn watch(&self) -> Option<&str> {
        self.name.as_deref().or(self.watch.as_deref())
    }
}

/// `run`
#[derive(Debug, Args)]
pub struct RunArguments {
    /// Make one full pass, wait for what it started, and exit; start it from cron or a timer
    #[arg(long)]
    pub once: bool,
}

/// `hold`
#[derive(Debug, Args)]
pub struct HoldArguments {
    /// The watch; alone: nothing of it starts
    #[arg(value_name = "WATCH", requires = "reason")]
    pub watch: Option<String>,
    /// A release of its base, by version or image id: it is passed over
    #[arg(
        long,
        value_name = "VERSION|AMI",
        requires = "watch",
        conflicts_with = "image"
    )]
    pub release: Option<String>,
    /// An image that the watch made: it is not for use (quarantined)
    #[arg(long, value_name = "AMI", requires = "watch")]
    pub image: Option<String>,
    /// Why; everybody who is told of the hold reads it
    #[arg(long, value_name = "TEXT", requires = "watch")]
    pub reason: Option<String>,
    /// When it ends by itself: a date, a time (RFC 3339), or a duration from now [default: never]
    #[arg(long, value_name = "DATE|DURATION", requires = "watch")]
    pub until: Option<String>,
}

/// `unhold`
#[derive(Debug, Args)]
pub struct Unhold {
    /// The watch
    #[arg(value_name = "WATCH")]
    pub watch: String,
    /// The release that is held, as it was written
    #[arg(long, value_name = "VERSION|AMI", conflicts_with = "image")]
    pub release: Option<String>,
    /// The image that is held
    #[arg(long, value_name = "AMI")]
    pub image: Option<String>,
}

/// `notify`
#[derive(Debug, Args)]
pub struct Notify {
    #[command(subcommand)]
    pub command: NotifyCommand,
}

/// `notify ...`
#[derive(Debug, Subcommand)]
pub enum NotifyCommand {
    /// Sends a sample to each receiver now, and says for each what happened
    Test(NotifyTest),
    /// Lists each receiver: what waits for it, what was given up, what it was sent last
    List,
    /// Tries again what was given up; leaves it to the process that works on the store, if there is one
    Retry,
}

/// `notify test`
#[derive(Debug, Args)]
pub struct NotifyTest {
    /// Only this receiver, by its name in the config
    #[arg(value_name = "NAME")]
    pub name: Option<String>,
    /// A sample of this event, as it would be told: `drift`, `baked`, `failed`, ...
    #[arg(long, value_name = "EVENT")]
    pub event: Option<String>,
}

/// Entries shown when nobody says how many: about a screen or two.
const HISTORY_LIMIT: usize = 50;

/// `history`
#[derive(Debug, Args)]
pub struct HistoryArguments {
    /// Only this watch
    #[arg(value_name = "WATCH")]
    pub watch: Option<String>,
    /// Show the newest so many entries
    #[arg(long, value_name = "N", default_value_t = HISTORY_LIMIT)]
    pub limit: usize,
    /// Show nothing older, such as 12h or 30d
    #[arg(long, value_name = "DURATION")]
    pub since: Option<String>,
}

/// `logs`
#[derive(Debug, Args)]
pub struct LogsArguments {
    /// The watch; may be left out where the config has one
    #[arg(value_name = "WATCH")]
    pub watch: Option<String>,
    /// Which bake: 1 is the newest, 2 the one before it
    #[arg(long, value_name = "N", default_value_t = 1, value_parser = clap::value_parser!(u32).range(1..))]
    pub bake: u32,
}

/// `explain`
#[derive(Debug, Args)]
pub struct Explain {
    /// The watch to explain; may be left out where the config has one
    #[arg(value_name = "WATCH")]
    pub watch: Option<String>,
    /// Ask nobody: explain from what is remembered
    #[arg(long)]
    pub stored: bool,
}

/// `adopt`
#[derive(Debug, Args)]
pub struct Adopt {
    /// The watch whose image it becomes
    #[arg(value_name = "WATCH")]
    pub watch: String,
    /// The image to take
    #[arg(value_name = "IMAGE")]
    pub image: String,
    /// The Amazon image that it was made from, where EC2 does not know
    #[arg(long, value_name = "IMAGE")]
    pub base: Option<String>,
    /// It was made with another recipe than the watch has now: bake a new one as soon as may be
    #[arg(long)]
    pub other_recipe: bool,
}

/// `images`
#[derive(Debug, Args)]
pub struct ImagesArguments {
    /// Only this watch's
    #[arg(value_name = "WATCH")]
    pub watch: Option<String>,
}

/// `image`
#[derive(Debug, Args)]
pub struct ImageArguments {
    /// An image of the account, in a region of the config's watches
    #[arg(value_name = "AMI")]
    pub image: String,
}

/// `sweep`
#[derive(Debug, Args)]
pub struct SweepArguments {
    /// Remove what nothing claims; without it nothing is changed
    #[arg(long)]
    pub apply: bool,
    /// Only what is at least this old: 30m, 2h, 1d
    #[arg(long, default_value = "2h", value_name = "AGE", value_parser = humantime::parse_duration)]
    pub older_than: std::time::Duration,
}
