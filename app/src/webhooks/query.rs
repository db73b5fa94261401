//! Which deliveries are shown, and the address that says the same.

use api_types::webhooks::DeliveryState;
use leptos_router::params::ParamsMap;

/// Which deliveries are shown.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shown {
    /// Those in this state; all of them without it.
    pub state: Option<DeliveryState>,
    /// Those after this one, as [`DeliveryPage::next`](api_types::webhooks::DeliveryPage::next) says.
    pub after: String,
}

impl Shown {
    /// Reads it from an address. A word that means nothing does not filter.
    pub fn read(query: &ParamsMap) -> Self {
        let word = |name: &str| query.get(name).unwrap_or_default();
        Self {
            state: DeliveryState::parse(&word("state")),
            after: word("after"),
        }
    }

    /// The first page of deliveries in a state.
    pub fn in_state(state: Option<DeliveryState>) -> Self {
        Self {
            state,
            after: String::new(),
        }
    }

    /// The state's word; nothing for all of them.
    pub fn word(&self) -> &'static str {
        self.state.map_or("", DeliveryState::as_str)
    }

    /// The address of the page that shows it, perhaps with a dialog that is open.
    pub fn address(&self, path: &str, dialog: Option<&str>) -> String {
        let words = [
            ("state", self.word()),
            ("after", &self.after),
            ("dialog", dialog.unwrap_or_default()),
        ];
        let filled = words.into_iter().filter(|(_, word)| !word.is_empty());
        let query: ParamsMap = filled.map(|(name, word)| (name, word.to_owned())).collect();
        format!("{path}{}", query.to_query_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_reads_back_as_what_it_shows() {
        let shown = Shown {
            state: Some(DeliveryState::Dead),
            after: "0190f5c0-0000-7000-8000-000000000001".into(),
        };
        let address = shown.address("/t/a/webhooks/1", Some("again"));
        let (path, query) = address.split_once('?').expect("a query");
        assert_eq!(path, "/t/a/webhooks/1");
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        let query: ParamsMap = pairs
            .map(|(name, word)| (name.to_owned(), word.to_owned()))
            .collect();
        assert_eq!(Shown::read(&query), shown);
        assert_eq!(query.get("dialog").as_deref(), Some("again"));
        assert_eq!(Shown::default().address("/x", None), "/x");
    }
}
