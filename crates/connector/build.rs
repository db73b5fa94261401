//! Puts the files of `providers/` and `tools/` into the program.

use std::fmt::Write;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

fn main() -> io::Result<()> {
    let root = PathBuf::from(env::var_os("CARGO_MANIFEST_DIR").ok_or(io::ErrorKind::NotFound)?);
    let mut files = String::from("static FILES: &[File] = &[\n");
    for path in sorted(&root.join("providers"))? {
        if path.extension().is_none_or(|extension| extension != "toml") {
            continue;
        }
        let id = path.file_stem().unwrap_or_default().to_string_lossy();
        let tools = included(&root.join("tools").join(format!("{id}.toml")));
        let icon = included(&root.join("providers/icons").join(format!("{id}.svg")));
        let provider = included(&path);
        let _ = writeln!(
            files,
            "File {{ id: {id:?}, provider: {provider}, tools: {tools}, icon: {icon} }},"
        );
    }
    files.push_str("];\n");
    for folder in ["providers", "providers/icons", "tools"] {
        // A folder that is not there would make every build look stale.
        if root.join(folder).is_dir() {
            println!("cargo::rerun-if-changed={folder}");
        }
    }
    let out = PathBuf::from(env::var_os("OUT_DIR").ok_or(io::ErrorKind::NotFound)?);
    fs::write(out.join("files.rs"), files)
}

fn sorted(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut paths = fs::read_dir(folder)?
        .map(|entry| Ok(entry?.path()))
        .collect::<io::Result<Vec<_>>>()?;
    paths.sort();
    Ok(paths)
}

/// An expression with the text of a file, which is empty if there is none.
fn included(path: &Path) -> String {
    if path.is_file() {
        format!("include_str!({:?})", path.display().to_string())
    } else {
        "\"\"".into()
    }
}
