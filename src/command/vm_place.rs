//! Where a VM may run: what start and migration ask of a host (xapi_vm_helpers.ml, assert_can_boot_here), and the states
//! of VMs that all VM commands look at.

use super::Seat;
use super::objects::{self, Class, Object};
use super::reach::{Refusal, Why};
use crate::base::ids::{HostId, MachineId, VmId};
use crate::base::time::Span;
use crate::world::World;
use crate::world::belief::PowerState;
use crate::world::errors::{ApiError, Param};
use crate::world::guards::Guard;

/// VM_BAD_POWER_STATE.
pub fn bad_power_state(world: &World, target: Object, expected: &str, actual: &str) -> Refusal {
    let vm = match target {
        Object::Vm(vm) => Param::Vm(vm),
        other => Param::Text(control_domain(world, other)),
    };
    ApiError::new("VM_BAD_POWER_STATE").with(vm).text(expected).text(actual).into()
}

/// A domain 0 as errors print it.
pub fn control_domain(world: &World, target: Object) -> String {
    match target {
        Object::ControlDomain(host) => {
            format!("{} ({})", objects::control_domain(host), objects::control_domain_name(world, host))
        }
        _ => String::new(),
    }
}

/// The state that a VM must have; the VM and where its record says that it runs.
///
/// # Errors
/// VM_BAD_POWER_STATE; OPERATION_NOT_ALLOWED for a running domain 0.
pub fn in_state(
    world: &World,
    by: MachineId,
    target: Object,
    state: PowerState,
    expected: &str,
) -> Result<(VmId, Option<HostId>), Refusal> {
    in_states(world, by, target, &[state], expected)
}

/// The same for a VM that may have any of several states.
///
/// # Errors
/// VM_BAD_POWER_STATE; OPERATION_NOT_ALLOWED for a running domain 0.
pub fn in_states(
    world: &World,
    by: MachineId,
    target: Object,
    states: &[PowerState],
    expected: &str,
) -> Result<(VmId, Option<HostId>), Refusal> {
    let Object::Vm(vm) = target else {
        return Err(match states.contains(&PowerState::Running) {
            false => bad_power_state(world, target, expected, "running"),
            true => ApiError::new("OPERATION_NOT_ALLOWED").text("This operation is not allowed on dom0").into(),
        });
    };
    match world.db(by).vm(vm) {
        Some(record) if states.contains(&record.power_state) => Ok((vm, record.resident_on)),
        Some(record) if states == [PowerState::Halted] && !world.guarded(Guard::Halted) => Ok((vm, record.resident_on)),
        Some(record) => Err(bad_power_state(world, target, expected, record.power_state.name())),
        None => Err(ApiError::new("HANDLE_INVALID").text("VM").with(Param::Vm(vm)).into()),
    }
}

/// Nobody else works on the VM.
///
/// # Errors
/// OTHER_OPERATION_IN_PROGRESS.
pub fn idle(world: &World, by: MachineId, vm: VmId) -> Result<(), Refusal> {
    if world.stacks[by.at()].busy.contains(&vm) {
        return Err(in_progress(vm).into());
    }
    Ok(())
}

/// OTHER_OPERATION_IN_PROGRESS.
pub fn in_progress(vm: VmId) -> ApiError {
    ApiError::new("OTHER_OPERATION_IN_PROGRESS").text("VM").with(Param::Vm(vm))
}

/// The database's own guard: no disk is attached to another VM while either writes.
///
/// # Errors
/// VDI_IN_USE.
pub fn disks_free(world: &World, by: MachineId, vm: VmId) -> Result<(), Refusal> {
    world.disks_free(by, vm).map_err(Refusal::from)
}

/// The host of `on=` or `host=`: a UUID or a name-label.
///
/// # Errors
/// The tool's own words.
pub fn named_host(world: &World, by: MachineId, word: &str) -> Result<HostId, Refusal> {
    let hosts = objects::hosts(world, by);
    let by_uuid = match Class::Host.by_uuid(world, by, word) {
        Some(Object::Host(host)) => Some(host),
        _ => None,
    };
    by_uuid
        .or_else(|| hosts.into_iter().find(|host| world.names.host(*host) == word))
        .ok_or_else(|| Refusal::tool(format!("Host {word} not found")))
}

/// The first host in the file's order that can take a VM.
///
/// # Errors
/// NO_HOSTS_AVAILABLE, with each host's reason in a table before it.
pub fn any_host(world: &World, seat: Seat, vm: VmId, minimally: bool) -> Result<HostId, Refusal> {
    let by = seat.executor;
    let mut table = Vec::new();
    for host in objects::hosts(world, by) {
        match world.can_take(by, vm, host) {
            Ok(()) => return Ok(host),
            Err(error) => table.push((world.names.host(host).to_string(), format!("Cannot start here [{}]", reason(world, by, &error)))),
        }
    }
    let before = if minimally {
        String::new()
    } else {
        format!(
            "There are no suitable hosts to start this VM on.\nThe following table provides per-host reasons for why the VM could not be started:\n\n{}",
            super::print::record(&table)
        )
    };
    Err(Refusal { before, why: Why::Api(ApiError::new("NO_HOSTS_AVAILABLE")), after: Span::ZERO })
}

/// A host's reason as the table has it (print_assert_exception).
fn reason(world: &World, by: MachineId, error: &ApiError) -> String {
    match (error.code, error.params.last()) {
        ("HOST_NOT_LIVE", _) => "Host down".into(),
        ("HOST_DISABLED", _) => "Host disabled (use 'xe host-enable' to re-enable)".into(),
        ("HOST_NOT_ENOUGH_FREE_MEMORY", _) => "Not enough free memory".into(),
        ("VM_REQUIRES_SR", Some(sr)) => format!("VM requires access to SR: {}", super::print::param(world, Some(by), sr)),
        (code, _) => code.into(),
    }
}
