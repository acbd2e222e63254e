//! The facts that a bake's end leaves, and the notices about them: one batch with the end itself.

use chrono::{DateTime, TimeDelta, Utc};

use super::steps::{Bake, BakeOutput, BakeStep};
use crate::flow::{notify, plan};
use crate::model::bake::{BakeKey, BakeOrder, BakedImage, KeyInputs};
use crate::model::history::{Failing, WatchHistory};
use crate::model::notice::Notice;
use crate::store::{Op, StoreError, memory};
use crate::workflow::{Failure, Outcome, Run};
