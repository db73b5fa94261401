//! How one logs in at an API, as far as a document tells.

use super::document::Document;
use super::node::Node;
use super::text::plain;

/// A way to log in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Security {
    /// What the document calls it.
    pub name: String,
    /// What it is.
    pub kind: SecurityKind,
}

/// What a way to log in is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SecurityKind {
    /// `Authorization: Bearer …`.
    Bearer,
    /// A name and a password (RFC 7617).
    Basic,
    /// A secret in a header of this name.
    ApiKeyHeader(String),
    /// A secret in the query, under this name.
    ApiKeyQuery(String),
    /// OAuth 2 with the authorization code grant.
    OAuth2 {
        /// Where a browser is led.
        authorize: String,
        /// Where codes are exchanged.
        token: String,
        /// The scopes, and what each opens.
        scopes: Vec<(String, String)>,
    },
    /// Something that cannot be used here: what it is.
    Other(String),
}

/// The document's ways to log in, in its order.
pub(super) fn read(document: &Document) -> Vec<Security> {
    let Some(components) = document.root().get("components") else {
        return Vec::new();
    };
    let schemes = components.members("securitySchemes").take(50);
    let schemes = schemes.map(|(name, scheme)| Security {
        name: plain(name, 100),
        kind: match document.follow(scheme) {
            Ok(scheme) => kind(scheme),
            Err(why) => SecurityKind::Other(why),
        },
    });
    schemes.collect()
}

fn kind(scheme: &Node) -> SecurityKind {
    let word = |name| scheme.text(name).unwrap_or_default().to_ascii_lowercase();
    let name = plain(scheme.text("name").unwrap_or_default(), 100);
    match (&*word("type"), &*word("scheme"), &*word("in")) {
        ("http", "bearer", _) => SecurityKind::Bearer,
        ("http", "basic", _) => SecurityKind::Basic,
        ("http", other, _) => SecurityKind::Other(format!("HTTP {}", plain(other, 50))),
        ("apikey", _, "header") if !name.is_empty() => SecurityKind::ApiKeyHeader(name),
        ("apikey", _, "query") if !name.is_empty() => SecurityKind::ApiKeyQuery(name),
        ("apikey", _, place) => SecurityKind::Other(format!("a key in a {}", plain(place, 50))),
        ("oauth2", ..) => oauth2(scheme),
        (other, ..) => SecurityKind::Other(plain(other, 50)),
    }
}

fn oauth2(scheme: &Node) -> SecurityKind {
    let flows = scheme.get("flows").unwrap_or(&Node::Null);
    let code = flows.get("authorizationCode");
    let address = |name| code.and_then(|flow| flow.text(name));
    let (Some(authorize), Some(token)) = (address("authorizationUrl"), address("tokenUrl")) else {
        let flows: Vec<_> = flows.entries().take(5).map(|(flow, _)| flow).collect();
        let flows = plain(&flows.join(", "), 100);
        return SecurityKind::Other(format!("OAuth 2 without authorization codes ({flows})"));
    };
    let scopes = code.into_iter().flat_map(|flow| flow.members("scopes"));
    let scopes = scopes.take(1000).map(|(scope, about)| {
        let about = about.as_text().unwrap_or_default();
        (plain(scope, 300), plain(about, 300))
    });
    SecurityKind::OAuth2 {
        authorize: plain(authorize, 2000),
        token: plain(token, 2000),
        scopes: scopes.collect(),
    }
}

/// Whether this header or parameter of the query is a secret that the connection brings.
pub(super) fn is_secret(security: &[Security], place: &str, name: &str) -> bool {
    security.iter().any(|scheme| match &scheme.kind {
        SecurityKind::ApiKeyHeader(key) => place == "header" && key.eq_ignore_ascii_case(name),
        SecurityKind::ApiKeyQuery(key) => place == "query" && key == name,
        _ => false,
    })
}

/// The scopes that each way to log in for this operation asks for: where there are several ways, those that all of
/// them ask for.
pub(super) fn scopes(document: &Document, operation: &Node) -> Vec<String> {
    let own = operation.get("security").is_some();
    let from = if own { operation } else { document.root() };
    let ways = from.list("security").iter().take(10);
    let mut ways = ways.map(|way| {
        let scopes = way
            .entries()
            .take(5)
            .filter(|(name, _)| is_oauth2(document, name));
        let scopes = scopes.flat_map(|(_, scopes)| match scopes {
            Node::List(scopes) => scopes.as_slice(),
            _ => &[],
        });
        let scopes = scopes.take(50).filter_map(Node::as_text);
        scopes.map(str::to_owned).collect::<Vec<_>>()
    });
    let Some(mut common) = ways.next() else {
        return Vec::new();
    };
    for way in ways {
        common.retain(|scope| way.contains(scope));
    }
    common
}

fn is_oauth2(document: &Document, name: &str) -> bool {
    let components = document.root().get("components");
    let schemes = components.and_then(|components| components.get("securitySchemes"));
    let scheme = schemes.and_then(|schemes| schemes.get(name));
    let scheme = scheme.and_then(|scheme| document.follow(scheme).ok());
    scheme.and_then(|scheme| scheme.text("type")) == Some("oauth2")
}
