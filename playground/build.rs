//! Run by cargo before the build: gives the module's stack the room that the program's main thread has elsewhere at the least,
//! since WebAssembly's own default is an eighth of it.

fn main() {
    println!("cargo::rerun-if-changed=build.rs");
    if std::env::var("CARGO_CFG_TARGET_ARCH").is_ok_and(|arch| arch == "wasm32") {
        println!("cargo::rustc-link-arg-cdylib=-zstack-size=4194304");
    }
}
