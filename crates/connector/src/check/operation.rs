//! Whether an operation is in order.

use super::{
    check_docs, check_header, check_parameter, check_path, check_text, check_unique, check_word,
    require,
};
use crate::keep::Keep;
use crate::{
    Access, Auth, Body, Input, Method, Operation, Pagination, Place, Provider, Wrong, address,
    pagination, path, request,
};
use serde::Deserialize;
use serde_json::{Map, Value};

/// Tools have names of at most 64 characters, as that is what models' vendors take.
const LONGEST_NAME: usize = 64;

/// A file of `tools/`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    tool: Vec<Operation>,
}

impl Operation {
    /// Reads the `[[tool]]` entries of a file of `tools/`. They are not checked yet.
    pub fn parse_all(toml: &str) -> Result<Vec<Self>, Wrong> {
        let file: File = toml::from_str(toml).map_err(|error| Wrong::new(error.message()))?;
        Ok(file.tool)
    }

    /// Whether it is in order, as an operation of this provider.
    pub fn check(&self, provider: &Provider) -> Result<(), Wrong> {
        self.check_all(provider)
            .map_err(|wrong| wrong.at(&self.name))
    }

    fn check_all(&self, provider: &Provider) -> Result<(), Wrong> {
        check_word(
            &self.name,
            LONGEST_NAME - 1 - provider.id.len().min(40),
            true,
        )?;
        check_text(&self.title, 1, 200).map_err(|wrong| wrong.at("title"))?;
        check_text(&self.about, 1, 4000).map_err(|wrong| wrong.at("about"))?;
        if let Some(docs) = &self.docs {
            check_docs(docs, false)?;
        }
        self.check_scopes(provider)?;
        self.check_effect()?;
        self.check_address(provider)?;
        require(self.inputs.len() <= 200, "it has more than 200 inputs")?;
        check_unique(self.inputs.iter().map(|input| input.name.as_str()))?;
        for input in &self.inputs {
            input
                .check_itself()
                .map_err(|wrong| wrong.at(&input.name))?;
        }
        self.check_body()?;
        self.check_pages()?;
        self.check_answer()
    }

    fn check_scopes(&self, provider: &Provider) -> Result<(), Wrong> {
        let known = |scope: &String| match &provider.auth {
            Auth::Oauth2(oauth) => {
                oauth.always.contains(scope)
                    || oauth.scopes.iter().any(|known| known.name == *scope)
            }
            _ => false,
        };
        match self.scopes.iter().find(|scope| !known(scope)) {
            None => Ok(()),
            Some(scope) => Err(Wrong::new(format!("the provider has no scope {scope}"))),
        }
    }

    fn check_effect(&self) -> Result<(), Wrong> {
        let reads = self.access == Access::Read;
        let may_read = matches!(self.method, Method::Get | Method::Head | Method::Post);
        require(!reads || may_read, "it changes something with this method")?;
        require(!(reads && self.destructive), "it cannot read and destroy")
    }

    /// Words are inputs in the path, and the host stays.
    fn check_address(&self, provider: &Provider) -> Result<(), Wrong> {
        let template = match request::whole(&self.path) {
            Some((origin, template)) => {
                let url = address::web_url(origin, provider.api.base.starts_with("http://"))?;
                let host = url.host_str().unwrap_or_default();
                let kin = is_kin(host, &provider.api.base);
                require(kin, "it is at a host that is not the provider's")?;
                template
            }
            None => self.path.as_str(),
        };
        require(
            template.is_empty() || template.starts_with('/'),
            "its path must begin with /",
        )?;
        let odd = |c: char| {
            !c.is_ascii_graphic() || matches!(c, '?' | '#' | '\\' | '%' | '"' | '<' | '>')
        };
        require(
            !template.contains(odd),
            "its path has characters that a path cannot have",
        )?;
        let dots = template
            .split('/')
            .any(|segment| matches!(segment, "." | ".."));
        require(!dots, "its path has dot segments")?;
        let words: Vec<_> = address::words(template).collect();
        let braces = template.matches(['{', '}']).count();
        require(braces == 2 * words.len(), "a brace is open")?;
        for word in &words {
            let is_input = self.inputs.iter().any(|input| input.is_word(word));
            require(is_input, &format!("there is no input for {{{word}}}"))?;
        }
        for input in self
            .inputs
            .iter()
            .filter(|input| input.place == Place::Path)
        {
            let there = words.iter().any(|word| input.is_word(word));
            require(there, &format!("{} is not in the path", input.name))?;
            let given = input.required || input.default.is_some();
            require(given, &format!("{} must be required", input.name))?;
        }
        Ok(())
    }

