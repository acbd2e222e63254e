//! A simulated AWS account at the wire, or several.
//!
//! One [`Account`] answers the real protocols: EC2 query, Elastic Beanstalk, Auto Scaling, SNS and STS
//! query, DynamoDB, KMS, SSM and SQS JSON. Two doors lead into the same state: [`Account::connector`], handed to an AWS SDK
//! for Rust as its HTTP client, and [`serve`], an HTTP server for any AWS client. Time comes from a
//! [`SimClock`] alone and state changes are applied when a call comes in, so that a test can turn
//! time by hand and two runs of one scenario are the same to the byte.
//!
//! It imitates AWS where AWS is awkward (pages, throttling, eventual consistency, pending states,
//! late console output, two configuration sets, empty answers where permission is missing), and it
//! refuses to look real: account `000000000000`, ids that AWS never makes. A world may have more accounts
//! ([`Account::open`]); whose credentials sign a request decides which of them answers.

mod account;
mod actions;
mod autoscaling;
mod bad_days;

mod beanstalk;
mod building;
mod call;
mod clock;
mod connector;
mod control;
mod door;
mod drawn_days;
mod dynamodb;
mod ec2;
mod environment_views;
mod events;
mod exec_guest;
mod fault;
mod guest;
mod iam;
mod kms;
mod ledger;
mod messaging;
mod realm;
mod retirements;
mod roles;
mod server;
mod sharing;
mod ssm;
mod standing;
mod state;
mod sts;
mod table_views;
mod template_views;
mod throttle;
mod views;
mod wire;
mod world;

pub use account::{Account, At, InFlight};
pub use clock::{HandClock, SimClock};
pub use connector::{SimConnector, Sleep};
pub use door::{Answer, Delivery};
pub use drawn_days::BadDay;
pub use environment_views::{DraftView, EnvironmentView, HealthTurn, UpdateEnd, UpdateView};
pub use exec_guest::ExecGuest;
pub use fault::{FaultKind, FaultRule, When};
pub use guest::{Agent, Boot, Disk, Guest, Machine, Ran, SilentGuest};
pub use ledger::{Counters, Entry};
pub use messaging::model::BusEvent;
pub use realm::AccountSpec;
pub use retirements::{ImageUse, Retirement};
pub use roles::RoleSpec;
pub use server::{ServeError, ServeOptions, serve};
pub use state::{ACCOUNT_ID, AMAZON_ID, MARKETPLACE_ID};
pub use table_views::{Consumed, TableView};
pub use template_views::LaunchTemplateView;
pub use throttle::{Rate, Throttling};
pub use views::{
    ImageView, InstanceView, Leftover, Message, ParameterView, PlatformView, SnapshotView,
};
pub use world::{
    AbortedDraft, Action, Branch, CallerRights, ConsoleEnd, DisabledById, Edit, EnvironmentChange,
    EnvironmentSpec, GroupSpec, ImageChange, ImageChecked, ImageSpec, ImageWithPlatform,
    InstanceTypeSpec, Keeping, LatestRefused, LaunchConfigurationSpec, LaunchTemplateSpec,
    Launches, ManagedUpdate, Moment, Moves, OldImageGone, OwnImage, ParameterNumber, PolicyInCall,
    Release, SavedConfiguration, Serves, Step, Superseded, Timing, Updated, World, WorldError,
};
