//! Validated inputs: parsed once at the edge; a value of these types cannot be bad.

use crate::Refusal;
use serde::Serialize;
use std::fmt;

/// Trims `text`, and refuses it when it is empty, too long or has control characters.
fn line(field: &str, text: &str, longest: usize) -> Result<String, Refusal> {
    let text = text.trim();
    if text.is_empty() {
        return Err(Refusal::invalid(field, "please fill this in"));
    }
    if text.chars().count() > longest {
        return Err(Refusal::invalid(
            field,
            format!("at most {longest} characters"),
        ));
    }
    if text.chars().any(char::is_control) {
        return Err(Refusal::invalid(
            field,
            "no line breaks or control characters",
        ));
    }
    Ok(text.into())
}

/// Refuses text of several lines that is too long or has a NUL, which the database cannot store.
pub fn text(field: &str, text: &str, longest: usize) -> Result<String, Refusal> {
    if text.chars().count() > longest {
        return Err(Refusal::invalid(
            field,
            format!("at most {longest} characters"),
        ));
    }
    if text
        .chars()
        .any(|c| c.is_control() && !matches!(c, '\n' | '\r' | '\t'))
    {
        return Err(Refusal::invalid(field, "no control characters"));
    }
    Ok(text.trim().replace("\r\n", "\n"))
}

macro_rules! line_type {
    ($(#[$doc:meta] $name:ident($field:literal, $longest:literal)),+ $(,)?) => {$(
        #[$doc]
        #[derive(Clone, Debug, PartialEq, Eq, Serialize)]
        #[serde(transparent)]
        pub struct $name(String);

        impl $name {
            /// Parses what a person or a client typed.
            pub fn parse(text: &str) -> Result<Self, Refusal> {
                line($field, text, $longest).map(Self)
            }

            /// The text.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str(&self.0)
            }
        }
    )+};
}

line_type! {
    /// A person's name, 1 to 100 characters.
    PersonName("name", 100),
    /// A tenant's name, 1 to 80 characters.
    TenantName("tenant_name", 80),
    /// The name of a tenant's own role, 1 to 40 characters.
    RoleName("name", 40),
    /// An MCP client's name, 1 to 80 characters.
    ClientName("name", 80),
    /// A key's name, 1 to 80 characters.
    KeyName("name", 80),
    /// A passkey's name, 1 to 80 characters.
    PasskeyName("name", 80),
    /// A task's title, 1 to 200 characters.
    TaskTitle("title", 200),
    /// A task's label, 1 to 40 characters.
    Label("labels", 40),
    /// Who a task is given to, 1 to 100 characters.
    Assignee("assignee", 100),
}

/// An email address in lower case. Only its shape is checked; mail proves the rest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Email(String);

impl Email {
    /// Parses an address.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let text = line("email", text, 254)?.to_lowercase();
        let good = text.split_once('@').is_some_and(|(local, domain)| {
            !local.is_empty()
                && local.len() <= 64
                && !domain.contains('@')
                && domain.contains('.')
                && !domain.starts_with('.')
                && !domain.ends_with('.')
                && !text.chars().any(char::is_whitespace)
        });
        if good {
            Ok(Self(text))
        } else {
            Err(Refusal::invalid(
                "email",
                "this does not look like an email address",
            ))
        }
    }

    /// The address.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// A new password: 10 to 200 characters, no other rules (NIST SP 800-63B §5.1.1.2).
#[derive(Clone)]
pub struct Password(String);

impl Password {
    /// Parses a new password.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        match text.chars().count() {
            0..10 => Err(Refusal::invalid("password", "at least 10 characters")),
            10..=200 => Ok(Self(text.into())),
            _ => Err(Refusal::invalid("password", "at most 200 characters")),
        }
    }

    /// The password itself, for hashing.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Password {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Password(…)")
    }
}

/// The name of a tenant in addresses: 2 to 40 of `a-z`, `0-9` and single inner hyphens.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
#[serde(transparent)]
pub struct TenantSlug(String);

impl TenantSlug {
    /// Parses a slug.
    pub fn parse(text: &str) -> Result<Self, Refusal> {
        let good = (2..=40).contains(&text.len())
            && text
                .bytes()
                .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
            && !text.starts_with('-')
            && !text.ends_with('-')
            && !text.contains("--");
        if good {
            Ok(Self(text.into()))
        } else {
            let message = "2 to 40 lower-case letters, digits and single hyphens";
            Err(Refusal::invalid("slug", message))
        }
    }

    /// Proposes a slug for a name: "Ada's Lab" becomes "ada-s-lab".
    pub fn suggest(name: &str) -> Self {
        let mut slug = String::new();
        for c in name.to_lowercase().chars().take(36) {
            if c.is_ascii_alphanumeric() {
                slug.push(c);
            } else if !slug.is_empty() && !slug.ends_with('-') {
                slug.push('-');
            }
        }
        let slug = slug.trim_end_matches('-');
        Self::parse(slug).unwrap_or_else(|_| Self("team".into()))
    }

    /// The slug.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for TenantSlug {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_lower_cased_and_its_shape_checked() {
        assert_eq!(
            Email::parse(" Ada@Example.COM ").expect("good").as_str(),
            "ada@example.com"
        );
        for bad in ["", "ada", "@x.io", "a@b", "a b@c.io", "a@@c.io", "a@.io"] {
            assert!(Email::parse(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn every_suggested_slug_is_a_good_one() {
        for name in ["Ada's Lab", "—", "x", "ÄÖÜ", "a--b", &"long ".repeat(30)] {
            let slug = TenantSlug::suggest(name);
            assert_eq!(TenantSlug::parse(slug.as_str()).as_ref(), Ok(&slug));
        }
    }

    #[test]
    fn names_refuse_what_the_database_or_a_page_cannot_hold() {
        assert!(KeyName::parse("  ").is_err());
        assert!(KeyName::parse("a\0b").is_err());
        assert!(KeyName::parse(&"x".repeat(81)).is_err());
        assert!(text("notes", "a\0", 10).is_err());
        assert_eq!(text("notes", "a\r\nb", 10).expect("good"), "a\nb");
    }
}
