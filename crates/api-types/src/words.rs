//! Enums whose values are words: in the database, in forms, addresses and exports, and for people.

macro_rules! words {
    ($(#[$doc:meta])* $name:ident {
        $($(#[$more:meta])* $variant:ident = $word:literal, $label:literal;)+
    }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        pub enum $name {$(
            #[doc = concat!($label, ".")]
            $(#[$more])*
            #[serde(rename = $word)]
            $variant,
        )+}

        impl $name {
            /// Each of them, in order.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The word in the database, in forms, addresses and exports.
            pub fn as_str(self) -> &'static str {
                match self {$(Self::$variant => $word),+}
            }

            /// The words for people.
            pub fn label(self) -> &'static str {
                match self {$(Self::$variant => $label),+}
            }

            /// Reads the word.
            pub fn parse(word: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|known| known.as_str() == word)
            }
        }
    };
}

pub(crate) use words;
