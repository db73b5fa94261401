//! Ways into JSON: `user.login`, `labels[].name`, `errors[0].message`.
//!
//! A dot that belongs to a name is written `\.`, and a name that begins with `@` reaches to the end of the way, as the
//! annotations of `OData` have dots (`@odata.nextLink`).

use crate::Wrong;
use serde_json::{Map, Value};

/// The longest list that an index makes.
const LONGEST_LIST: usize = 20;

/// One step of a way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Step {
    /// To the member of this name, or of a list to the one of this number.
    Member(String),
    /// To each of a list; to the first one where there can be but one.
    Each,
    /// To this one of a list.
    Index(usize),
}

/// The steps of a way. None without text.
pub(crate) fn steps(path: &str) -> Vec<Step> {
    names(path).into_iter().flat_map(step).collect()
}

fn names(path: &str) -> Vec<String> {
    let mut all = Vec::new();
    let mut name = String::new();
    let mut rest = path.chars();
    while let Some(c) = rest.next() {
        match c {
            '\\' => name.extend(rest.next()),
            '.' if !name.starts_with('@') => all.push(std::mem::take(&mut name)),
            c => name.push(c),
        }
    }
    if !path.is_empty() {
        all.push(name);
    }
    all
}

/// A name with what is in brackets behind it.
fn step(name: String) -> Vec<Step> {
    let mut name = name.as_str();
    let mut behind = Vec::new();
    while let Some((before, inside)) = name.strip_suffix(']').and_then(|n| n.rsplit_once('[')) {
        match inside.parse() {
            Ok(index) => behind.push(Step::Index(index)),
            Err(_) if inside.is_empty() => behind.push(Step::Each),
            Err(_) => break,
        }
        name = before;
    }
    if !name.is_empty() || behind.is_empty() {
        behind.push(Step::Member(name.into()));
    }
    behind.reverse();
    behind
}

/// What is there.
pub(crate) fn read<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    steps(path).iter().try_fold(value, |at, step| match step {
        Step::Member(name) => match at {
            Value::Array(list) => list.get(name.parse::<usize>().ok()?),
            at => at.get(name),
        },
        Step::Each => at.get(0),
        Step::Index(index) => at.get(index),
    })
}

/// Text that is there, and not empty. Numbers count as text, as some ids are numbers.
pub(crate) fn read_text(value: &Value, path: &str) -> Option<String> {
    match read(value, path)? {
        Value::String(text) if !text.is_empty() => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    }
}

/// Puts something there, making what is on the way. Names that are numbers are those of a list.
pub(crate) fn write(into: &mut Map<String, Value>, path: &str, value: Value) -> Result<(), Wrong> {
    let mut steps = steps(path).into_iter().map(numbered);
    let Some(Step::Member(first)) = steps.next() else {
        return Err(Wrong::new(format!("“{path}” is no way into a body")));
    };
    let mut at = into.entry(first).or_insert(Value::Null);
    for step in steps {
        at = enter(at, &step)
            .ok_or_else(|| Wrong::new(format!("“{path}” is in the way of another member")))?;
    }
    *at = value;
    Ok(())
}

fn numbered(step: Step) -> Step {
    match step {
        Step::Member(name) => match name.parse() {
            Ok(index) => Step::Index(index),
            Err(_) => Step::Member(name),
        },
        step => step,
    }
}

fn enter<'a>(at: &'a mut Value, step: &Step) -> Option<&'a mut Value> {
    match step {
        Step::Member(name) => {
            if at.is_null() {
                *at = Value::Object(Map::new());
            }
            Some(at.as_object_mut()?.entry(name).or_insert(Value::Null))
        }
        Step::Index(index) if *index < LONGEST_LIST => {
            if at.is_null() {
                *at = Value::Array(Vec::new());
            }
            let list = at.as_array_mut()?;
            if list.len() <= *index {
                list.resize(index + 1, Value::Null);
            }
            list.get_mut(*index)
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_way_leads_through_members_and_lists() {
        let value = json!({"a": {"b": [{"c": 1}, {"c": 2}]}, "@odata.nextLink": "n", "x.y": 3});
        for (path, there) in [
            ("a.b[].c", json!(1)),
            ("a.b[1].c", json!(2)),
            ("a.b.1.c", json!(2)),
            ("@odata.nextLink", json!("n")),
            ("x\\.y", json!(3)),
        ] {
            assert_eq!(read(&value, path), Some(&there), "{path}");
        }
        assert_eq!(read(&value, ""), Some(&value));
        for nowhere in ["a.c", "a.b.c", "a[]", "x.y", "a.b[2]", ".", "a..b"] {
            assert_eq!(read(&value, nowhere), None, "{nowhere}");
        }
    }

    #[test]
    fn what_is_written_can_be_read() {
        let mut body = Map::new();
        write(&mut body, "to[0].email", json!("a@app.test")).unwrap();
        write(&mut body, "to.0.name", json!("Ada")).unwrap();
        write(&mut body, "fields.due", json!(null)).unwrap();
        let there =
            json!({"to": [{"email": "a@app.test", "name": "Ada"}], "fields": {"due": null}});
        assert_eq!(Value::Object(body.clone()), there);
        for wrong in ["to.email", "to[0].name.first", "to[99]", "to[]", "", "[0]"] {
            assert!(write(&mut body, wrong, json!(1)).is_err(), "{wrong}");
        }
    }
}
