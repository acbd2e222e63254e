//! The one door to AWS, in our words. Nothing else in the house imports an AWS SDK.
//!
//! Owns: how AWS is reached ([`Connection`]), one look or one change per function ([`Cloud`]), and
//! what went wrong ([`CloudError`], by kind). SDK types stop here: what leaves are the model's
//! nouns and the small structs of this module.
//!
//! It decides nothing and waits for nothing but its turn ([`pace`]): no waiters (they sleep inside one
//! call, so that a crash loses the wait), no retry of a change. Callers look again, and they find.

mod accessors;
mod account;
mod call;
mod clients;
mod codes;
mod connection;
mod entire;
mod error;
mod fence;
mod identity;
mod lane;
mod masked;
mod meter;
mod pace;
mod payer;
mod sdk_clock;
mod slow;
mod trust;

mod beanstalk;
mod environment_change;
mod environment_events;
mod environment_instances;
mod environment_now;
mod environment_sets;
mod group_standings;
mod platforms;
mod raw_amis;

mod commands;
mod copies;
mod event_buses;
mod image_candidates;
mod image_changes;
mod image_names;
mod image_parameters;
mod image_references;
mod image_rungs;
mod images;
mod instances;
mod keys;
mod known_texts;
mod launch;
mod launch_permissions;
mod launch_templates;
mod network;
mod owned_images;
mod parameter_lists;
mod parameters;
mod profile;
mod saved_configurations;
mod scaling;
mod security_groups;
mod table;
mod table_rows;
mod table_upkeep;
mod table_wire;
mod tagging;
mod template_versions;
mod topics;
mod volumes;
mod without_beanstalk;

#[cfg(test)]
mod answers_tests;
#[cfg(test)]
pub(crate) mod canned;
#[cfg(test)]
mod ec2_tests;
#[cfg(test)]
mod environment_change_tests;
#[cfg(test)]
mod environment_tests;
#[cfg(test)]
mod identity_tests;
#[cfg(test)]
mod lane_tests;
#[cfg(test)]
mod move_tests;
#[cfg(test)]
mod page_tests;
#[cfg(test)]
mod reference_tests;
#[cfg(test)]
mod tests;

pub use beanstalk::TerminatedEnvironment;
pub use call::Cloud;
pub use commands::{CommandId, Invocation};
pub use connection::{ByHand, Connection, Reach};
pub use copies::CopyImage;
pub use environment_instances::EnvironmentInstance;
pub use environment_now::EnvironmentResources;
pub use error::{CallFailure, CloudError, ErrorKind};
pub use event_buses::BusEvent;
pub use fence::Fence;
pub use identity::{AssumedRole, Identity};
pub use image_changes::{CreateImage, Snapshot};
pub use image_names::arm64_name_pattern;
pub use image_parameters::ParameterNow;
pub use images::Ancestor;
pub use instances::{Instance, InstanceState};
pub use known_texts::NamingParameter;
pub use launch::{LaunchRequest, OnShutdown};
pub use launch_permissions::can_be_granted;
pub use launch_templates::{NamedTemplate, TemplateVersion};
pub use meter::{Calls, OperationCalls};
pub use network::{InstanceTypeFacts, Offering, Subnet};
pub use pace::Pace;
pub use parameters::{Parameter, ParameterRelease, release_from_parameter};
pub use profile::missing_profile;
pub use scaling::{ENVIRONMENTS_PER_QUESTION, LaunchConfiguration, ScalingGroup};
pub use security_groups::{InboundRule, SecurityGroup};
pub use table::Table;
pub use table_rows::{Cell, Obstacle, Row, RowKey, RowPage, RowTest, RowWrite, Transacted};
pub use table_upkeep::TableNow;
pub use template_versions::{NewTemplateVersion, TemplateNow};
pub use topics::Message;
pub use volumes::Volume;
pub use without_beanstalk::has_beanstalk;
