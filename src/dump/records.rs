//! What an import reads: the records of a pool's database, as far as a simulated pool has something that corresponds, and
//! counts of the rest. Plain data, whatever it was read from.

use std::collections::BTreeMap;

/// What a VM record is. A snapshot has `is_a_template` true as well, and so is asked for first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub enum VmKind {
    /// A machine.
    #[default]
    Machine,
    /// A template that came with the product.
    DefaultTemplate,
    /// A template that somebody made.
    Template,
    /// A snapshot of a VM.
    Snapshot,
    /// A host's domain 0.
    Control,
}

/// The pool's own record.
#[derive(Clone, PartialEq, Debug, Default)]
#[allow(missing_docs, reason = "the names are xapi's own")]
pub struct PoolRecord {
    pub uuid: String,
    pub label: String,
    /// The key of a host.
    pub master: String,
    /// The key of an SR; empty where there is none.
    pub default_sr: String,
    pub ha_enabled: bool,
    /// Keys of VDIs.
    pub ha_statefiles: Vec<String>,
    /// The base timeout of HA in seconds, where one is configured.
    pub ha_timeout: Option<u64>,
    pub ha_failures: u64,
    pub ha_allow_overcommit: bool,
    /// `other-config:auto_poweron`, without which that of a VM means nothing.
    pub auto_poweron: bool,
}

/// A host.
#[derive(Clone, PartialEq, Debug, Default)]
#[allow(missing_docs, reason = "the names are xapi's own")]
pub struct HostRecord {
    /// What other records name it by.
    pub key: String,
    pub uuid: String,
    pub label: String,
    pub address: String,
    pub enabled: bool,
    /// `None` where the host has no metrics.
    pub live: Option<bool>,
    /// Memory in bytes, and what Xen itself takes of it.
    pub memory: Option<u64>,
    pub overhead: u64,
    /// Brand and version of the product.
    pub product: Option<(String, String)>,
}

/// A storage repository.
#[derive(Clone, PartialEq, Debug, Default)]
#[allow(missing_docs, reason = "the names are xapi's own")]
pub struct SrRecord {
    pub key: String,
    pub uuid: String,
    pub label: String,
    pub kind: String,
    pub shared: bool,
    pub content: String,
}

/// A connection between a host and an SR.
#[derive(Clone, PartialEq, Debug, Default)]
#[allow(missing_docs, reason = "the names are xapi's own")]
pub struct PbdRecord {
    pub host: String,
    pub sr: String,
    pub attached: bool,
}

/// A VM, template, snapshot or control domain.
#[derive(Clone, PartialEq, Debug, Default)]
#[allow(missing_docs, reason = "the names are xapi's own")]
pub struct VmRecord {
    pub key: String,
    pub uuid: String,
    pub label: String,
    pub kind: VmKind,
    /// In lower case.
    pub power_state: String,
    /// The key of a host; empty where it is null.
    pub resident_on: String,
    /// The most memory that it is given, in bytes, and the least.
    pub memory: Option<u64>,
    pub memory_least: Option<u64>,
    pub ha_always_run: bool,
    pub ha_restart_priority: String,
    /// `None` where the record does not say.
    pub order: Option<u64>,
    pub start_delay: u64,
    pub auto_poweron: bool,
    pub in_appliance: bool,
}

/// A virtual disk.
#[derive(Clone, PartialEq, Debug, Default)]
#[allow(missing_docs, reason = "the names are xapi's own")]
pub struct VdiRecord {
    pub key: String,
    pub uuid: String,
    pub label: String,
    pub sr: String,
    /// In lower case.
    pub kind: String,
    /// False: a base copy, which the storage manager keeps for itself.
    pub managed: bool,
    pub snapshot: bool,
    /// The `host_…` keys: the key of a host, and what stands there; the newest last.
    pub locks: Vec<(String, String)>,
    pub paused: bool,
    /// `activating` or `relinking`.
    pub other_marks: bool,
    /// Whether nobody printed its `sm-config`: nothing is known of locks and marks.
    pub marks_unknown: bool,
    /// The UUID of the VDI that it is a difference to; empty where it is none.
    pub parent: String,
}

/// A connection between a VM and a VDI.
#[derive(Clone, PartialEq, Debug, Default)]
#[allow(missing_docs, reason = "the names are xapi's own")]
pub struct VbdRecord {
    pub vm: String,
    /// Empty where it is null.
    pub vdi: String,
    pub read_only: bool,
    pub cd: bool,
    pub attached: bool,
    pub empty: bool,
    /// Its place among a VM's disks, from 0.
    pub position: u64,
}

/// The records of a pool.
#[derive(Clone, PartialEq, Debug, Default)]
#[allow(missing_docs, reason = "the names are xapi's own")]
pub struct Records {
    pub pool: PoolRecord,
    pub hosts: Vec<HostRecord>,
    pub srs: Vec<SrRecord>,
    pub pbds: Vec<PbdRecord>,
    pub vms: Vec<VmRecord>,
    pub vdis: Vec<VdiRecord>,
    pub vbds: Vec<VbdRecord>,
    /// Whether nobody printed which disk is whose.
    pub disks_unknown: bool,
    /// Appliances.
    pub appliances: usize,
    /// What is known of the file as a whole; `None` where it is what `xe` printed.
    pub file: Option<FileFacts>,
    /// What is wrong with the input and could be read all the same, in sentences.
    pub doubts: Vec<String>,
    /// The same, with names of the pool or of files in them.
    pub named_doubts: Vec<String>,
}

impl PoolRecord {
    /// Whether nothing of it was read.
    pub fn unknown(&self) -> bool {
        *self == PoolRecord::default()
    }
}

/// What a dump says of itself, and counts over all of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FileFacts {
    /// Major and minor version of the database's schema.
    pub schema: (u64, u64),
    /// How often the database had been written.
    pub generation: u64,
    /// How many tables there are, and how many of them without a row.
    pub tables: usize,
    /// Tables without a row.
    pub empty_tables: usize,
    /// Rows of all tables.
    pub rows: usize,
    /// References that lead nowhere, by table and field: `VBD.metrics`.
    pub dangling: BTreeMap<String, usize>,
}

impl FileFacts {
    /// Whether a reference that leads nowhere means no harm: the tables of metrics of VBDs and VIFs are never written, and
    /// roles live in xapi's code.
    pub fn harmless(field: &str) -> bool {
        matches!(field, "VBD.metrics" | "VIF.metrics" | "subject.roles")
            // Whatever somebody wrote there, it is a text of his own.
            || field.ends_with(".other_config")
            || field.ends_with(".current_operations")
            || field.ends_with(".tasks")
            || field.starts_with("task.")
            || field.starts_with("session.")
    }
}
