//! From the fields of a form to the text that describes a service. Text and form meet in one place: what the text may
//! say is decided by whoever reads it.

use api_types::Refusal;
use serde::{Deserialize, Serialize};

/// A service as the form knows it. Every field is as it was filled in.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default)]
pub struct Simple {
    pub id: String,
    pub name: String,
    pub about: String,
    pub docs: String,
    /// Where its paths begin.
    pub base: String,
    /// One of [`WAYS`].
    pub auth: String,
    pub authorize: String,
    pub token: String,
    /// One a line.
    pub scopes: String,
    pub pkce: bool,
    /// The name of a header or parameter.
    pub key_name: String,
    /// The path that says whose account it is.
    pub account: String,
    /// Where in its answer the name stands.
    pub account_name: String,
}

/// How one logs in, as far as the form knows.
enum Way {
    /// OAuth 2.
    Oauth2 {
        authorize: String,
        token: String,
        scopes: Vec<String>,
        pkce: bool,
    },
    /// `Authorization: Bearer`.
    Bearer,
    /// A header of this name.
    Header(String),
    /// A parameter of this name.
    Query(String),
    /// A name and a password.
    Basic,
}

/// The ways that the form offers: their words, and the words for people.
pub const WAYS: [(&str, &str); 5] = [
    ("oauth2", "People log in there (OAuth 2)"),
    ("bearer", "A token, sent as Authorization: Bearer"),
    ("header", "A key in a header"),
    ("query", "A key in the address"),
    ("basic", "A name and a password"),
];

/// All of it, for who writes the text.
pub const EXAMPLE: &str = r#"id = "acme"
name = "Acme"
category = "Own"
about = "The inventory of our warehouses."
docs = "https://docs.acme.example/api"
setup = "Ask the warehouse team for an app; they register the callback address."

[[questions]]
id = "region"
label = "Which region?"
example = "eu"
kind = "subdomain"
default = "eu"

[auth]
kind = "oauth2"
authorize = "https://login.acme.example/authorize"
token = "https://login.acme.example/token"
pkce = true
refresh = true
always = ["offline_access"]

[[auth.scopes]]
name = "stock.read"
about = "See what is in stock"
default = true

[api]
base = "https://{region}.api.acme.example/v1"

[api.account]
path = "/me"
label_at = ["email", "name"]
"#;

/// Where most services say in words what was wrong.
const ERRORS: &str = r#"error_at = ["message", "error.message", "detail", "title"]
"#;

impl Way {
    fn of(simple: &Simple) -> Result<Self, Refusal> {
        let needed = |field: &str, text: &str, what: &str| match text.trim() {
            "" => Err(Refusal::invalid(&format!("simple[{field}]"), what)),
            text => Ok(text.to_string()),
        };
        let key_name = |what: &str| needed("key_name", &simple.key_name, what);
        Ok(match simple.auth.as_str() {
            "oauth2" => Self::Oauth2 {
                authorize: needed(
                    "authorize",
                    &simple.authorize,
                    "where people log in, please",
                )?,
                token: needed("token", &simple.token, "where codes are exchanged, please")?,
                scopes: lines(&simple.scopes),
                pkce: simple.pkce,
            },
            "bearer" => Self::Bearer,
            "header" => Self::Header(key_name("the header's name, please")?),
            "query" => Self::Query(key_name("the parameter's name, please")?),
            "basic" => Self::Basic,
            _ => {
                return Err(Refusal::invalid(
                    "simple[auth]",
                    "choose one of the listed ways",
                ));
            }
        })
    }

    fn text(&self) -> String {
        match self {
            Self::Oauth2 {
                authorize,
                token,
                scopes,
                pkce,
            } => {
                let scopes: Vec<String> = scopes.iter().map(|scope| scope_text(scope)).collect();
                format!(
                    "[auth]\nkind = \"oauth2\"\nauthorize = {}\ntoken = {}\npkce = {pkce}\nrefresh = true\n{}",
                    quoted(authorize),
                    quoted(token),
                    scopes.concat()
                )
            }
            Self::Bearer => key(
                "Token",
                "header = { name = \"authorization\", prefix = \"Bearer \" }",
            ),
            Self::Header(name) => key("Key", &format!("header = {{ name = {} }}", quoted(name))),
            Self::Query(name) => key("Key", &format!("query = {{ name = {} }}", quoted(name))),
            Self::Basic => {
                "[auth]\nkind = \"basic\"\nusername = \"Name\"\npassword = \"Password\"\n".into()
            }
        }
    }
}

