//! Attributes of an instance that a call may change: its user data, while it is stopped. No other is known.

use super::instance_verbs::find;
use super::model::Phase;
use super::run::decoded_user_data;
use super::{Room, done};
use crate::wire::fail::Fail;

pub(crate) fn modify(room: &mut Room<'_>) -> Result<String, Fail> {
    let id = room.p.need("InstanceId")?.to_owned();
    let whole = room.p.get("Attribute") == Some("userData");
    let value = match whole {
        true => room.p.get("Value"),
        false => room.p.get("UserData.Value").or(room.p.get("UserData")),
    };
    let value = value.ok_or_else(|| Fail::missing("UserData"))?;
    let user_data = decoded_user_data(value)?;
    let instance = find(room, &id)?;
    if instance.state != Phase::Stopped {
        let message = format!("The instance '{id}' is not in the 'stopped' state.");
        return Err(Fail::new("IncorrectInstanceState", message));
    }
    instance.user_data = user_data;
    done()
}
