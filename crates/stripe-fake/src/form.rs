//! What Stripe's clients send: forms with names such as `items[0][price]`, read into nested values.

use percent_encoding::percent_decode_str;
use serde_json::{Map, Value};

/// Reads a form. Every leaf is a text.
pub(crate) fn read(form: &str) -> Value {
    let mut root = Value::Object(Map::new());
    for pair in form.split('&').filter(|pair| !pair.is_empty()) {
        let (name, value) = pair.split_once('=').unwrap_or((pair, ""));
        put(&mut root, &path(&decoded(name)), decoded(value));
    }
    listed(root)
}

fn decoded(text: &str) -> String {
    let spaced = text.replace('+', " ");
    percent_decode_str(&spaced).decode_utf8_lossy().into_owned()
}

/// `a[b][]` is `a`, `b` and nothing.
fn path(name: &str) -> Vec<String> {
    let (first, rest) = name.split_once('[').unwrap_or((name, ""));
    let rest = rest.split('[').filter(|_| !rest.is_empty());
    let rest = rest.map(|part| part.trim_end_matches(']').to_owned());
    std::iter::once(first.to_owned()).chain(rest).collect()
}

fn put(at: &mut Value, path: &[String], value: String) {
    let Some((first, rest)) = path.split_first() else {
        *at = Value::String(value);
        return;
    };
    if !at.is_object() {
        *at = Value::Object(Map::new());
    }
    let Value::Object(fields) = at else { return };
    let name = if first.is_empty() {
        fields.len().to_string()
    } else {
        first.clone()
    };
    put(fields.entry(name).or_insert(Value::Null), rest, value);
}

/// What has numbers for names is a list.
fn listed(value: Value) -> Value {
    let Value::Object(fields) = value else {
        return value;
    };
    let numbered = !fields.is_empty() && fields.keys().all(|name| name.parse::<usize>().is_ok());
    if numbered {
        let mut items: Vec<_> = fields.into_iter().collect();
        items.sort_by_key(|(name, _)| name.parse::<usize>().unwrap_or_default());
        return Value::Array(items.into_iter().map(|(_, item)| listed(item)).collect());
    }
    let fields = fields.into_iter().map(|(name, item)| (name, listed(item)));
    Value::Object(fields.collect())
}

/// A request's parameters.
#[derive(Clone, Debug)]
pub(crate) struct Params(pub Value);

impl Params {
    /// What stands at a path such as `recurring.interval`.
    pub(crate) fn at(&self, path: &str) -> Option<&Value> {
        path.split('.').try_fold(&self.0, |at, name| at.get(name))
    }

    /// A text there, unless it is empty.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.at(path)?.as_str().filter(|text| !text.is_empty())
    }

    /// A whole number there.
    pub(crate) fn number(&self, path: &str) -> Option<i64> {
        self.text(path)?.parse().ok()
    }

    /// Yes or no.
    pub(crate) fn flag(&self, path: &str) -> Option<bool> {
        self.text(path).map(|word| word == "true")
    }

    /// The members of a list.
    pub(crate) fn list(&self, path: &str) -> Vec<Self> {
        let items = self.at(path).and_then(Value::as_array);
        items.into_iter().flatten().cloned().map(Self).collect()
    }

    /// What stands there, as parameters of their own.
    pub(crate) fn part(&self, path: &str) -> Self {
        Self(
            self.at(path)
                .cloned()
                .unwrap_or_else(|| Value::Object(Map::new())),
        )
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn names_with_brackets_are_nested() {
        let form =
            "a=1&items%5B0%5D%5Bprice%5D=p&items[1][price]=q+r&tags[]=x&tags[]=y&a%2Db=%E2%82%AC";
        assert_eq!(
            read(form),
            json!({
                "a": "1", "items": [{"price": "p"}, {"price": "q r"}], "tags": ["x", "y"], "a-b": "€"
            })
        );
    }
}
