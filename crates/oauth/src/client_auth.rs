//! How a client says who it is at the token, revocation and introspection endpoints (RFC 6749, section 2.3;
//! RFC 7523, section 2.2). Whether it is true is for the domain to find out.

use crate::{AuthMethod, ErrorCode, OAuthError, TokenForm, parameters::decode};
use base64::{
    Engine as _, alphabet,
    engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig},
};
use std::fmt;

/// The only `client_assertion_type` there is here.
pub const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// Base64 of whoever forgot the padding is accepted as well.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// What a client shows. Its `Debug` hides what is secret.
#[derive(Clone, PartialEq, Eq)]
pub enum ClientAuth {
    /// Only its name.
    None {
        /// Who it says it is.
        client_id: String,
    },
    /// A secret.
    Secret {
        /// Who it says it is.
        client_id: String,
        /// What only it and this server know.
        secret: String,
        /// Where the secret stood.
        by: SecretBy,
    },
    /// A signed statement, whose subject is the client.
    Assertion {
        /// Who it says it is, if it says so beside the statement.
        client_id: Option<String>,
        /// The statement.
        jwt: String,
    },
}

/// Where a secret stood.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SecretBy {
    /// In the `Authorization` header.
    Basic,
    /// In the form.
    Post,
}

impl ClientAuth {
    /// Reads the one way in which a client authenticates.
    pub fn read(authorization: Option<&str>, form: &TokenForm) -> Result<Self, OAuthError> {
        let basic = authorization.map(basic).transpose()?;
        let client_id = form.get("client_id");
        let (secret, assertion) = (form.get("client_secret"), form.get("client_assertion"));
        let ways = [basic.is_some(), secret.is_some(), assertion.is_some()];
        if ways.into_iter().filter(|used| *used).count() > 1 {
            return Err(invalid_request(
                "a client authenticates in one way at a time",
            ));
        }
        if let Some(basic) = basic {
            return match client_id {
                Some(other) if other != basic.client_id => Err(invalid_request(
                    "client_id and the Authorization header differ",
                )),
                _ => Ok(basic.into()),
            };
        }
        let is_jwt = form
            .get("client_assertion_type")
            .map(|of| of == ASSERTION_TYPE);
        match (assertion, is_jwt) {
            (Some(jwt), Some(true)) => {
                return Ok(Self::Assertion {
                    client_id: client_id.map(str::to_owned),
                    jwt: jwt.to_owned(),
                });
            }
            (_, Some(false)) => return Err(invalid_client("the client_assertion_type is unknown")),
            (Some(_), None) => return Err(invalid_request("client_assertion_type is missing")),
            (None, Some(true)) => return Err(invalid_request("client_assertion is missing")),
            (None, None) => {}
        }
        let client_id = client_id.ok_or_else(|| invalid_client("client_id is missing"))?;
        let client_id = client_id.to_owned();
        Ok(match secret {
            Some(secret) => Self::Secret {
                client_id,
                secret: secret.to_owned(),
                by: SecretBy::Post,
            },
            None => Self::None { client_id },
        })
    }

    /// Who the client says it is. Of an assertion alone only its subject tells.
    pub fn client_id(&self) -> Option<&str> {
        match self {
            Self::None { client_id } | Self::Secret { client_id, .. } => Some(client_id),
            Self::Assertion { client_id, .. } => client_id.as_deref(),
        }
    }

    /// The method that this is.
    pub fn method(&self) -> AuthMethod {
        match self {
            Self::None { .. } => AuthMethod::None,
            Self::Secret {
                by: SecretBy::Basic,
                ..
            } => AuthMethod::SecretBasic,
            Self::Secret {
                by: SecretBy::Post, ..
            } => AuthMethod::SecretPost,
            Self::Assertion { .. } => AuthMethod::PrivateKeyJwt,
        }
    }
}

impl fmt::Debug for ClientAuth {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("ClientAuth")
            .field("client_id", &self.client_id())
            .field("method", &self.method())
            .finish_non_exhaustive()
    }
}

/// The content of a `Basic` header.
struct Basic {
    client_id: String,
    secret: String,
}

impl From<Basic> for ClientAuth {
    fn from(Basic { client_id, secret }: Basic) -> Self {
        // RFC 6749, section 2.3.1: an empty secret is none.
        if secret.is_empty() {
            return Self::None { client_id };
        }
        Self::Secret {
            client_id,
            secret,
            by: SecretBy::Basic,
        }
    }
}

