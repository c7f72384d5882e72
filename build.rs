//! Run by cargo before the build: lists all of `scenarios/`, so that the program carries them with it, and says where the module
//! of the playground lies, if it carries that. For the library alone there is nothing to do.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var_os("CARGO_FEATURE_PROGRAM").is_none() {
        return;
    }
    let root = PathBuf::from(std::env::var_os("CARGO_MANIFEST_DIR").expect("cargo says where the package is"));
    let folder = root.join("scenarios");
    println!("cargo::rerun-if-changed=scenarios");
    let mut files = Vec::new();
    walk(&folder, &mut files);
    files.sort();
    let mut text = String::from("/// Every scenario, in the order of their paths.\npub const ALL: &[Shipped] = &[\n");
    for (path, file) in files {
        let _ = writeln!(text, "    Shipped {{ path: {path:?}, text: include_str!({:?}) }},", file.display().to_string());
    }
    text.push_str("];\n");
    if std::env::var_os("CARGO_FEATURE_PLAYGROUND").is_some() {
        module(&root);
    }
    let target = PathBuf::from(std::env::var_os("OUT_DIR").expect("cargo says where to write")).join("shipped.rs");
    std::fs::write(target, text).expect("the list of scenarios can be written");
}

/// Says where the module lies.
fn module(root: &Path) {
    println!("cargo::rerun-if-env-changed=POOLSIM_PLAYGROUND");
    let usual = root.join("target/wasm/playground.wasm.gz");
    let module = std::env::var_os("POOLSIM_PLAYGROUND").map_or(usual, |named| root.join(named));
    println!("cargo::rerun-if-changed={}", module.display());
    println!("cargo::rustc-env=POOLSIM_PLAYGROUND_MODULE={}", module.display());
    if !module.is_file() {
        println!("cargo::error=the feature `playground` wants {}: `.ci/wasm build` builds it", module.display());
    }
}

/// Collects the scenario files below `folder`, each with its path below `scenarios/`.
fn walk(folder: &Path, files: &mut Vec<(String, PathBuf)>) {
    let Ok(entries) = std::fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if path.is_dir() {
            println!("cargo::rerun-if-changed={}", path.display());
            walk(&path, files);
        } else if path.extension().is_some_and(|end| end == "yaml" || end == "yml") {
            let shown = path.to_string_lossy().replace('\\', "/");
            if let Some((_, below)) = shown.rsplit_once("/scenarios/") {
                files.push((below.to_string(), path.clone()));
            }
        }
    }
}
