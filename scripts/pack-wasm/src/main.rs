//! Makes of the compiled program what browsers load: splits it into what a first visit needs and what other pages
//! fetch later, and writes the JavaScript beside it.
//!
//!     pack-wasm PROGRAM FOLDER NAME
//!
//! FOLDER gets NAME.wasm and NAME.js, the other parts and their loader, and a manifest that says which part a page
//! needs. cargo-leptos does the same for `make dev`; it takes ten minutes to compile, and this takes one.

use anyhow::{Context as _, bail};
use std::path::{Path, PathBuf};
use std::{env, fs};
use wasm_bindgen_cli_support::Bindgen;

/// As long as the hash that seal-site.mjs puts there: the name stands inside of the parts, whose sections have lengths.
const LOADER: &str = "./__wasm_split.______________________.js";

fn main() -> anyhow::Result<()> {
    let words: Vec<String> = env::args().skip(1).collect();
    let [program, folder, name] = &words[..] else {
        bail!("usage: pack-wasm PROGRAM FOLDER NAME");
    };
    let (program, folder) = (Path::new(program), Path::new(folder));
    let rest = split(program, folder, name)?;
    let mut bindgen = Bindgen::new();
    bindgen.input_path(&rest).out_name(name).typescript(false);
    bindgen.keep_lld_exports(true).demangle(false).web(true)?;
    bindgen.generate(folder)?;
    fs::remove_file(&rest)?;
    let written = folder.join(format!("{name}_bg.wasm"));
    fs::rename(written, folder.join(format!("{name}.wasm")))?;
    Ok(())
}

/// Answers where the program is that is left.
fn split(program: &Path, folder: &Path, name: &str) -> anyhow::Result<PathBuf> {
    let program = fs::read(program).with_context(|| format!("reading {}", program.display()))?;
    let (rest, script) = (folder.join("rest.wasm"), format!("./{name}.js"));
    let mut options = wasm_split_cli_support::Options::new(&program);
    options.output_dir = folder;
    options.main_out_path = &rest;
    options.main_module = &script;
    options.link_name = LOADER;
    let split =
        wasm_split_cli_support::transform(options).map_err(|error| anyhow::anyhow!("{error:#}"))?;
    let manifest = serde_json::to_string(&split.prefetch_map)?;
    fs::write(folder.join("__wasm_split_manifest.json"), manifest)?;
    Ok(rest)
}
