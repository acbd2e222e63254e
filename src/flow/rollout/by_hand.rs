//! What a person does about a move that nobody finishes: look, and take it back by hand. Plain.

use crate::flow::move_commands::{
    abort_command, delete_draft_command, events_command, move_command,
};
use crate::model::environment::EnvironmentChange;
use crate::model::notice::PastedCommand;
use crate::model::rollout::MoveOrder;

/// The commands, the most useful first.
pub fn by_hand(order: &MoveOrder) -> Vec<PastedCommand> {
    let target = &order.target;
    let (image, platform) = match order.direction.is_back() {
        true => (&order.to.image, &order.to.platform),
        false => (&order.before.image, &order.before.platform),
    };
    let change = EnvironmentChange {
        image: image.clone(),
        platform: platform.clone(),
    };
    vec![
        PastedCommand::new(
            events_command(target).to_string(),
            "what Beanstalk says of it",
        ),
        PastedCommand::new(
            abort_command(target).to_string(),
            "stops an update that is under way",
        ),
        PastedCommand::new(
            move_command(target, &change).to_string(),
            "takes it back to what it was",
        ),
        PastedCommand::new(
            delete_draft_command(target).to_string(),
            "removes the draft of a failed update",
        ),
    ]
}

/// The same as one line of a remark.
pub fn by_hand_line(order: &MoveOrder) -> String {
    let commands = by_hand(order).into_iter();
    let said = commands.map(|one| format!("{} # {}", one.command, one.purpose));
    said.collect::<Vec<_>>().join("; ")
}
