//! Arguments of the commands that make images, move environments and make images known. Contract, as the rest.

use clap::Args;

/// `bake`
#[derive(Debug, Args)]
pub struct BakeArguments {
    /// The watch to bake
    #[arg(value_name = "WATCH")]
    pub watch: String,
    /// Bake the next generation even when a verified image exists, and in spite of a hold
    #[arg(long)]
    pub force: bool,
}

/// `rollout`
#[derive(Debug, Args)]
pub struct RolloutArguments {
    /// The watch whose image it is
    #[arg(value_name = "WATCH")]
    pub watch: String,
    /// An environment of the watch, ENVIRONMENT or APPLICATION/ENVIRONMENT; repeatable [default: all of
    /// them, wave by wave]
    #[arg(long = "environment", value_name = "ENVIRONMENT")]
    pub environments: Vec<String>,
    /// Another verified image of the watch [default: its present one]
    #[arg(long, value_name = "AMI", requires = "environments")]
    pub image: Option<String>,
    /// Outside of the watch's windows too; environments that are named are moved now in any case
    #[arg(long)]
    pub now: bool,
    /// Ask nothing; needed where there is no terminal
    #[arg(long)]
    pub yes: bool,
}

/// `rollback`
#[derive(Debug, Args)]
pub struct RollbackArguments {
    /// The environment; with --all, the watch
    #[arg(value_name = "APPLICATION/ENVIRONMENT|WATCH")]
    pub target: String,
    /// The watch, where several name the environment
    #[arg(long, value_name = "WATCH")]
    pub watch: Option<String>,
    /// Every environment of the watch whose last move was not taken back
    #[arg(long)]
    pub all: bool,
    /// Ask nothing; needed where there is no terminal
    #[arg(long)]
    pub yes: bool,
}

/// `approve`, `deny`
#[derive(Debug, Args)]
pub struct AnswerArguments {
    /// The question, as its notice, `status` and `explain` name it
    #[arg(value_name = "ID")]
    pub id: String,
    /// Ask nothing; needed where there is no terminal
    #[arg(long)]
    pub yes: bool,
}

/// `publish`
#[derive(Debug, Args)]
pub struct PublishArguments {
    /// The watch whose image it is
    #[arg(value_name = "WATCH")]
    pub watch: String,
    /// Only this destination, such as ssm:eu-west-1, or every one of its sort: ssm
    #[arg(long, value_name = "DESTINATION")]
    pub to: Option<String>,
    /// Ask nothing; needed where there is no terminal
    #[arg(long)]
    pub yes: bool,
}

/// `restore`
#[derive(Debug, Args)]
pub struct RestoreArguments {
    /// The image, in a region of the config's watches or of their copies
    #[arg(value_name = "AMI")]
    pub image: String,
    /// Ask nothing; needed where there is no terminal
    #[arg(long)]
    pub yes: bool,
}
