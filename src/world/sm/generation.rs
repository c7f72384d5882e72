//! Which generations of the storage manager there are. What they answer stands beside this, one file each.

/// A generation of the storage manager (docs/model/locks.md §11), as `settings.storage-manager` names it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
pub enum StorageManager {
    /// sm of XenServer 6.0 and of 6.1's base.
    #[default]
    G1,
}

impl StorageManager {
    /// Every generation that is there, in the order of time.
    pub const ALL: &'static [StorageManager] = &[StorageManager::G1];
}
