//! Large documents of well-known APIs. `scripts/fetch-openapi` brings them, and `BULKHEAD_OPENAPI_DOCUMENTS` names
//! them, with colons between.

use connector::openapi::{Document, diff};
use std::collections::{BTreeMap, HashSet};
use std::time::Instant;
use std::{env, fs};

#[test]
fn documents_of_well_known_apis_become_tools() {
    let Ok(paths) = env::var("BULKHEAD_OPENAPI_DOCUMENTS") else {
        eprintln!(
            "NOT TESTED: BULKHEAD_OPENAPI_DOCUMENTS is not set; scripts/fetch-openapi prints what to set it to."
        );
        return;
    };
    for path in paths.split(':').filter(|path| !path.is_empty()) {
        import(path);
    }
}

fn import(path: &str) {
    let bytes = fs::read(path).unwrap_or_else(|error| panic!("{path}: {error}"));
    let began = Instant::now();
    let document = Document::read(&bytes).unwrap_or_else(|error| panic!("{path}: {error}"));
    let read = began.elapsed();
    let candidates = document.operations();
    let made = began.elapsed().saturating_sub(read);
    let tools: Vec<_> = candidates
        .iter()
        .filter_map(|one| one.operation.as_ref().ok())
        .collect();
    println!(
        "{path}: {} {}, {:.1} MB, {:?}, read in {read:?}, {} operations in {made:?}, {} tools",
        document.title(),
        document.version(),
        bytes.len() as f64 / 1e6,
        document.servers(),
        candidates.len(),
        tools.len(),
    );
    tell_reasons(
        candidates
            .iter()
            .filter_map(|one| Some((one.operation.as_ref().err()?, "is no tool"))),
    );
    let left_out = candidates.iter().filter(|one| one.operation.is_ok());
    tell_reasons(left_out.flat_map(|one| one.left_out.iter().map(|why| (why, "left out"))));
    assert!(
        tools.len() * 100 >= candidates.len() * 90,
        "{path}: many are none"
    );
    let (mut names, mut sizes) = (HashSet::new(), Vec::new());
    for tool in &tools {
        assert!(names.insert(&tool.name), "{path}: {} twice", tool.name);
        let plain =
            |letter: char| letter.is_ascii_lowercase() || letter.is_ascii_digit() || letter == '_';
        assert!(
            tool.name.len() <= 50 && tool.name.chars().all(plain),
            "{}",
            tool.name
        );
        let schema = tool.input_schema.as_ref().expect("a schema");
        sizes.push(schema.to_string().len());
        jsonschema::draft202012::meta::validate(schema)
            .unwrap_or_else(|error| panic!("{path}: {}: {error}", tool.name));
        jsonschema::draft202012::new(schema)
            .unwrap_or_else(|error| panic!("{path}: {}: {error}", tool.name));
        let inputs: HashSet<_> = tool.inputs.iter().map(|input| &input.name).collect();
        let properties = schema["properties"].as_object().expect("properties");
        assert_eq!(inputs, properties.keys().collect());
    }
    sizes.sort_unstable();
    println!(
        "  schemas: {} bytes in the middle, {} the largest, {} in all",
        sizes[sizes.len() / 2],
        sizes[sizes.len() - 1],
        sizes.iter().sum::<usize>()
    );
    let chosen: Vec<_> = tools.into_iter().cloned().collect();
    let same = diff(&chosen, &document);
    assert!(same.added.is_empty() && same.removed.is_empty(), "{same:?}");
    assert!(same.changed.is_empty(), "{path}: {:?}", same.changed);
}

fn tell_reasons<'a>(all: impl Iterator<Item = (&'a String, &'static str)>) {
    let mut reasons: BTreeMap<String, usize> = BTreeMap::new();
    for (why, what) in all {
        *reasons.entry(format!("{what}: {why}")).or_default() += 1;
    }
    let mut reasons: Vec<_> = reasons.into_iter().collect();
    reasons.sort_by_key(|(_, count)| usize::MAX - count);
    for (reason, count) in reasons.into_iter().take(12) {
        println!("  {count} × {reason}");
    }
}
