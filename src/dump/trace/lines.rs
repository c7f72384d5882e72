//! What a line of xapi or of the storage manager tells.

use super::{Deed, Ha, SECOND, What};

/// What a line tells, if it is one that counts.
pub(super) fn told(line: &str) -> Option<What> {
    for (words, deed) in Deed::HOST {
        if let Some(rest) = after(line, words) {
            let host = if deed == Deed::Eject { after(rest, "host = '")? } else { rest };
            return Some(What::Host(deed, named(host)));
        }
    }
    for (words, deed) in Deed::VM {
        if let Some(rest) = after(line, words) {
            return Some(What::Vm(deed, named(rest)));
        }
    }
    if let Some(rest) = after(line, "Pool.designate_new_master: pool = '") {
        return Some(What::NewMaster(named(after(rest, "host = '")?)));
    }
    // The thread's name stands in the line's head.
    let by_ha = line.contains("ha_monitor");
    if let Some(rest) = after(line, "VM.start_on: VM = '") {
        return Some(What::Start(named(rest), after(rest, "host '").map(named), by_ha));
    }
    if let Some(rest) = after(line, "VM.start: VM = '") {
        return Some(What::Start(named(rest), None, by_ha));
    }
    if let Some(rest) = after(line, "Assuming host ") {
        let host = rest.strip_prefix('\'').and_then(|rest| Some(rest.split_once("' (")?.1.split_once(')')?.0.to_string()));
        rest.contains("setting live to false").then_some(())?;
        return Some(What::HeldForDead(host, after(rest, "updated for ").and_then(silence)));
    }
    if let Some(rest) = after(line, "Setting host ") {
        return Some(What::DeadByHa(rest.split_once(" to dead")?.0.to_string()));
    }
    for words in ["xe pool-emergency-", "xe pool-recover-slaves", "xe host-emergency-ha-disable"] {
        if let Some(at) = line.find(words) {
            // Keys and values as they were sent; passwords are left out by xapi, and here.
            let typed: Vec<&str> =
                line[at..].split_whitespace().filter(|word| !word.starts_with("password=") && !word.starts_with("username=")).collect();
            return Some(What::Typed(typed.join(" ")));
        }
    }
    if let Some(rest) = after(line, "Some protected VMs could not be restarted: [") {
        return Some(What::NotStarted(rest.split(']').next().unwrap_or("").trim().to_string()));
    }
    if let Some(rest) = after(line, "Failed to restart best-effort VM ") {
        return Some(What::NotStarted(rest.trim_end().to_string()));
    }
    for (words, ha) in
        [("This node will become the master", Ha::Master), ("Host will self-fence via its own watchdog for safety", Ha::GoesDown)]
    {
        if line.contains(words) {
            return Some(What::Ha(ha, writer(line).unwrap_or_default()));
        }
    }
    if let Some(rest) = after(line, "RESET for SR ") {
        let (sr, master) = rest.split_once(" (master: ")?;
        return Some(What::Reset(sr.to_string(), master.starts_with("True")));
    }
    // xapi tells the same error several times: the storage manager's own line is enough, and where there is none the error's.
    if let Some(at) = line.find(" already attached RW") {
        let vdi = line[..at].rsplit(' ').next()?;
        return (vdi.len() == 36).then(|| What::Refused(vdi.to_string()));
    }
    None
}

pub(super) fn after<'l>(line: &'l str, words: &str) -> Option<&'l str> {
    line.find(words).map(|at| &line[at + words.len()..])
}

/// The host that wrote a line, as it stands in its head: behind syslog's stamp, or second in xapi's own.
pub(super) fn writer(line: &str) -> Option<String> {
    let line = line.trim_start_matches('\u{feff}').trim_start();
    let word = match line.strip_prefix('[') {
        Some(rest) if rest.contains('|') => rest.split('|').nth(2)?,
        Some(_) => return None,
        // The daemon's own file says no host: there a zone stands in its place.
        None if super::stamp(line)?.year.is_some() && !line.starts_with(|c: char| c.is_ascii_digit()) => return None,
        None if line.starts_with(|c: char| c.is_ascii_digit()) => line.split_whitespace().nth(usize::from(!line.contains('T')) + 1)?,
        None => line.split_whitespace().nth(3)?,
    };
    let word = word.trim();
    (!word.is_empty() && word.len() <= 255 && !word.ends_with(':')).then(|| word.to_string())
}

/// What stands before the next quote: `UUID (name)`, or a reference.
fn named(rest: &str) -> String {
    rest.split('\'').next().unwrap_or_default().trim().to_string()
}

/// `612.34 seconds`, `10min`, `612s` as microseconds.
fn silence(text: &str) -> Option<i64> {
    let digits: String = text.chars().take_while(|c| c.is_ascii_digit() || *c == '.').collect();
    let unit = text[digits.len()..].trim_start();
    let (whole, fraction) = digits.split_once('.').unwrap_or((&digits, ""));
    let whole: i64 = (whole.len() <= 9).then(|| whole.parse().ok())??;
    let fraction: i64 = format!("{:0<6}", fraction.get(..fraction.len().min(6))?).parse().ok()?;
    let micros = whole * SECOND + fraction;
    match () {
        () if unit.starts_with("second") || unit.starts_with('s') && !unit.starts_with("setting") => Some(micros),
        () if unit.starts_with("min") => Some(micros * 60),
        () if unit.starts_with('h') => Some(micros * 3600),
        () => None,
    }
}
