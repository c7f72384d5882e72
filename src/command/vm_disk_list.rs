//! `xe vm-disk-list`: the disks of VMs, VBD and VDI in turn (cli_operations.ml, vm_disk_list_aux).

use super::args::Args;
use super::batch::{Batch, Deed, Outcome};
use super::list::{record, shown_or};
use super::objects::{Class, Object, Value};
use super::reach::Refusal;
use super::{CommandDoc, Seat};
use crate::base::time::Span;
use crate::world::World;
use crate::world::effects::Effects;

/// `xe vm-disk-list`.
pub type VmDiskList = Batch<Disks>;

#[derive(Clone, Debug, Default)]
pub struct Disks;

/// What is shown of a VBD where nothing else is asked for.
const VBD: &[&str] = &["uuid", "vm-name-label", "userdevice"];
/// And of a VDI.
const VDI: &[&str] = &["uuid", "name-label", "virtual-size", "sr-name-label"];

impl Deed for Disks {
    const DOC: CommandDoc = CommandDoc {
        name: "vm-disk-list",
        synopsis: "xe vm-disk-list vm=VM [vbd-params=FIELD,…] [vdi-params=FIELD,…] | FIELD=VALUE… [--multiple]",
        doc: "Prints the disks of a VM by the database: for each its VBD and its VDI. It selects VMs as `xe vm-start` does. With `--minimal` it prints the UUIDs, the last disk's VDI first.",
        example: "xe vm-disk-list vm=db",
        ..CommandDoc::ALWAYS
    };
    const CLASS: Class = Class::Vm;
    const OWN: &'static [&'static str] = &["vbd-params", "vdi-params"];

    fn check(&mut self, _args: &Args, world: &World, _seat: Seat, _target: Object) -> Result<Span, Refusal> {
        Ok(world.settings.command)
    }
    fn commit(&mut self, args: &Args, world: &mut World, _fx: &mut Effects, seat: Seat, target: Object) -> Outcome {
        let by = seat.executor;
        let Object::Vm(vm) = target else { return Outcome::Done };
        let vbds: Vec<_> = world.db(by).vbds_of(&world.names, vm).collect();
        let (of_vbd, of_vdi) = (shown_or(Class::Vbd, args.get("vbd-params"), VBD), shown_or(Class::Vdi, args.get("vdi-params"), VDI));
        let mut text = String::new();
        let mut firsts = Vec::new();
        for (at, vbd) in vbds.into_iter().enumerate() {
            let vdi = Object::Vdi(world.names.vbds[vbd.at()].vdi);
            for (what, object, fields) in [("VBD", Object::Vbd(vbd), &of_vbd), ("VDI", vdi, &of_vdi)] {
                text.push_str(&format!("Disk {at} {what}:\n{}", record(world, by, object, fields)));
                firsts.extend(fields.first().map(|field| object.value(world, by, *field)));
            }
        }
        if args.minimal {
            // What is gathered is joined the last first (cli_printer.ml, minimal_flush).
            let firsts = firsts.iter().rev().map(Value::show).collect::<Vec<_>>();
            return Outcome::Says(super::print::lines(&firsts, true).trim_end_matches('\n').to_string());
        }
        Outcome::Says(text)
    }
}
