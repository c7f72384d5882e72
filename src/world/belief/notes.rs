//! Fields of records that nobody in the simulation reads, and that an operator can set and read again: descriptions, tags, the keys of
//! `other-config` and its like. A copy of the database has them as it has everything else.

use crate::base::ids::{HostId, SrId, VbdId, VdiId, VmId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A field's value.
#[derive(Clone, PartialEq, Eq, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Value {
    One(String),
    Set(Vec<String>),
    Map(Vec<(String, String)>),
}

impl Value {
    /// As lists show it.
    pub fn show(&self) -> String {
        match self {
            Value::One(text) => text.clone(),
            Value::Set(members) => members.join("; "),
            Value::Map(entries) => entries.iter().map(|(key, value)| format!("{key}: {value}")).collect::<Vec<_>>().join("; "),
        }
    }
}

/// Whose record it is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "the names are the field's own words")]
pub enum Noted {
    Pool,
    Host(HostId),
    Vm(VmId),
    Sr(SrId),
    Vdi(VdiId),
    Pbd(HostId, SrId),
    Vbd(VbdId),
}

/// What was set, by record and field.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Notes(Arc<BTreeMap<(Noted, String), Value>>);

impl Notes {
    /// What a field was set to; `None` where nobody has.
    pub fn get(&self, of: Noted, field: &str) -> Option<&Value> {
        // Asked for every field that is shown: most databases have none.
        if self.0.is_empty() { None } else { self.0.get(&(of, field.to_string())) }
    }
    /// Sets a field.
    pub fn set(&mut self, of: Noted, field: &str, value: Value) {
        Arc::make_mut(&mut self.0).insert((of, field.to_string()), value);
    }
    /// A record is gone, and what was set of it.
    pub fn forget(&mut self, of: Noted) {
        if self.0.keys().any(|(noted, _)| *noted == of) {
            Arc::make_mut(&mut self.0).retain(|(noted, _), _| *noted != of);
        }
    }
}
