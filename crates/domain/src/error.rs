//! The two kinds of error. `Refused` is the caller's doing and is said plainly to them;
//! `Broken` is ours, is logged once at the edge and told to nobody.

use api_types::Refusal;

/// What a use case answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// Why a use case did not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The caller's doing.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Ours.
    #[error("internal error")]
    Broken(#[source] anyhow::Error),
}

impl Error {
    /// What may be said to people: the words of a refusal.
    pub fn told(&self) -> Option<String> {
        match self {
            Self::Refused(refusal) => Some(refusal.to_string()),
            Self::Broken(_) => None,
        }
    }

    /// Every cause on one line, for the log.
    pub fn for_the_log(&self) -> String {
        match self {
            Self::Refused(refusal) => refusal.to_string(),
            Self::Broken(error) => format!("{error:#}"),
        }
    }
}

impl From<anyhow::Error> for Error {
    fn from(error: anyhow::Error) -> Self {
        Self::Broken(error)
    }
}

impl From<sqlx::Error> for Error {
    fn from(error: sqlx::Error) -> Self {
        Self::Broken(error.into())
    }
}

/// Lets the database decide races: a named constraint becomes a refusal.
pub trait RefuseOn<T> {
    /// Turns a violation of `constraint` into the given refusal.
    fn refuse_on(self, constraint: &str, refusal: impl FnOnce() -> Refusal) -> Result<T>;
}

impl<T, E: Into<Error>> RefuseOn<T> for std::result::Result<T, E> {
    fn refuse_on(self, constraint: &str, refusal: impl FnOnce() -> Refusal) -> Result<T> {
        self.map_err(|error| {
            let error = error.into();
            if violated(&error) == Some(constraint) {
                refusal().into()
            } else {
                error
            }
        })
    }
}

/// The constraint that a database error names.
pub(crate) fn violated(error: &Error) -> Option<&str> {
    let Error::Broken(error) = error else {
        return None;
    };
    error
        .downcast_ref::<sqlx::Error>()?
        .as_database_error()?
        .constraint()
}