    fn check_body(&self) -> Result<(), Wrong> {
        let inputs: Vec<_> = self
            .inputs
            .iter()
            .filter(|i| i.place == Place::Body)
            .collect();
        let bare = matches!(self.method, Method::Get | Method::Head);
        require(!(bare && self.has_body()), "this method has no body")?;
        let single = matches!(self.body, Body::Whole | Body::Text(_));
        require(
            !single || inputs.len() == 1,
            "exactly one input must be the body",
        )?;
        if let Body::Text(kind) = &self.body {
            super::check_header_value(kind)?;
            require(kind.contains('/'), "the body's media type is none")?;
        }
        let graphql = self.graphql.is_some();
        let fits = self.method == Method::Post && self.body == Body::Json;
        require(!graphql || fits, "GraphQL is JSON that is posted")?;
        let mut body = Map::new();
        for input in inputs.iter().filter(|_| !single) {
            if let Some(way) = input.way() {
                path::write(&mut body, way, Value::Bool(true))?;
            }
        }
        for (name, value) in &self.fixed {
            match name.strip_prefix("query:") {
                Some(name) => {
                    check_parameter(name)?;
                    request::text(value).map(drop)?;
                }
                None => path::write(&mut body, name, value.clone())?,
            }
        }
        Ok(())
    }

    fn check_pages(&self) -> Result<(), Wrong> {
        let Some(pages) = &self.pagination else {
            return Ok(());
        };
        let taken = self.inputs.iter().any(|input| input.name == "page");
        require(!taken, "page is the name of what pagination takes")?;
        if let Some(send) = pages.send() {
            check_parameter(send)?;
            let way = send.strip_prefix("body:");
            let single = matches!(self.body, Body::Whole | Body::Text(_));
            require(way.is_none() || !single, "a page cannot be in this body")?;
            way.map_or(Ok(()), |way| path::write(&mut Map::new(), way, Value::Null))?;
        }
        match pages {
            Pagination::Link | Pagination::NextUrl { .. } if self.method != Method::Get => {
                Err(Wrong::new("links to pages are for GET"))
            }
            Pagination::Link => Ok(()),
            Pagination::NextUrl { read } | Pagination::Cursor { read, .. } => check_path(read),
            Pagination::After { read, more, .. } => {
                more.iter().chain([read]).try_for_each(|at| check_path(at))
            }
            Pagination::Page { size, .. } | Pagination::Offset { size, .. } => {
                let input = self.inputs.iter().find(|input| input.name == *size);
                require(
                    input.is_some_and(pagination::is_size),
                    "size must name a whole number",
                )
            }
        }
    }

    fn check_answer(&self) -> Result<(), Wrong> {
        if !self.items_path().is_empty() {
            check_path(self.items_path())?;
        }
        Keep::of(&self.keep)?;
        let bare = self.keep.is_empty() && self.pagination.is_none() && self.items.is_empty();
        require(!self.file || bare, "a file has no members")?;
        let object = |schema: &Value| schema.get("type").is_some_and(|kind| kind == "object");
        require(
            self.input_schema.as_ref().is_none_or(object),
            "its schema must be of an object",
        )
    }
}

/// Whether a host is that of an address, or both are below the same two labels, neither of which is filled in.
fn is_kin(host: &str, base: &str) -> bool {
    let authority = base.split_once("://").map_or("", |(_, behind)| behind);
    let end = authority.find(['/', '?', ':']).unwrap_or(authority.len());
    let base = &authority[..end];
    let site = |host: &str| {
        let labels: Vec<_> = host.rsplitn(3, '.').take(2).map(str::to_owned).collect();
        let is_name =
            |label: &String| address::is_label(label) && !label.bytes().all(|b| b.is_ascii_digit());
        (labels.len() == 2 && labels.iter().all(is_name)).then_some(labels)
    };
    host == base || site(host).is_some() && site(host) == site(base)
}

impl Input {
    fn check_itself(&self) -> Result<(), Wrong> {
        let plain = |b: u8| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'-' | b'.');
        let named = (1..=64).contains(&self.name.len()) && self.name.bytes().all(plain);
        require(
            named,
            "its name must be 1 to 64 letters, digits, _, - and .",
        )?;
        check_text(&self.about, 0, 4000)?;
        match self.place {
            Place::Header => check_header(self.sent())?,
            Place::Query => check_parameter(self.sent())?,
            Place::Path | Place::Body => {}
        }
        let kinds = ["string", "integer", "number", "boolean", "array", "object"];
        require(kinds.contains(&self.kind.as_str()), "its type is unknown")?;
        let formats = ["date", "date-time", "email", "uri", "uuid"];
        let format = self.format.as_deref();
        require(
            format.is_none_or(|format| formats.contains(&format)),
            "its format is unknown",
        )?;
        let arrays = [None, Some("comma"), Some("repeat")];
        require(
            arrays.contains(&self.array.as_deref()),
            "array must be comma or repeat",
        )?;
        let ordered = self
            .minimum
            .zip(self.maximum)
            .is_none_or(|(least, most)| least <= most);
        require(ordered, "its minimum is above its maximum")?;
        let schema = self.schema.as_deref().map(serde_json::from_str::<Value>);
        let sound = !matches!(schema, Some(Err(_)))
            && schema.is_none_or(|s| s.is_ok_and(|s| s.is_object()));
        require(sound, "its schema is not a JSON object")?;
        self.default
            .as_ref()
            .map_or(Ok(()), |value| self.check(value))
    }
}
