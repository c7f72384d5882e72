//! The pool at an instant as a table: what is so, beside what the ruling database has. Rows that differ bear a mark.

use super::Detail;
use super::layout::{COLUMNS, Page, Tint, clean, count, pad, width, wrap};
use crate::report::{EndState, HostState, VdiState, VmState};

/// As many rows of one kind are shown in full; of more, only those that differ, and the others are counted.
const ROWS_IN_FULL: usize = 16;

/// A host, VM or disk: what is so, beside what a database has.
pub(crate) struct Row {
    /// Its name.
    pub name: String,
    /// What is so, in words.
    pub truth: String,
    /// What the database has, in words.
    pub belief: String,
    /// Whether the two differ.
    pub differs: bool,
    /// Whether data is damaged, or a VM runs twice.
    pub alarm: bool,
}

/// All rows, by kind, each kind in the file's order.
pub(crate) fn rows(state: &EndState) -> [(&'static str, Vec<Row>); 3] {
    let hosts: Vec<Row> = state.host_order.iter().filter_map(|name| Some(host(name, state.hosts.get(name)?))).collect();
    let vms: Vec<Row> = state.vm_order.iter().filter_map(|name| Some(vm(name, state.vms.get(name)?))).collect();
    let vdis: Vec<Row> = state.vdi_order.iter().filter_map(|name| Some(vdi(name, state.vdis.get(name)?))).collect();
    [("host", hosts), ("VM", vms), ("disk", vdis)]
}

/// Lays out the pool.
pub fn render(page: &mut Page, title: &str, state: &EndState, detail: Detail) {
    let kinds = rows(state);
    let names = kinds.iter().flat_map(|(_, rows)| rows).map(|row| width(&row.name)).max().unwrap_or(0).clamp(5, 18);
    // Two columns of what is left, after the names and the marks.
    let left = 4 + names + 1 + 3;
    let column = (COLUMNS - left - 2) / 2;
    let ruler = clean(&state.ruler);
    page.heading(title, &masters(state));
    page.gap();
    let right = format!("IN THE DATABASE OF {ruler}");
    let head = format!("{}{}", pad("", left), page.tint(Tint::Bold, "IN TRUTH"));
    page.hanging(&head, left + column + 2, Tint::Bold, &right);
    for (kind, rows) in kinds {
        if rows.is_empty() {
            continue;
        }
        page.line(&format!("  {}", page.tint(Tint::Dim, &format!("{kind}s"))));
        let many = rows.len() > ROWS_IN_FULL && detail != Detail::Every;
        let agree = rows.iter().filter(|row| !row.differs && !row.alarm).count();
        for row in rows.iter().filter(|row| !many || row.differs || row.alarm) {
            lay_out(page, row, names, column);
        }
        if many && agree > 0 {
            let text = format!("{} {} as the database has them (-v shows them)", count(agree, kind), if agree == 1 { "is" } else { "are" });
            page.hanging("    ", 4, Tint::Dim, &text);
        }
    }
    if kinds_differ(state) {
        page.hanging("  ", 2, Tint::Dim, "!= what is so and what the database has differ");
    }
}

fn kinds_differ(state: &EndState) -> bool {
    state.hosts.iter().any(|(name, of)| host(name, of).differs)
        || state.vms.iter().any(|(name, of)| vm(name, of).differs)
        || state.vdis.iter().any(|(name, of)| vdi(name, of).differs)
}

/// Who is master, and the default SR, in words.
pub(crate) fn masters(state: &EndState) -> String {
    let masters = match state.masters.as_slice() {
        [] => "NO MASTER runs".to_string(),
        [one] => format!("master {}", clean(one)),
        several => format!("{} MASTERS: {}", several.len(), clean(&several.join(", "))),
    };
    let sr = state.default_sr.as_deref().map_or_else(|| "no default SR".to_string(), |sr| format!("default SR {}", clean(sr)));
    format!("{masters}; {sr}")
}

fn lay_out(page: &mut Page, row: &Row, names: usize, column: usize) {
    let tint = match (row.alarm, row.differs) {
        (true, _) => Tint::Alarm,
        (false, true) => Tint::Yellow,
        (false, false) => Tint::Plain,
    };
    let cells = [wrap(&row.name, names), wrap(&row.truth, column), wrap(&row.belief, column)];
    let lines = cells.iter().map(Vec::len).max().unwrap_or(0);
    for at in 0..lines {
        let cell = |column: usize| cells[column].get(at).map_or("", String::as_str);
        let mark = if at == 0 && row.differs { "!=" } else { "" };
        page.line(&format!(
            "    {} {}{}{}",
            pad(cell(0), names),
            pad(&page.tint(Tint::Bold, mark), 3),
            pad(&page.tint(tint, cell(1)), column + 2),
            page.tint(tint, cell(2))
        ));
    }
}

fn host(name: &str, host: &HostState) -> Row {
    let mut truth = Vec::new();
    truth.push(match (host.powered, host.hung) {
        (false, _) => "off".to_string(),
        (true, true) => "on, domain 0 HUNG".to_string(),
        (true, false) => "on".to_string(),
    });
    if host.powered {
        truth.push(host.role.to_string());
        if host.isolated {
            truth.push("cut off".into());
        }
        if !host.xapi_runs && !host.hung {
            truth.push("xapi stopped".into());
        }
    }
    if host.fenced {
        truth.push("fenced".into());
    }
    if !host.running.is_empty() {
        truth.push(format!("runs {}", clean(&host.running.join(" "))));
    }
    let belief = if host.known {
        let live = match host.live {
            Some(true) => "alive",
            Some(false) => "dead",
            None => "liveness unknown",
        };
        let enabled = match host.enabled {
            Some(true) => ", enabled",
            Some(false) => ", disabled",
            None => "",
        };
        format!("{live}{enabled}")
    } else {
        "not known".to_string()
    };
    // "Alive" is true of a machine whose toolstack could answer, "dead" of one without power; a machine that runs on and is
    // held for dead is the gap that reports are about.
    let differs = match (host.known, host.live) {
        (true, Some(true)) => !host.powered || host.hung,
        (true, Some(false)) => host.powered,
        (true, None) => false,
        (false, _) => !host.running.is_empty() || host.powered && host.role == "member",
    };
    Row { name: clean(name), truth: truth.join(", "), belief, differs, alarm: false }
}

fn vm(name: &str, vm: &VmState) -> Row {
    let truth = match vm.running_on.as_slice() {
        [] => "runs nowhere".to_string(),
        [host] => format!("runs on {}", clean(host)),
        hosts => format!("runs {} TIMES: {}", hosts.len(), clean(&hosts.join(", "))),
    };
    let belief = match (vm.power_state, &vm.resident_on) {
        (None, _) => "no such VM".to_string(),
        (Some(state), Some(host)) => format!("{state} on {}", clean(host)),
        (Some(state), None) => state.to_string(),
    };
    let has_domain = matches!(vm.power_state, Some("running" | "paused"));
    let believed: Vec<&str> = vm.resident_on.iter().map(String::as_str).filter(|_| has_domain).collect();
    let agrees = vm.running_on.iter().map(String::as_str).eq(believed) && (!has_domain || vm.resident_on.is_some());
    Row { name: clean(name), truth, belief, differs: !agrees, alarm: vm.running_on.len() > 1 }
}

fn holders(of: &[(String, &'static str)]) -> String {
    of.iter().map(|(host, mode)| format!("{} {mode}", clean(host))).collect::<Vec<_>>().join(", ")
}

fn vdi(name: &str, vdi: &VdiState) -> Row {
    let mut truth = if vdi.open_on.is_empty() { "closed".to_string() } else { format!("open: {}", holders(&vdi.open_on)) };
    if vdi.damaged {
        truth.push_str("; DAMAGED");
    }
    let mut belief = match &vdi.locks {
        None => "no such disk".to_string(),
        Some(locks) if locks.is_empty() => "no lock".to_string(),
        Some(locks) => format!("locked: {}", holders(locks)),
    };
    for (mark, name) in [(vdi.paused, "; paused"), (vdi.activating, "; activating"), (vdi.relinking, "; relinking")] {
        if mark == Some(true) {
            belief.push_str(name);
        }
    }
    let mut open = vdi.open_on.clone();
    let mut locks = vdi.locks.clone().unwrap_or_default();
    open.sort();
    locks.sort();
    Row { name: clean(name), truth, belief, differs: open != locks, alarm: vdi.damaged }
}
