//! SSM Run Command: a shell script run as root in one instance, and what it printed.
//!
//! Sending has no client token: whoever sends asks only what may be asked twice.

use std::time::Duration;

use aws_sdk_ssm::types::CommandInvocationStatus as Status;

use super::call::{Cloud, Operation};
use super::error::{CloudError, ErrorKind};
use crate::model::ids::InstanceId;

const SEND_COMMAND: Operation = Operation::change("ssm:SendCommand");
const GET_INVOCATION: Operation = Operation::read("ssm:GetCommandInvocation");

/// AWS's own document, on every Linux with an agent.
const RUN_SHELL_SCRIPT: &str = "AWS-RunShellScript";
/// How long a command may wait for its agent: the least that SSM takes.
const DELIVERY_S: i32 = 30;
/// SSM cuts a longer comment off with an error.
const COMMENT_MAX: usize = 100;

/// A command that was sent, as SSM names it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CommandId(String);

/// How far a command is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Invocation {
    /// Not answered yet, or not known everywhere yet.
    Pending,
    /// Ended by itself with exit code 0; what it printed, at most 24,000 characters of it.
    Done { stdout: String },
    /// Ended otherwise: SSM's word for it, the exit code, and what it printed as an error.
    Failed {
        status: String,
        exit: i32,
        stderr: String,
    },
}

impl Cloud {
    /// Sends a shell script to one instance. `limit`: how long it may run.
    ///
    /// # Errors
    /// `NotFound`: no agent of that instance has registered (yet). `Unknown`: it may run.
    pub async fn send_script(
        &self,
        id: &InstanceId,
        script: &str,
        limit: Duration,
        comment: &str,
    ) -> Result<CommandId, CloudError> {
        let comment: String = comment.chars().take(COMMENT_MAX).collect();
        let request = self
            .ssm(SEND_COMMAND)
            .send_command()
            .document_name(RUN_SHELL_SCRIPT)
            .instance_ids(id.as_str())
            .parameters("commands", vec![script.to_owned()])
            .parameters("executionTimeout", vec![limit.as_secs().to_string()])
            .timeout_seconds(DELIVERY_S)
            .comment(comment)
            .send();
        let answer = self.call(SEND_COMMAND, id, request).await?;
        let sent = answer.command().and_then(|command| command.command_id());
        let sent = sent.map(|id| CommandId(id.to_owned()));
        sent.ok_or_else(|| {
            let message = "the answer names no command";
            self.fault(SEND_COMMAND, id, ErrorKind::Unknown, message)
        })
    }

    /// One look at a command.
    ///
    /// # Errors
    /// Any kind but `NotFound`: SSM does not know a command right after it was sent.
    pub async fn invocation(
        &self,
        id: &InstanceId,
        command: &CommandId,
    ) -> Result<Invocation, CloudError> {
        let request = self
            .ssm(GET_INVOCATION)
            .get_command_invocation()
            .command_id(&command.0)
            .instance_id(id.as_str())
            .send();
        let answer = match self.call(GET_INVOCATION, id, request).await {
            Err(error) if error.kind == ErrorKind::NotFound => return Ok(Invocation::Pending),
            answer => answer?,
        };
        let text = |text: Option<&str>| text.unwrap_or_default().to_owned();
        Ok(match answer.status() {
            None | Some(Status::Pending | Status::InProgress | Status::Delayed) => {
                Invocation::Pending
            }
            Some(Status::Success) => Invocation::Done {
                stdout: text(answer.standard_output_content()),
            },
            Some(other) => Invocation::Failed {
                status: other.as_str().to_owned(),
                exit: answer.response_code(),
                stderr: text(answer.standard_error_content()),
            },
        })
    }
}
