//! Which file does which step of a publication, for which sort of destination. Decides nothing.

use chrono::{DateTime, Utc};

use super::hands::Publication;
use super::steps::{PublicationOutput, PublicationStep, PublishKind};
use super::template::{self, Template};
use super::{closing, copies, looking, parameter, share};
use crate::model::publish_rules::{PublishAs, TemplateRef};
use crate::store::{Op, StoreError};
use crate::workflow::{At, Run, RunOutcome, StepError, StepLook, Undo, Workflow};

fn template(template: &TemplateRef, make_default: bool) -> Template<'_> {
    Template {
        template,
        make_default,
    }
}

impl Workflow for Publication<'_> {
    type Kind = PublishKind;

    async fn find(&self, at: &At<'_, PublishKind>) -> Result<Option<PublicationOutput>, StepError> {
        match (at.step, &at.run.input().publish) {
            (PublicationStep::Write, PublishAs::Parameter { name }) => {
                parameter::find_written(self, at, name).await
            }
            (
                PublicationStep::Write,
                PublishAs::Template {
                    template: of,
                    make_default,
                },
            ) => template::find_version(self, at, template(of, *make_default)).await,
            (PublicationStep::Write, PublishAs::Copy { .. }) => copies::find_copy(self, at).await,
            // Sharing once more says the same; the other steps only look.
            (PublicationStep::Write, PublishAs::Share { .. })
            | (PublicationStep::LookAtIt | PublicationStep::ReadBack, _) => Ok(None),
        }
    }

    async fn start(
        &self,
        at: &At<'_, PublishKind>,
    ) -> Result<StepLook<PublicationOutput>, StepError> {
        match (at.step, &at.run.input().publish) {
            (PublicationStep::Write, PublishAs::Parameter { name }) => {
                parameter::write_parameter(self, at, name).await
            }
            (
                PublicationStep::Write,
                PublishAs::Template {
                    template: of,
                    make_default,
                },
            ) => template::write_version(self, at, template(of, *make_default)).await,
            (PublicationStep::Write, PublishAs::Copy { key }) => {
                copies::start_copy(self, at, key.as_deref()).await
            }
            (PublicationStep::Write, PublishAs::Share { with }) => {
                share::write_share(self, at, with).await
            }
            (PublicationStep::LookAtIt | PublicationStep::ReadBack, _) => self.check(at).await,
        }
    }

    async fn check(
        &self,
        at: &At<'_, PublishKind>,
    ) -> Result<StepLook<PublicationOutput>, StepError> {
        match (at.step, &at.run.input().publish) {
            (PublicationStep::LookAtIt, PublishAs::Copy { .. }) => {
                copies::look_at_source(self, at).await
            }
            (PublicationStep::LookAtIt, PublishAs::Share { .. }) => {
                let order = at.run.input();
                // What others may launch no more need not be fit for anything.
                if order.back.is_none() {
                    looking::fit_image(&self.cloud, order.image_here(), order).await?;
                }
                Ok(share::look_at_share())
            }
            (
                PublicationStep::LookAtIt,
                PublishAs::Template {
                    template: of,
                    make_default,
                },
            ) => {
                let order = at.run.input();
                looking::fit_image(&self.cloud, order.image_here(), order).await?;
                template::look_at_template(self, at, template(of, *make_default)).await
            }
            (PublicationStep::LookAtIt, PublishAs::Parameter { name }) => {
                let order = at.run.input();
                looking::fit_image(&self.cloud, order.image_here(), order).await?;
                parameter::look_at_parameter(self, at, name).await
            }
            (PublicationStep::ReadBack, PublishAs::Copy { .. }) => {
                copies::read_back(self, at).await
            }
            (PublicationStep::ReadBack, PublishAs::Share { with }) => {
                share::read_back(self, at, with).await
            }
            (
                PublicationStep::ReadBack,
                PublishAs::Template {
                    template: of,
                    make_default,
                },
            ) => template::read_back(self, at, template(of, *make_default)).await,
            (PublicationStep::ReadBack, PublishAs::Parameter { name }) => {
                parameter::read_back(self, at, name).await
            }
            // `start` of it is done or has failed; a look that is still wanted asks `find`.
            (PublicationStep::Write, _) => Err(StepError::Again {
                why: "looked for once more".to_owned(),
            }),
        }
    }

    /// What was written is the image that should stand there, or SSM never took it: there is nothing to
    /// remove but a copy that EC2 could not make. That it may still appear is remembered with the end.
    async fn undo(&self, at: &At<'_, PublishKind>) -> Result<Undo, StepError> {
        match (at.step, &at.run.input().publish) {
            (PublicationStep::Write, PublishAs::Copy { .. }) => copies::undo_copy(self, at).await,
            _ => Ok(Undo::Gone),
        }
    }

    async fn closing(
        &self,
        run: &Run<PublishKind>,
        outcome: &RunOutcome,
        now: DateTime<Utc>,
    ) -> Result<Vec<Op>, StoreError> {
        closing::closing_ops(self, run, outcome, now).await
    }
}
