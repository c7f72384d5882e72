//! What consoles show: records, values, errors (cli_printer.ml, cli_util.ml). Knows no command.

use super::Output;
use crate::base::ids::MachineId;
use crate::world::World;
use crate::world::errors::{ApiError, ERRORS, Param};

/// The distance between the longest label and the colon.
const MARGIN: usize = 4;

/// One record: the first label is aligned left, the others right; two empty lines follow.
pub fn record(lines: &[(String, String)]) -> String {
    let width = lines.iter().map(|(label, _)| label.chars().count()).max().unwrap_or(0) + MARGIN;
    let mut text = String::new();
    for (at, (label, value)) in lines.iter().enumerate() {
        if at == 0 {
            text.push_str(&format!("{label:<width$}: {value}\n"));
        } else {
            text.push_str(&format!("{label:>width$}: {value}\n"));
        }
    }
    text.push_str("\n\n");
    text
}

/// A value as `--minimal` writes it.
pub fn minimal(value: &str) -> String {
    value.replace('\\', "\\\\").replace(',', "\\,")
}

/// Lines of a command: one a line, or joined by commas.
pub fn lines(lines: &[String], minimally: bool) -> String {
    if minimally {
        let values: Vec<String> = lines.iter().map(|line| minimal(line)).collect();
        return format!("{}\n", values.join(","));
    }
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A parameter as the console shows it: references that the database of `by` knows as `UUID (name)`.
pub fn param(world: &World, by: Option<MachineId>, param: &Param) -> String {
    let names = &world.names;
    let db = by.map(|by| world.db(by));
    let reference = |known: bool, uuid: &str, name: Option<&str>| match (known, name) {
        (true, Some(name)) => format!("{uuid} ({name})"),
        (true, None) => uuid.to_string(),
        (false, _) => format!("OpaqueRef:{uuid}"),
    };
    match param {
        Param::Host(host) => {
            reference(db.is_some_and(|db| db.host(*host).is_some()), &names.hosts[host.at()].uuid, Some(names.host(*host)))
        }
        Param::HostUuid(host) => names.hosts[host.at()].uuid.clone(),
        Param::Vm(vm) => reference(db.is_some_and(|db| db.vm(*vm).is_some()), &names.vms[vm.at()].uuid, Some(names.vm(*vm))),
        Param::Vdi(vdi) => reference(
            db.is_some_and(|db| db.vdi(*vdi).is_some()),
            &names.vdis[vdi.at()].uuid,
            Some(db.map_or_else(|| names.vdi(*vdi), |db| db.vdi_label(names, *vdi))),
        ),
        Param::Sr(sr) => {
            let label = db.map_or_else(|| names.sr(*sr), |db| db.sr_label(names, *sr));
            reference(db.is_some_and(|db| db.sr(*sr).is_some()), &names.srs[sr.at()].uuid, Some(label))
        }
        Param::Pool(pool) => reference(db.is_some_and(|db| db.pool == *pool), names.pool(*pool), Some(&names.pool_name)),
        Param::Text(text) => text.clone(),
    }
}

/// An API error as the tools of 6.0 print it.
fn layout(error: &ApiError, values: &[String]) -> String {
    let doc = ERRORS.iter().find(|doc| doc.code == error.code).filter(|doc| !doc.text.is_empty());
    let Some(doc) = doc else {
        return format!("Error code: {}\nError parameters: {}\n", error.code, values.join(", "));
    };
    let mut text = format!("{}\n", doc.text);
    for at in 0..doc.params.len().max(values.len()) {
        let name = doc.params.get(at).copied().unwrap_or("<extra>");
        let value = values.get(at).map_or("<unknown>", String::as_str);
        text.push_str(&format!("{name}: {value}\n"));
    }
    text
}

/// An API error as the console shows it; `by` is the machine whose database answers.
pub fn error(world: &World, by: MachineId, error: &ApiError) -> String {
    let values: Vec<String> = error.params.iter().map(|p| param(world, Some(by), p)).collect();
    layout(error, &values)
}

/// An API error of which every parameter is text.
pub fn error_without_database(error: &ApiError) -> String {
    let text = |p: &Param| match p {
        Param::Text(text) => text.clone(),
        _ => "<unknown>".to_string(),
    };
    layout(error, &error.params.iter().map(text).collect::<Vec<_>>())
}

/// The output of a command that the pool refuses.
pub fn refusal(world: &World, by: MachineId, refused: ApiError) -> Output {
    Output { text: error(world, by, &refused), exit: 1, error: Some(refused) }
}

/// A span as the tools print the delay before a change of role: whole seconds in 6.0, later three decimals.
pub fn delay(world: &World, span: crate::base::time::Span) -> String {
    if world.release.words.delay_in_whole_seconds {
        format!("{}", span.0 / 1_000_000)
    } else {
        format!("{}.{:03}", span.0 / 1_000_000, span.0 / 1_000 % 1_000)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// docs/model/commands.md §8: the record of `vm-list`.
    #[test]
    fn records_are_aligned_on_the_colon() {
        let lines = [("uuid ( RO)", "6b1b"), ("name-label ( RW)", "web1"), ("power-state ( RO)", "running")];
        let lines = lines.map(|(label, value)| (label.to_string(), value.to_string()));
        assert_eq!(record(&lines), "uuid ( RO)           : 6b1b\n     name-label ( RW): web1\n    power-state ( RO): running\n\n\n");
    }

    /// docs/model/commands.md §7: texts, too few and too many values, and the raw form of what the table does not have.
    #[test]
    fn errors_have_their_layout() {
        assert_eq!(
            error_without_database(&ApiError::new("UUID_INVALID").text("host").text("0")),
            "The uuid you supplied was invalid.\ntype: host\nuuid: 0\n"
        );
        assert_eq!(
            error_without_database(&ApiError::new("HOST_NOT_ENOUGH_FREE_MEMORY").text("1")),
            "Not enough host memory is available to perform this operation\nneeded: 1\navailable: <unknown>\n"
        );
        assert_eq!(
            error_without_database(&ApiError::new("HOST_NOT_LIVE").text("1")),
            "This operation cannot be completed as the host is not live.\n<extra>: 1\n"
        );
        assert_eq!(
            error_without_database(&ApiError::vdi_unavailable("VDI 5 already attached RW")),
            "Error code: SR_BACKEND_FAILURE_46\nError parameters: , The VDI is not available [opterr=VDI 5 already attached RW], \n"
        );
    }
}
