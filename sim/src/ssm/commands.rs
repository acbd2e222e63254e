//! SSM Run Command: a script sent to instances whose agents have registered, and what became of it.
//!
//! Awkward as SSM is: a command is not known right after it was sent, of its output 24,000 characters
//! are given back, and an instance without a registered agent is an invalid one.

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

use crate::clock::delta;
use crate::door::Call;
use crate::ec2::model::{Instance, Phase};
use crate::guest::Ran;
use crate::state::{Core, Region};
use crate::wire::fail::Fail;

/// Only this document is known.
const DOCUMENT: &str = "AWS-RunShellScript";
/// What is given back of an output.
const OUTPUT_MAX: usize = 24_000;
/// How long reads do not know a new command.
const UNKNOWN_MS: i64 = 700;

/// One script in one instance.
#[derive(Clone, Debug)]
pub(crate) struct Command {
    instance: String,
    comment: String,
    sent: DateTime<Utc>,
    done: DateTime<Utc>,
    /// The boot that it runs in; when that ends first, it is cut.
    boot: u32,
    ran: Ran,
}

pub(super) fn send(core: &mut Core, here: &mut Region, call: &Call) -> Result<Value, Fail> {
    let document = call.params.need("DocumentName")?;
    if document != DOCUMENT {
        let message = format!("Document with name {document} does not exist.");
        return Err(Fail::new("InvalidDocument", message));
    }
    let ids = call.params.list("InstanceIds");
    let [id] = ids.as_slice() else {
        let message = "This simulated SSM takes one instance id a command.";
        return Err(Fail::new("ValidationException", message));
    };
    let script = call.params.list("Parameters.commands").join("\n");
    if script.is_empty() {
        let message = "The parameter commands of the document is required.";
        return Err(Fail::new("InvalidParameters", message));
    }
    let instance = here.ec2.instances.get(id.as_str());
    let registered = instance.filter(|one| one.state == Phase::Running);
    let Some((instance, agent)) = registered.and_then(|one| Some((one, one.agent.clone()?))) else {
        let message = format!(
            "Instances [[{id}]] not in a valid state for account {}",
            here.ec2.account
        );
        return Err(Fail::new("InvalidInstanceId", message));
    };
    let ran = agent.run(&script);
    let command = Command {
        instance: id.clone(),
        comment: call.params.get("Comment").unwrap_or_default().to_owned(),
        sent: core.now,
        done: core.now + delta(ran.took),
        boot: instance.boot_number,
        ran,
    };
    let name = format!("51300000-0000-4000-9000-{:012}", core.number());
    let answer = json!({ "Command": {
        "CommandId": name,
        "DocumentName": DOCUMENT,
        "Comment": command.comment,
        "InstanceIds": [id],
        "Status": "Pending",
        "RequestedDateTime": core.now.timestamp_millis() as f64 / 1000.0,
    }});
    here.commands.insert(name, command);
    Ok(answer)
}

pub(super) fn invocation(core: &Core, here: &Region, call: &Call) -> Result<Value, Fail> {
    let (name, id) = (
        call.params.need("CommandId")?,
        call.params.need("InstanceId")?,
    );
    let known = here.commands.get(name).filter(|one| {
        one.instance == id && core.now - one.sent >= TimeDelta::milliseconds(UNKNOWN_MS)
    });
    let Some(command) = known else {
        return Err(Fail::new("InvocationDoesNotExist", ""));
    };
    let Outcome {
        status,
        code,
        stdout,
        stderr,
    } = outcome(core, here.ec2.instances.get(id), command);
    Ok(json!({
        "CommandId": name,
        "InstanceId": id,
        "Comment": command.comment,
        "DocumentName": DOCUMENT,
        "Status": status,
        "StatusDetails": status,
        "ResponseCode": code,
        "StandardOutputContent": cut(stdout),
        "StandardErrorContent": cut(stderr),
    }))
}

struct Outcome<'a> {
    status: &'static str,
    code: i32,
    stdout: &'a str,
    stderr: &'a str,
}

fn outcome<'a>(core: &Core, instance: Option<&Instance>, command: &'a Command) -> Outcome<'a> {
    let silent = |status, code| Outcome {
        status,
        code,
        stdout: "",
        stderr: "",
    };
    let runs =
        instance.is_some_and(|one| one.state == Phase::Running && one.boot_number == command.boot);
    match (core.now >= command.done, runs) {
        (false, true) => silent("InProgress", -1),
        // Its instance went away under it: nobody will ever tell.
        (false, false) => silent("TimedOut", -1),
        (true, _) => Outcome {
            status: if command.ran.exit == 0 {
                "Success"
            } else {
                "Failed"
            },
            code: command.ran.exit,
            stdout: &command.ran.stdout,
            stderr: &command.ran.stderr,
        },
    }
}

fn cut(text: &str) -> String {
    text.chars().take(OUTPUT_MAX).collect()
}
