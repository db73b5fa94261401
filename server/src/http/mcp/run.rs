//! One call of a tool, from the moment it is allowed to its answer.

use super::endpoint::Shared;
use super::meter::Meter;
use super::reply::{self, Failure, Refused, Reply};
use super::{
    input_required,
    limits::{self, Warning},
    lists, request_state,
};
use api_types::Refusal;
use api_types::usage::Outcome;
use domain::toolkits::{
    Answer as ToolAnswer, CallContext, Content, InputRequired, Name, ToolCall, ToolOutput, Unit,
};
use mcp_wire::reply::{Extras, result};
use mcp_wire::{Era, Fault, Id};
use serde_json::{Value, value::RawValue};
use std::sync::Arc;
use std::time::Duration;

/// How long a tool may take.
pub(super) const DEADLINE: Duration = Duration::from_secs(30);
const TOO_SLOW: &str = "this took longer than 30 seconds and was stopped";

/// A call that owns all it needs, so that it can outlive the request and go on within a stream.
pub(super) struct Run {
    pub(super) endpoint: Arc<Shared>,
    pub(super) context: CallContext,
    pub(super) tool: Name,
    /// What is counted of it.
    pub(super) unit: Unit,
    pub(super) arguments: Box<RawValue>,
    /// What the agent is told of what it does, beside the answer.
    pub(super) warning: Option<Warning>,
    pub(super) id: Box<RawValue>,
    pub(super) era: Era,
}

impl Run {
    /// Runs the tool, counts the call, and only then answers.
    pub(super) async fn finish(self, mut meter: Meter) -> Reply {
        let told = self.told(&mut meter).await;
        self.answer(meter, told).await
    }

    /// Runs the tool, if there are units left for it, and says what is to be counted of it.
    pub(super) async fn told(&self, meter: &mut Meter) -> Result<Told, Refused> {
        // Last, so that only what runs holds units.
        limits::units(&self.endpoint, &self.context.principal, self.era, meter).await?;
        meter.runs(self.unit, &self.context.principal.gate.entitlements.plan);
        let ended = self.run().await;
        meter.used(self.context.connection.get().copied());
        match ended {
            Ended::Output(outcome, mut output) => {
                let words = self.warning.as_ref().map(|warning| &warning.words);
                output.content.extend(words.map(Content::text));
                let error = (outcome != Outcome::Ok).then(|| first_text(&output));
                meter.gave(output.rows);
                let body = self.render("complete", output)?;
                Ok(Told {
                    outcome,
                    error,
                    body,
                    asks: false,
                })
            }
            Ended::Ask(asked) => {
                meter.free();
                let body = self.render("input_required", asked)?;
                Ok(Told {
                    outcome: Outcome::Ok,
                    error: None,
                    body,
                    asks: true,
                })
            }
            Ended::Failed(outcome, failure) => Err((outcome, failure)),
        }
    }

    /// Counts the call, and only then answers.
    pub(super) async fn answer(&self, meter: Meter, told: Result<Told, Refused>) -> Reply {
        let answer = match told {
            Ok(told) => meter
                .finish(told.outcome, told.error, told.body.len())
                .await
                .map(|()| Reply::ok(told.body)),
            Err((outcome, failure)) => Err(meter.fail(outcome, failure).await),
        };
        let id = Id::known(&self.id);
        answer.unwrap_or_else(|failure| failure.into_reply(Some(id), self.context.request_id))
    }

    async fn run(&self) -> Ended {
        let context = &self.context;
        let found = context
            .principal
            .tool(&context.services.toolkits, &self.tool);
        let Some(tool) = found else {
            return Ended::Failed(
                Outcome::Failed,
                Failure::of_method(self.era, Fault::internal()),
            );
        };
        let call = ToolCall {
            tool: &self.tool,
            arguments: &self.arguments,
            context: &self.context,
        };
        let answer = tokio::time::timeout(DEADLINE, tool.toolkit.call(call)).await;
        match answer {
            Err(_) => Ended::Output(Outcome::Timeout, ToolOutput::error(TOO_SLOW)),
            Ok(Ok(ToolAnswer::Done(output))) => {
                let outcome = if output.is_error {
                    Outcome::ToolError
                } else {
                    Outcome::Ok
                };
                Ended::Output(outcome, output)
            }
            Ok(Ok(ToolAnswer::InputRequired(asked))) => self.ask(asked),
            Ok(Ok(ToolAnswer::Fault(fault))) => {
                Ended::Failed(Outcome::Invalid, Failure::of_method(self.era, fault))
            }
            // The model can read it and do better.
            Ok(Err(domain::Error::Refused(refusal))) => {
                Ended::Output(Outcome::ToolError, ToolOutput::error(explain(&refusal)))
            }
            Ok(Err(domain::Error::Broken(error))) => {
                Ended::Failed(Outcome::Failed, broken(self.era, &self.tool, &error))
            }
        }
    }

    /// Lets the client ask its person or model. Older clients cannot be asked in this way.
    fn ask(&self, asked: InputRequired) -> Ended {
        if self.era != Era::Modern {
            let message =
                "this tool asks questions, which needs a client of MCP 2026-07-28 or newer";
            return Ended::Output(Outcome::ToolError, ToolOutput::error(message));
        }
        let credential = self.context.principal.credential;
        let tied =
            request_state::context(credential, "tools/call", &self.tool, Some(&self.arguments));
        let states = &self.endpoint.request_states;
        match input_required::content(states, &tied, &self.context.client, asked) {
            Ok(content) => Ended::Ask(content),
            Err(fault) => Ended::Failed(Outcome::Invalid, Failure::of_method(self.era, fault)),
        }
    }

    fn render<T: serde::Serialize>(
        &self,
        kind: &'static str,
        content: T,
    ) -> Result<Vec<u8>, Refused> {
        let extras = lists::extras(self.era, kind, None);
        let warning = self.warning.as_ref();
        let meta = warning.and_then(|warning| warning.meta(self.era));
        let extras = Extras {
            meta: meta.as_deref().or(extras.meta),
            ..extras
        };
        let id = Id::known(&self.id);
        lists::rendered(result(self.era, id, content, extras))
            .map_err(|failure| (Outcome::Failed, failure))
    }
}

/// What a call is answered with, and how it is counted.
pub(super) struct Told {
    pub(super) outcome: Outcome,
    pub(super) error: Option<String>,
    pub(super) body: Vec<u8>,
    /// Whether the client is asked something before it is done.
    pub(super) asks: bool,
}

/// How a tool ended.
enum Ended {
    Output(Outcome, ToolOutput),
    Ask(Value),
    Failed(Outcome, Failure),
}

/// A refusal in words, with the argument that it is about.
pub(super) fn explain(refusal: &Refusal) -> String {
    match refusal {
        Refusal::Invalid { field, message } if field != "arguments" => {
            format!("{field}: {message}")
        }
        refusal => refusal.to_string(),
    }
}

/// Logs what broke, here and nowhere else; the span of the line has the request's id.
pub(super) fn broken(era: Era, what: &str, error: &anyhow::Error) -> Failure {
    tracing::error!(error = format!("{error:#}"), what, "an MCP call broke");
    if crate::http::error::is_overload(error) {
        return reply::busy();
    }
    Failure::of_method(era, Fault::internal())
}

fn first_text(output: &ToolOutput) -> String {
    let text = output.content.iter().find_map(|content| match content {
        Content::Text { text } => Some(text.clone()),
        _ => None,
    });
    text.unwrap_or_default()
}
