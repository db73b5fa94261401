//! From an answer to a result.

use crate::keep::Keep;
use crate::{Operation, Request, Wrong, pagination, path};
use serde_json::{Value, json};

/// An answer that is no refusal (see [`crate::is_refusal`]).
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The status.
    pub status: u16,
    /// Its headers.
    pub headers: &'a [(String, String)],
    /// Its body.
    pub body: &'a [u8],
}

/// A tool's result.
#[derive(Clone, Debug, PartialEq)]
pub struct Output {
    /// What is told, in the form of [`Operation::output_schema`] where there is one. Null for a file.
    pub data: Value,
    /// What to pass as `page` for more; in `data` too.
    pub next_page: Option<String>,
}

impl Operation {
    /// The result of a call. `asked` is the request as it was sent, with the secret: so a provider's link to the next
    /// page, which may repeat a secret in the query, is known to do so, and the secret goes into no page.
    pub fn result(&self, asked: &Request, answer: &Answer) -> Result<Output, Wrong> {
        let mut output = Output {
            data: Value::Null,
            next_page: None,
        };
        if self.file {
            return Ok(output);
        }
        let json = self.read(answer)?;
        let found = path::read(&json, self.items_path()).unwrap_or(&Value::Null);
        let keep = Keep::of(&self.keep)?;
        let cut = |item: &Value| {
            if self.keep.is_empty() {
                return Some(item.clone());
            }
            keep.cut(item).filter(|left| !left.is_null())
        };
        output.data = match found {
            // A list that nobody expected is told as one, unless that would take a member's name.
            Value::Array(items) if self.is_list() || !keep.has("items") => {
                output.next_page = pagination::next(self, asked, answer, &json, items);
                let items: Vec<_> = items.iter().filter_map(cut).collect();
                json!({"items": items})
            }
            found if self.is_list() => {
                // A cursor may be there although this page is empty.
                output.next_page = pagination::next(self, asked, answer, &json, &[]);
                let one = Some(found).filter(|found| found.is_object());
                json!({"items": Vec::from_iter(one.and_then(cut))})
            }
            found if self.keep.is_empty() => found.clone(),
            found => cut(found.get(0).unwrap_or(found)).unwrap_or_else(|| json!({})),
        };
        if let (Some(page), Some(data)) = (&output.next_page, output.data.as_object_mut()) {
            data.insert("next_page".into(), json!(page));
        }
        Ok(output)
    }

    /// The JSON of an answer; text, where it is none and nothing is expected of it.
    fn read(&self, answer: &Answer) -> Result<Value, Wrong> {
        if answer.body.trim_ascii().is_empty() {
            return Ok(Value::Null);
        }
        let json = match serde_json::from_slice(answer.body) {
            Ok(json) => json,
            Err(_) if self.keep.is_empty() && self.items.is_empty() => {
                Value::String(String::from_utf8_lossy(answer.body).into_owned())
            }
            Err(_) => {
                return Err(Wrong::new(
                    "the provider answered with something else than JSON",
                ));
            }
        };
        if self.graphql.is_some() {
            check_graphql(&json)?;
        }
        Ok(json)
    }

    /// Where the items are, without the mark that they are a list.
    pub(crate) fn items_path(&self) -> &str {
        self.items.strip_suffix("[]").unwrap_or(&self.items)
    }

    /// Whether it answers with a list: if it has pages, if `items` ends with `[]`, or by its name.
    pub(crate) fn is_list(&self) -> bool {
        let verb = self.name.split('_').next().unwrap_or_default();
        let named = self.input_schema.is_none() && matches!(verb, "list" | "search" | "find");
        self.pagination.is_some() || self.items.ends_with("[]") || named
    }
}

/// A GraphQL server says with a 200 that it refused (GraphQL over HTTP, section 6.4.1).
fn check_graphql(json: &Value) -> Result<(), Wrong> {
    let has_data = json.get("data").is_some_and(|data| !data.is_null());
    match path::read_text(json, "errors[].message") {
        Some(message) if !has_data => Err(Wrong::new(crate::problem::plain(&message, 300))),
        _ => Ok(()),
    }
}
