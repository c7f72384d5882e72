//! Reads `chaos`: what breaks at random, and comes back. Each host, SR, VM or side has draws of its own, so that one more of
//! them shifts nobody's luck.

use super::deeds::{self, required};
use super::keys;
use super::model::{Deed, IO_NAMES, SpanRange, Step, When};
use super::read::{Fields, Reader};
use super::steps::{Around, STEPS_MOST};
use super::tree::{Key, Node};
use super::words;
use crate::base::time::Span;
use crate::fault::Fault;
use crate::world::truth::Io;

/// Reads it: a step for each process, which begins at 0 and strikes whenever its draws say. `key` is `chaos` itself.
pub fn read_chaos(reader: &mut Reader<'_>, around: &mut Around<'_>, key: &Key, node: &Node) -> Vec<Step> {
    let mut steps = Vec::new();
    let Some(fields) = reader.fields(node, &keys::CHAOS) else { return steps };
    if fields.count() == 0 {
        reader.error(
            key.place,
            "wrong-value",
            "`chaos` names no fault",
            "add one: `{crash: {hosts: beta, every: 30d, back-after: 5m..20m}}`",
        );
    }
    if around.until.is_none() {
        let help = "random faults never come to an end: say when the run does, `until: 30d`";
        reader.error(key.place, "missing-key", "`chaos` needs `until:` beside it", help);
    }
    for (kind, table) in keys::CHAOS_KINDS {
        let Some((place, node)) = fields.entry(kind) else { continue };
        let Some(fields) = reader.fields(node, table) else { continue };
        let every = required(reader, &fields, "every").and_then(|node| reader.interval(node));
        let back = required(reader, &fields, "back-after").and_then(|node| reader.span_range(node));
        let faults = faults(reader, around, kind, &fields);
        let (Some(every), Some(back), Some(faults)) = (every, back, faults) else { continue };
        around.steps += faults.len();
        if around.steps > STEPS_MOST {
            reader.error(
                place.place,
                "too-many",
                format!("too many steps: at most {STEPS_MOST}"),
                "let fewer hosts and SRs fail at random",
            );
            break;
        }
        let line = reader.line(place.place);
        steps.extend(faults.into_iter().map(|fault| step(around, line, fault, every, back)));
    }
    steps
}

fn step(around: &Around<'_>, line: u32, fault: Fault, mean: Span, back: SpanRange) -> Step {
    // Not by its mean: a pool that fails twice as often fails at the same draws.
    let key = format!("chaos: {}", words::fault(&fault, around.ground.names));
    let deed = Deed::Fault { fault, lasts: Some(back), every: None, times: 1, mean: Some(mean) };
    Step { line, ..Step::made(key, When::At((Span::ZERO, Span::ZERO)), deed, around.master) }
}

/// The faults of a kind that come and go each by itself: one for each host, SR or VM.
fn faults(reader: &mut Reader<'_>, around: &Around<'_>, kind: &str, fields: &Fields<'_>) -> Option<Vec<Fault>> {
    let index = around.index;
    let hosts = |reader: &mut Reader<'_>, key: &str| required(reader, fields, key).and_then(|node| index.some_hosts(reader, node));
    let srs = |reader: &mut Reader<'_>| required(reader, fields, "sr").and_then(|node| index.some_srs(reader, node));
    let io = |reader: &mut Reader<'_>| {
        fields.get("io").and_then(|node| reader.choice(node, "how storage fails", &IO_NAMES)).unwrap_or(Io::Error)
    };
    Some(match kind {
        "crash" => hosts(reader, "hosts")?.into_iter().map(|host| Fault::Crash(vec![host])).collect(),
        "hang" => hosts(reader, "hosts")?.into_iter().map(|host| Fault::Hang(vec![host])).collect(),
        "isolate" => hosts(reader, "hosts")?.into_iter().map(|host| Fault::Isolate(vec![host])).collect(),
        "toolstack-stop" => hosts(reader, "hosts")?.into_iter().map(|host| Fault::ToolstackStop(vec![host])).collect(),
        "vm-hang" => {
            let vms = required(reader, fields, "vms").and_then(|node| index.some_vms(reader, node))?;
            vms.into_iter().map(|vm| Fault::VmHang(vec![vm])).collect()
        }
        "partition" => {
            let groups = required(reader, fields, "groups").and_then(|node| deeds::partition(reader, index, node))?;
            vec![groups]
        }
        "one-way" => {
            let (from, to) = (hosts(reader, "from"), hosts(reader, "to"));
            let (from, to) = (from?, to?);
            if from.iter().any(|host| to.contains(host)) {
                let message = "a host stands both in `from` and in `to`";
                reader.error(fields.place(), "contradiction", message, "name the two ends of a link");
                return None;
            }
            from.into_iter().map(|host| Fault::OneWay { from: vec![host], to: to.clone() }).collect()
        }
        "storage-loss" => {
            let (hosts, srs, io) = (hosts(reader, "hosts"), srs(reader), io(reader));
            let (hosts, srs) = (hosts?, srs?);
            hosts.into_iter().map(|host| Fault::StorageLoss { hosts: vec![host], srs: srs.clone(), io }).collect()
        }
        "sr-outage" => {
            let (srs, io) = (srs(reader), io(reader));
            srs?.into_iter().map(|sr| Fault::SrOutage { srs: vec![sr], io }).collect()
        }
        _ => {
            let (latency, loss) = deeds::worse(reader, fields);
            hosts(reader, "hosts")?.into_iter().map(|host| Fault::DegradeNetwork { hosts: vec![host], latency, loss }).collect()
        }
    })
}
