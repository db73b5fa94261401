//! What a token is for (RFC 8707): a tenant's endpoint, or the one whose tenant the credential decides.

use api_types::input::TenantSlug;

/// A resource of this server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Audience {
    /// `{origin}/mcp`.
    Any,
    /// `{origin}/t/{slug}/mcp`.
    Tenant(String),
}

impl Audience {
    /// Reads a resource indicator. The origin alone, with or without a slash, means `/mcp`: some clients cut the path
    /// off.
    pub fn parse(origin: &str, resource: &str) -> Option<Self> {
        let path = resource.strip_prefix(origin)?;
        if matches!(path, "" | "/" | "/mcp" | "/mcp/") {
            return Some(Self::Any);
        }
        let path = path.strip_suffix('/').unwrap_or(path);
        let slug = path.strip_prefix("/t/")?.strip_suffix("/mcp")?;
        TenantSlug::parse(slug)
            .is_ok()
            .then(|| Self::Tenant(slug.into()))
    }

    /// The resource's identifier.
    pub fn url(&self, origin: &str) -> String {
        match self {
            Self::Any => format!("{origin}/mcp"),
            Self::Tenant(slug) => format!("{origin}/t/{slug}/mcp"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Audience;

    #[test]
    fn resources_are_the_endpoints_and_nothing_else() {
        let parse = |resource: &str| Audience::parse("https://b.test", resource);
        assert_eq!(parse("https://b.test/mcp"), Some(Audience::Any));
        assert_eq!(parse("https://b.test/"), Some(Audience::Any));
        let acme = Some(Audience::Tenant("acme".into()));
        assert_eq!(parse("https://b.test/t/acme/mcp"), acme);
        for other in [
            "https://b.test.evil.io/mcp",
            "https://b.test/t/acme",
            "https://b.test/t/../mcp",
            "https://b.test/t/a/b/mcp",
            "https://b.test/t/ACME/mcp",
            "http://b.test/mcp",
            "",
        ] {
            assert_eq!(parse(other), None, "{other}");
        }
    }
}
