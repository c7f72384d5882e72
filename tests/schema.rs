//! The schema that editors use: the committed file is what the program prints, and every shipped scenario is valid by it.

mod common;

use std::fs;

/// To write the file anew: `cargo run -- schema > scenario.schema.json`, or POOLSIM_BLESS=1 beside the other written files.
#[test]
fn the_committed_schema_is_current() {
    let path = common::root().join("scenario.schema.json");
    let current = poolsim::scenario::schema::schema();
    if std::env::var_os("POOLSIM_BLESS").is_some() {
        let text = serde_json::to_string_pretty(&current).expect("a schema is JSON");
        fs::write(&path, text + "\n").expect("scenario.schema.json");
    }
    let committed = fs::read_to_string(&path).expect("scenario.schema.json");
    let committed: serde_json::Value = serde_json::from_str(&committed).expect("JSON");
    assert!(committed == current, "scenario.schema.json is not what `poolsim schema` prints");
}

#[test]
fn shipped_scenarios_are_valid_and_carry_the_modeline() {
    let validator = jsonschema::validator_for(&poolsim::scenario::schema::schema()).expect("a draft-07 schema");
    for path in common::shipped() {
        let text = fs::read_to_string(&path).expect("text");
        assert!(
            text.starts_with("# yaml-language-server: $schema=../../scenario.schema.json\n"),
            "{}: no modeline",
            common::relative(&path)
        );
        let value: serde_json::Value = serde_yaml::from_str(&text).expect("YAML");
        let errors: Vec<String> = validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
        assert!(errors.is_empty(), "{}: {errors:#?}", common::relative(&path));
    }
}