/// Name and secret were form-encoded before they were joined, which is not what RFC 7617 does.
fn basic(authorization: &str) -> Result<Basic, OAuthError> {
    let unread = || invalid_client("the Authorization header is not a client's name and secret");
    let (scheme, encoded) = authorization.trim().split_once(' ').ok_or_else(unread)?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return Err(invalid_client(
            "a client authenticates with Basic or in the form",
        ));
    }
    let joined = BASE64.decode(encoded.trim()).map_err(|_| unread())?;
    let colon = joined.iter().position(|byte| *byte == b':');
    let (client_id, secret) = joined.split_at(colon.ok_or_else(unread)?);
    let client_id = decode(client_id).filter(|id| !id.is_empty());
    Ok(Basic {
        client_id: client_id.ok_or_else(unread)?,
        secret: decode(&secret[1..]).ok_or_else(unread)?,
    })
}

fn invalid_client(why: &str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidClient, why)
}

fn invalid_request(why: &str) -> OAuthError {
    OAuthError::new(ErrorCode::InvalidRequest, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(authorization: Option<&str>, form: &str) -> Result<ClientAuth, ErrorCode> {
        let form = TokenForm::parse(form.as_bytes()).unwrap();
        ClientAuth::read(authorization, &form).map_err(|refusal| refusal.code)
    }

    fn basic(content: &str) -> String {
        format!("Basic {}", BASE64.encode(content))
    }

    #[test]
    fn a_client_authenticates_in_one_of_four_ways() {
        let form = "client_id=a&client_secret=s3cret";
        let auth = read(None, form).unwrap();
        assert_eq!(
            (auth.client_id(), auth.method()),
            (Some("a"), AuthMethod::SecretPost)
        );
        let auth = read(Some(&basic("a:s3cret")), "client_id=a").unwrap();
        assert_eq!(
            (auth.client_id(), auth.method()),
            (Some("a"), AuthMethod::SecretBasic)
        );
        let auth = read(None, "client_id=a&client_secret=").unwrap();
        assert_eq!(
            (auth.client_id(), auth.method()),
            (Some("a"), AuthMethod::None)
        );
        let form = format!("client_assertion=a.b.c&client_assertion_type={ASSERTION_TYPE}");
        let auth = read(None, &form).unwrap();
        assert_eq!(
            (auth.client_id(), auth.method()),
            (None, AuthMethod::PrivateKeyJwt)
        );
        let auth = read(None, &format!("{form}&client_id=a")).unwrap();
        assert_eq!(auth.client_id(), Some("a"));
    }

    #[test]
    fn name_and_secret_of_a_header_are_form_encoded() {
        let secret = |secret: &str| ClientAuth::Secret {
            client_id: "https://app.test/id".to_owned(),
            secret: secret.to_owned(),
            by: SecretBy::Basic,
        };
        let header = basic("https%3A%2F%2Fapp.test%2Fid:a%3Ab+c%25:d");
        assert_eq!(read(Some(&header), ""), Ok(secret("a:b c%:d")));
        let unpadded = header.replace("Basic ", "bAsIc  ").replace('=', "");
        assert_eq!(read(Some(&unpadded), ""), Ok(secret("a:b c%:d")));
        let nobody = ClientAuth::None {
            client_id: "a".to_owned(),
        };
        assert_eq!(read(Some(&basic("a:")), ""), Ok(nobody));
    }

    #[test]
    fn two_ways_or_two_names_are_refused() {
        let assertion = format!("client_assertion=a&client_assertion_type={ASSERTION_TYPE}");
        let header = basic("a:b");
        for (authorization, form) in [
            (Some(&*header), "client_id=a&client_secret=b"),
            (Some(&header), &assertion),
            (None, &format!("{assertion}&client_id=a&client_secret=b")),
            (Some(&header), "client_id=b"),
            (None, "client_assertion=a"),
            (None, &assertion.replace("client_assertion=a", "x=y")),
        ] {
            let answer = read(authorization, form);
            assert_eq!(answer, Err(ErrorCode::InvalidRequest), "{form}");
        }
    }

    #[test]
    fn what_names_no_client_is_refused() {
        for authorization in [
            "",
            "Basic",
            "Basic !",
            "Bearer abc",
            &basic("a"),
            &basic(":b"),
            &basic("a%:b"),
            &basic("a:\0"),
            &format!("Basic {}", BASE64.encode(b"a:\xff")),
        ] {
            let answer = read(Some(authorization), "client_id=a");
            assert_eq!(answer, Err(ErrorCode::InvalidClient), "{authorization}");
        }
        for form in [
            "",
            "client_secret=b",
            "client_assertion=a&client_assertion_type=b",
        ] {
            assert_eq!(read(None, form), Err(ErrorCode::InvalidClient), "{form}");
        }
    }

    #[test]
    fn debugging_shows_no_secret() {
        let assertion = format!("client_assertion=s3cret&client_assertion_type={ASSERTION_TYPE}");
        for form in ["client_id=a&client_secret=s3cret", &assertion] {
            let shown = format!("{:?}", read(None, form).unwrap());
            assert!(!shown.contains("s3cret"), "{shown}");
        }
    }
}
