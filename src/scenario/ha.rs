//! Reads `pool.ha` and what VMs say of HA.

use super::index::Kind;
use super::keys;
use super::model::HaStart;
use super::read::{Fields, Reader, shorten};
use super::said::Draft;
use crate::base::ids::SrId;
use crate::base::time::Span;
use crate::world::belief::Protection;
use crate::world::inventory::VmName;
use crate::world::memory::xhad::{KnownFault, KnownFaults};
use crate::world::truth::SLOTS_MAX;

/// The base timeout where none is said (xapi_globs.ml, `ha_default_timeout_base`).
const TIMEOUT: Span = Span::secs(60);
/// The shortest timeout (xapi_ha.ml, Timeouts).
const TIMEOUT_LEAST: Span = Span::secs(10);
/// The longest timeout.
const TIMEOUT_MOST: Span = Span::mins(60);
/// The longest start delay.
const DELAY_MOST: Span = Span::days(1);

/// Reads `pool.ha`. `None` where it is absent, or so wrong that nothing can be made of it.
pub(super) fn read(reader: &mut Reader<'_>, draft: &Draft, pool: &Fields<'_>) -> Option<HaStart> {
    let (key, node) = pool.entry("ha")?;
    let place = key.place;
    // `ha:` alone is HA with nothing said.
    let fields = if node.is_null() { None } else { Some(reader.fields(node, &keys::HA)?) };
    let get = |key: &str| fields.as_ref().and_then(|fields| fields.get(key));

    let members = draft.hosts.iter().filter(|host| !host.spare && host.known != Some(false)).count();
    if members > SLOTS_MAX {
        let message = format!("HA on {members} hosts: the statefile has room for {SLOTS_MAX}");
        reader.error(place, "too-many", message, format!("take `ha:` out, or use at most {SLOTS_MAX} hosts"));
    }
    let names = &draft.names;
    let heartbeat_sr = match get("heartbeat-sr") {
        Some(node) => {
            let sr = draft.index.one(reader, Kind::Sr, node).map(SrId);
            let local = sr.map(|sr| &names.srs[sr.at()]).filter(|sr| !sr.kind.shared());
            if let Some(local) = local {
                let message = format!("`{}` is in one host: the others could not reach the statefile", shorten(&local.name));
                reader.error(node.place, "local-statefile", message, "name a shared SR: nfs, lvmoiscsi or lvmohba");
            }
            sr
        }
        None => {
            let shared = names.sr_ids().find(|sr| names.srs[sr.at()].kind.shared());
            if shared.is_none() {
                reader.error(
                    place,
                    "local-statefile",
                    "HA has no shared SR to put its statefile on",
                    "add one (`storage: {nfs1: {type: nfs}}`), or take `ha:` out",
                );
            }
            shared
        }
    };
    let timeout = match get("timeout") {
        Some(node) => bounded(reader, node, TIMEOUT_LEAST, TIMEOUT_MOST).unwrap_or(TIMEOUT),
        None => TIMEOUT,
    };
    if timeout.0 % 1_000_000 != 0
        && let Some(node) = get("timeout")
    {
        reader.error(node.place, "wrong-duration", "the timeout of HA is whole seconds", "such as `60s`: xhad.conf holds no fractions");
    }
    let failures_to_tolerate = get("failures-to-tolerate").and_then(|node| reader.whole(node, 0, SLOTS_MAX as u64)).unwrap_or(0) as u32;
    let allow_overcommit = get("allow-overcommit").and_then(|node| reader.boolean(node)).unwrap_or(false);
    let known_faults = get("known-faults").map_or_else(KnownFaults::default, |node| {
        let faults = reader.one_or_more(node).iter();
        faults
            .filter_map(|node| reader.choice(node, "a known fault of HA's daemon", &KnownFault::ALL))
            .fold(KnownFaults::default(), KnownFaults::with)
    });
    Some(HaStart { heartbeat_sr: heartbeat_sr?, timeout, failures_to_tolerate, allow_overcommit, known_faults })
}

/// A duration within bounds.
fn bounded(reader: &mut Reader<'_>, node: &super::tree::Node, least: Span, most: Span) -> Option<Span> {
    let span = reader.span(node)?;
    if span < least || span > most {
        reader.error(node.place, "wrong-duration", format!("{span} is out of bounds"), format!("from {least} to {most}"));
        return None;
    }
    Some(span)
}

/// Reads what a VM says of HA: `ha`, `order`, `start-delay`.
pub(super) fn read_vm(reader: &mut Reader<'_>, fields: &Fields<'_>, vm: &mut VmName) {
    vm.protection = fields.get("ha").and_then(|node| reader.choice(node, "a restart priority", &Protection::ALL));
    vm.order = fields.get("order").and_then(|node| reader.whole(node, 0, u64::from(u32::MAX))).map(|order| order as u32);
    vm.start_delay = fields.get("start-delay").and_then(|node| bounded(reader, node, Span::ZERO, DELAY_MOST)).unwrap_or_default();
}
