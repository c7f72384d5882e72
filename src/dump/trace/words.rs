//! What the instants of a log tell, in words.

use super::What;
use crate::base::time::Span;

/// What an instant tells, as a sentence without its time.
pub(super) fn words(what: &What) -> String {
    match what {
        What::HeldForDead(host, silence) => {
            let since = silence.map_or_else(String::new, |silence| format!(", nothing was heard of it for {}", span(silence)));
            match host {
                Some(host) => format!("host {host} is held for dead{since}"),
                None => format!("a host is held for dead, which one the line does not say{since}"),
            }
        }
        What::DeadByHa(host) => format!("HA holds host {host} for dead"),
        What::Host(deed, host) => format!("host {host} {}", deed.words()),
        What::NewMaster(host) => format!("host {host} is to be master"),
        What::Start(vm, on, by_ha) => {
            let on = on.as_ref().map_or_else(String::new, |on| format!(" on {on}"));
            format!("VM {vm} is started{on}{}", if *by_ha { " by HA" } else { "" })
        }
        What::Vm(deed, vm) => format!("VM {vm} {}", deed.words()),
        What::Typed(line) => format!("typed: {line}"),
        What::Reset(sr, master) => {
            format!("locks on SR {sr} are released by resetvdis.py{}", if *master { ", with the word master" } else { "" })
        }
        What::Refused(vdi) => format!("VDI {vdi} is refused: a lock of another host is on it"),
        What::Ha(ha, host) => match (host.strip_prefix('#'), host.as_str()) {
            (Some(place), _) => format!("the host with place {place} by UUID, from 0, {}", ha.words()),
            (None, "") => format!("the host of this log {}", ha.words()),
            (None, host) => format!("host {host} {}", ha.words()),
        },
        What::Failed(what) => format!("refused, or failed: {what}"),
        What::NotStarted(which) => format!("not started again: {which}"),
    }
}

/// A length of time as it is told, in whole seconds.
pub(super) fn span(micros: i64) -> Span {
    Span(u64::try_from(micros.max(0)).unwrap_or(0) / 1_000_000 * 1_000_000)
}
