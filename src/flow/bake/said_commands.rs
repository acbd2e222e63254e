//! The commands that a bake tells people to paste, with their causes and as they are told: for the contract
//! that runs each of them. The functions are those that tell them.

use super::by_hand::{find_groups, find_guest, find_image};
use super::ended_by::EndedBy;
use crate::model::bake::BakeKey;
use crate::model::ids::{Installation, InstanceId, Region};
use crate::model::tags;

/// A command, why it is told, and what is told beside it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SaidCommand {
    pub cause: &'static str,
    pub sentence: String,
    pub command: String,
}

impl SaidCommand {
    /// Of a sentence that holds its command between backticks; absent where it holds none.
    pub fn within(cause: &'static str, sentence: String) -> Option<Self> {
        let command = sentence.split('`').nth(1)?.to_owned();
        Some(Self {
            cause,
            sentence,
            command,
        })
    }
}

/// Those of a bake of this key, and of a guest of it.
pub fn said_commands(
    key: &BakeKey,
    installation: &Installation,
    guest: &InstanceId,
    region: &Region,
) -> Vec<SaidCommand> {
    let unknown = |command: String| SaidCommand {
        cause: "an undo failed, and the journal knows no id",
        sentence: "this shows what there is".to_owned(),
        command,
    };
    let ended =
        |by: EndedBy| SaidCommand::within("a guest never reported", by.sentence(guest, region));
    let found = [
        find_guest(key, tags::role::BUILDER, region),
        find_image(key, region),
        find_groups(installation, region),
    ];
    let ends = [EndedBy::Somebody, EndedBy::NeverStarted];
    found
        .map(unknown)
        .into_iter()
        .chain(ends.into_iter().filter_map(ended))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_a_command_that_names_its_region() {
        let key = serde_json::from_value(serde_json::json!("abc")).unwrap();
        let region: Region = "eu-west-1".into();
        let all = said_commands(&key, &"acme".into(), &"i-1".into(), &region);
        assert_eq!(all.len(), 5, "{all:#?}");
        for one in all {
            let command = &one.command;
            assert!(command.starts_with("aws "), "{one:?}");
            assert!(command.ends_with(" --region eu-west-1"), "{one:?}");
        }
    }
}