fn key(label: &str, placement: &str) -> String {
    format!("[auth]\nkind = \"api_key\"\nlabel = \"{label}\"\nplacement.{placement}\n")
}

/// `name: what it opens`, or the name alone.
fn scope_text(line: &str) -> String {
    let (name, about) = line.split_once(" = ").unwrap_or((line, line));
    format!(
        "\n[[auth.scopes]]\nname = {}\nabout = {}\ndefault = true\n",
        quoted(name.trim()),
        quoted(about.trim())
    )
}

impl Simple {
    /// The fields, for the form to show again.
    pub fn fields(&self) -> [(&'static str, &str); 12] {
        [
            ("simple[id]", &self.id),
            ("simple[name]", &self.name),
            ("simple[about]", &self.about),
            ("simple[docs]", &self.docs),
            ("simple[base]", &self.base),
            ("simple[auth]", &self.auth),
            ("simple[authorize]", &self.authorize),
            ("simple[token]", &self.token),
            ("simple[scopes]", &self.scopes),
            ("simple[key_name]", &self.key_name),
            ("simple[account]", &self.account),
            ("simple[account_name]", &self.account_name),
        ]
    }

    /// The text that says the same.
    pub fn text(&self) -> Result<String, Refusal> {
        let way = Way::of(self)?.text();
        Ok(format!(
            "id = {}\nname = {}\ncategory = \"Own\"\nabout = {}\ndocs = {}\nsetup = {}\n\n{way}\n[api]\nbase = {}\n{ERRORS}{}",
            quoted(self.id.trim()),
            quoted(self.name.trim()),
            quoted(or(self.about.trim(), self.name.trim())),
            quoted(or(self.docs.trim(), self.base.trim())),
            quoted("Whoever runs this service makes an app or a key there."),
            quoted(self.base.trim()),
            self.account_text(),
        ))
    }

    fn account_text(&self) -> String {
        let path = self.account.trim();
        if path.is_empty() {
            return String::new();
        }
        let places = match self.account_name.trim() {
            "" => r#""email", "login", "name", "id""#.into(),
            place => quoted(place),
        };
        format!(
            "\n[api.account]\npath = {}\nlabel_at = [{places}]\n",
            quoted(path)
        )
    }
}

fn or<'a>(text: &'a str, other: &'a str) -> &'a str {
    if text.is_empty() { other } else { text }
}

/// A basic string of TOML: JSON's escapes are among its own.
fn quoted(text: &str) -> String {
    let plain: String = text.chars().filter(|one| *one != '\u{7f}').collect();
    serde_json::Value::String(plain).to_string()
}

fn lines(text: &str) -> Vec<String> {
    let lines = text.lines().map(str::trim);
    lines
        .filter(|line| !line.is_empty())
        .map(Into::into)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn simple(auth: &str) -> Simple {
        Simple {
            id: " acme ".into(),
            name: "Acme \"1\"\n[api]".into(),
            base: "https://api.acme.example".into(),
            auth: auth.into(),
            authorize: "https://a.example/x".into(),
            token: "https://a.example/y".into(),
            scopes: "read = See\n\nwrite".into(),
            account: "/me".into(),
            ..Simple::default()
        }
    }

    #[test]
    fn nothing_that_is_filled_in_leaves_its_string() {
        let text = simple("basic").text().expect("a text");
        assert!(text.contains(r#"name = "Acme \"1\"\n[api]""#), "{text}");
        assert_eq!(text.lines().filter(|line| *line == "[api]").count(), 1);
        assert!(text.starts_with("id = \"acme\"\n"), "{text}");
    }

    #[test]
    fn scopes_stand_on_lines_with_what_they_open() {
        let text = simple("oauth2").text().expect("a text");
        assert!(text.contains("name = \"read\"\nabout = \"See\""), "{text}");
        assert!(
            text.contains("name = \"write\"\nabout = \"write\""),
            "{text}"
        );
        assert!(text.contains("pkce = false"), "{text}");
    }

    #[test]
    fn what_a_way_needs_is_asked_for() {
        let empty = |auth: &str| {
            let simple = Simple {
                authorize: " ".into(),
                ..simple(auth)
            };
            simple.text()
        };
        for (auth, field) in [
            ("oauth2", "simple[authorize]"),
            ("header", "simple[key_name]"),
            ("query", "simple[key_name]"),
            ("magic", "simple[auth]"),
        ] {
            let refusal = empty(auth).expect_err("a refusal");
            assert_eq!(refusal.field(), Some(field), "{auth}");
        }
        assert!(empty("bearer").is_ok());
    }
}
