//! The JSON Schema.

/// The seam of the schema; its contents come with the readers' tables.
pub fn schema() -> serde_json::Value {
    serde_json::json!({})
}
