//! What the pool answers when it refuses: API error codes with their parameters, and their texts in XenServer 6.

use crate::base::ids::{HostId, PoolId, SrId, VdiId, VmId};

/// A parameter of an API error. References print as `UUID (name)` where the answering database knows them.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[allow(missing_docs)]
pub enum Param {
    Host(HostId),
    /// A host's plain UUID, where there is no database to look it up in.
    HostUuid(HostId),
    Vm(VmId),
    Vdi(VdiId),
    Sr(SrId),
    Pool(PoolId),
    Text(String),
}

/// An API error.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ApiError {
    /// The code, for instance `HOST_IS_LIVE`.
    pub code: &'static str,
    /// Its parameters in order.
    pub params: Vec<Param>,
}

impl ApiError {
    /// An error without parameters.
    pub fn new(code: &'static str) -> ApiError {
        ApiError { code, params: Vec::new() }
    }
    /// The same with one more parameter.
    pub fn with(mut self, param: Param) -> ApiError {
        self.params.push(param);
        self
    }
    /// The same with one more parameter of plain text.
    pub fn text(self, text: impl Into<String>) -> ApiError {
        self.with(Param::Text(text.into()))
    }
    /// What the storage manager answers when a disk can't be activated: SR_BACKEND_FAILURE_46 (storage.md §2.1).
    pub fn vdi_unavailable(opterr: impl std::fmt::Display) -> ApiError {
        ApiError::new("SR_BACKEND_FAILURE_46").text("").text(format!("The VDI is not available [opterr={opterr}]")).text("")
    }
}

/// An error code: what `explain` and the tools say of it.
#[derive(Clone, Copy, Debug)]
pub struct ErrorDoc {
    /// The code.
    pub code: &'static str,
    /// The names of its parameters, as the tools print them.
    pub params: &'static [&'static str],
    /// Its text in 6.0 to 6.2; empty where the tools print the raw code instead.
    pub text: &'static str,
    /// What it means for the operator and what to do about it.
    pub doc: &'static str,
}
