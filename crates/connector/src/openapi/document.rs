//! A document that was read: its head, and what its references refer to.

use super::node::{DEPTH, Node, Reading};
use super::operations::{Candidate, METHODS, OPERATIONS};
use super::security::{self, Security};
use super::text::plain;
use crate::Wrong;
use percent_encoding::percent_decode_str;
use serde_saphyr::options::{DuplicateKeyPolicy, NonFiniteFloatPolicy};
use std::collections::HashSet;

/// How large a document may be, in bytes.
const SIZE: usize = 20 * 1024 * 1024;

/// How many references may follow each other to one thing.
const HOPS: usize = 20;

/// An `OpenAPI` document, 3.0 or 3.1.
#[derive(Clone, Debug)]
pub struct Document {
    root: Node,
}

impl Document {
    /// Reads a document, JSON or YAML, of at most 20 MiB. What it refers to elsewhere is not fetched.
    pub fn read(bytes: &[u8]) -> Result<Self, Wrong> {
        if bytes.len() > SIZE {
            return Err(Wrong::new(
                "The document is larger than 20 MiB, which is too large.",
            ));
        }
        let text = std::str::from_utf8(bytes)
            .map_err(|_| Wrong::new("The document is neither JSON nor YAML: it is not text."))?;
        let text = text.trim_start_matches('\u{feff}');
        let root = if text.trim_start().starts_with('{') {
            read_json(text)?
        } else {
            read_yaml(text)?
        };
        check_version(&root)?;
        let document = Self { root };
        let operations = document.paths().map(|(_, item)| methods(item).count());
        if operations.sum::<usize>() > OPERATIONS {
            return Err(Wrong::new(format!(
                "The document has more than {OPERATIONS} operations, which are too many."
            )));
        }
        Ok(document)
    }

    /// What the API is called.
    pub fn title(&self) -> String {
        let title = self.info("title");
        if title.is_empty() {
            "API".into()
        } else {
            title
        }
    }

    /// The API's version, as its makers count.
    pub fn version(&self) -> String {
        self.info("version")
    }

    fn info(&self, member: &str) -> String {
        match self.root.get("info").and_then(|info| info.get(member)) {
            Some(Node::Text(text)) => plain(text, 100),
            // YAML without quotes.
            Some(Node::Number(number)) => number.to_string(),
            _ => String::new(),
        }
    }

    /// Where its paths begin, with the defaults of variables filled in, and without a slash at the end. May be
    /// relative to the document's own address. The first is the one that its makers mean.
    pub fn servers(&self) -> Vec<String> {
        let mut all = servers(&self.root);
        if !all.iter().any(|server| server.contains("://")) {
            // Some documents only tell at each path.
            let own = self.paths().flat_map(|(_, item)| servers(item));
            let mut own: Vec<_> = own.filter(|server| server.contains("://")).collect();
            let mut seen = HashSet::new();
            own.retain(|server| seen.insert(server.clone()));
            own.truncate(20);
            all.splice(0..0, own);
        }
        if all.is_empty() {
            all.push(String::new());
        }
        all
    }

    /// The ways to log in.
    pub fn security(&self) -> Vec<Security> {
        security::read(self)
    }

    /// What can be done, in the document's order.
    pub fn operations(&self) -> Vec<Candidate> {
        super::operations::read(self)
    }

    pub(super) fn root(&self) -> &Node {
        &self.root
    }

    /// Whether schemas are of JSON Schema 2020-12, where a reference may have something beside it.
    pub(super) fn is_3_1(&self) -> bool {
        !version_of(&self.root).starts_with("3.0")
    }

    /// The path items, each found through its reference, if it has one here.
    pub(super) fn paths(&self) -> impl Iterator<Item = (&str, &Node)> {
        let paths = self.root.members("paths");
        let paths = paths.filter(|(path, _)| path.starts_with('/'));
        paths.map(|(path, item)| (path, self.follow(item).unwrap_or(item)))
    }

    /// The thing itself, if this is a reference to it.
    pub(super) fn follow<'a>(&'a self, mut node: &'a Node) -> Result<&'a Node, String> {
        for _ in 0..HOPS {
            let Some(reference) = node.text("$ref") else {
                return Ok(node);
            };
            node = self.find(reference)?;
        }
        Err("its references refer to each other".into())
    }

