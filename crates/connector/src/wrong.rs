//! Why something is not as it must be, in words for people.

/// What is wrong, said to whoever gave it: names what it is about, and says what is wanted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Wrong(String);

impl Wrong {
    /// Wrong because of this.
    pub fn new(words: impl Into<String>) -> Self {
        Self(words.into())
    }

    /// The same, telling where.
    pub(crate) fn at(self, place: &str) -> Self {
        Self(format!("{place}: {}", self.0))
    }
}
