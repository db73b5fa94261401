//! What somebody says when they connect an account, read once.

use super::Words;
use api_types::{Refusal, connections::Sharing};
use connector::{OAuth2, Provider};
use std::collections::BTreeMap;

/// What somebody wants to connect.
#[derive(Clone)]
pub struct NewConnection {
    /// The provider's id.
    pub provider: String,
    /// What people will call it.
    pub label: String,
    /// Whose it will be.
    pub sharing: Sharing,
    /// What is asked of the provider, for OAuth.
    pub scopes: Vec<String>,
    /// Answers to the provider's questions.
    pub answers: BTreeMap<String, String>,
    /// A key, or a name and a password; empty for OAuth.
    pub secrets: Vec<String>,
}

/// It may hold secrets.
impl std::fmt::Debug for NewConnection {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("NewConnection")
            .field("provider", &self.provider)
            .field("label", &self.label)
            .field("sharing", &self.sharing)
            .finish_non_exhaustive()
    }
}

/// A label: what people call a connection.
pub(super) fn label(text: &str) -> Result<String, Refusal> {
    let text = text.trim();
    let length = text.chars().count();
    if length == 0 || length > 80 || text.chars().any(char::is_control) {
        let message = "please choose a name of 1 to 80 characters";
        return Err(Refusal::invalid("label", message));
    }
    Ok(text.into())
}

/// The words for the provider's addresses.
pub(super) fn words(
    provider: &Provider,
    answers: &BTreeMap<String, String>,
) -> Result<Words, Refusal> {
    let mut words = Words::new();
    for question in &provider.questions {
        let given = answers.get(&question.id).map(|answer| answer.trim());
        let given = given.filter(|answer| !answer.is_empty());
        let field = format!("answer-{}", question.id);
        let answer = given
            .or(question.default.as_deref())
            .ok_or_else(|| Refusal::invalid(&field, "please fill this in"))?;
        let answer = question.check(answer);
        let answer = answer.map_err(|error| Refusal::invalid(&field, error.to_string()))?;
        words.insert(question.id.clone(), answer);
    }
    Ok(words)
}

/// The scopes to ask for: those chosen, which must be the provider's, and those that are always asked for.
pub(super) fn scopes(how: &OAuth2, chosen: &[String]) -> Result<Vec<String>, Refusal> {
    let mut scopes = how.always.clone();
    for scope in chosen {
        if !how.scopes.iter().any(|known| &known.name == scope) && !how.always.contains(scope) {
            let message = format!("{scope} is no scope of this provider");
            return Err(Refusal::invalid("scope", message));
        }
        if !scopes.contains(scope) {
            scopes.push(scope.clone());
        }
    }
    Ok(scopes)
}