    /// What a reference (RFC 6901, as a fragment) refers to.
    pub(super) fn find(&self, reference: &str) -> Result<&Node, String> {
        let shown = || plain(reference, 80);
        let Some(pointer) = reference.strip_prefix("#/") else {
            return Err(format!("it refers to {}, outside of the document", shown()));
        };
        let mut node = &self.root;
        for word in pointer.split('/') {
            let word = unescaped(word);
            let next = match node {
                Node::List(values) => word.parse().ok().and_then(|at: usize| values.get(at)),
                _ => node.get(&word),
            };
            node = next.ok_or_else(|| format!("it refers to {}, which is not there", shown()))?;
        }
        Ok(node)
    }
}

/// A word of a reference.
pub(super) fn unescaped(word: &str) -> String {
    let word = percent_decode_str(word).decode_utf8_lossy();
    word.replace("~1", "/").replace("~0", "~")
}

/// The operations of a path item, in its order.
pub(super) fn methods(item: &Node) -> impl Iterator<Item = (&str, &Node)> {
    item.entries()
        .filter(|(method, _)| METHODS.contains(method))
}

/// The servers of a document, a path or an operation.
pub(super) fn servers(node: &Node) -> Vec<String> {
    let servers = node.list("servers").iter().take(20);
    let servers = servers.filter_map(|server| {
        let mut url = server.text("url")?.to_owned();
        for (name, variable) in server.members("variables").take(50) {
            let default = variable.get("default").and_then(|value| value.small(200));
            let default = match default {
                Some(serde_json::Value::String(default)) => default,
                Some(default @ serde_json::Value::Number(_)) => default.to_string(),
                _ => continue,
            };
            url = url.replace(&format!("{{{name}}}"), &default);
            if url.len() > 2000 {
                return None;
            }
        }
        // Without a scheme it is that of the document's own address; nobody's API is elsewhere than there.
        let scheme = if url.starts_with("//") { "https:" } else { "" };
        Some(format!("{scheme}{}", url.trim().trim_end_matches('/')))
    });
    servers.collect()
}

fn read_json(text: &str) -> Result<Node, Wrong> {
    let mut reader = serde_json::Deserializer::from_str(text);
    let read = Reading::read(&mut reader).and_then(|root| reader.end().map(|()| root));
    read.map_err(|error| Wrong::new(format!("The document is not JSON: {error}.")))
}

/// Numbers and words are read as YAML 1.2 has them: `no` and `0755` are text, as whoever wrote them meant.
fn read_yaml(text: &str) -> Result<Node, Wrong> {
    let options = serde_saphyr::options! {
        budget: serde_saphyr::budget! {
            max_depth: DEPTH,
            max_events: 4_000_000,
            max_nodes: 2_000_000,
            max_documents: 1,
            simple_key_max_lookahead: 4096,
        },
        alias_limits: serde_saphyr::alias_limits! { max_total_replayed_events: 200_000 },
        duplicate_keys: DuplicateKeyPolicy::LastWins,
        non_finite_float_policy: NonFiniteFloatPolicy::AsString,
        leading_zero_numbers_as_strings: true,
        underscored_numbers_as_strings: true,
        strict_booleans: true,
        with_snippet: false,
    };
    serde_saphyr::with_deserializer_from_str_with_options(text, options, |reader| {
        Reading::read(reader)
    })
    .map_err(|error| {
        let error = plain(&error.to_string(), 300);
        Wrong::new(format!("The document is neither JSON nor YAML: {error}"))
    })
}

fn version_of(root: &Node) -> String {
    match root.get("openapi") {
        Some(Node::Text(version)) => version.trim().into(),
        Some(Node::Number(version)) => version.to_string(),
        _ => String::new(),
    }
}

fn check_version(root: &Node) -> Result<(), Wrong> {
    let version = version_of(root);
    if root.get("swagger").is_some() {
        return Err(Wrong::new(
            "The document is of Swagger 2.0. Convert it to OpenAPI 3 first: Swagger Editor does it with \
             “Convert to OpenAPI 3” in its menu “Edit”.",
        ));
    }
    if version.is_empty() {
        return Err(Wrong::new(
            "The document does not say that it is of OpenAPI: “openapi” with a version is missing.",
        ));
    }
    if !["3.0", "3.1"]
        .iter()
        .any(|known| version == *known || version.starts_with(&format!("{known}.")))
    {
        let version = plain(&version, 20);
        return Err(Wrong::new(format!(
            "The document is of OpenAPI {version}. Only 3.0 and 3.1 can be imported."
        )));
    }
    Ok(())
}
