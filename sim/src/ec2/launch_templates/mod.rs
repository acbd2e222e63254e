//! Launch templates: numbered versions of what is launched. Theirs, and those that environments have, which
//! can be read and not changed here.

mod data;
mod describe;
mod find;
mod make;
mod model;

pub(crate) use data::merged;
pub(crate) use describe::{templates, versions};
pub(crate) use find::all;
pub(crate) use make::{create, create_version, delete, delete_versions, modify};
pub(crate) use model::{LaunchTemplate, TemplateVersion};
