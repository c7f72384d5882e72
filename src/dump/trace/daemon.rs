//! What a line of the membership daemon tells (`xha.log`, and syslog's `daemon.log`), and what xapi says that it heard from it.
//!
//! The daemon calls hosts by their place among all that are configured, by UUID (lib/config.c): `(101)` is a list of all. In
//! xapi's `Liveset:` their UUIDs stand (xha_interface.ml).

use super::lines::{after, writer};
use super::{Ha, What};
use std::collections::BTreeMap;

/// What a line tells; `own` is the place of the daemon whose file it is, `liveset` who was in it when the file last told of it.
pub(super) fn told(line: &str, own: &mut Option<String>, liveset: &mut BTreeMap<String, bool>) -> Vec<What> {
    if let Some(rest) = after(line, "CONF: my_index=") {
        let digits: String = rest.chars().take_while(char::is_ascii_digit).take(3).collect();
        *own = (!digits.is_empty()).then(|| format!("#{digits}"));
        return Vec::new();
    }
    let of_itself = |ha| vec![What::Ha(ha, own.clone().or_else(|| writer(line)).unwrap_or_default())];
    if [" - Self-Fence", " - Self Fence", "watchdog_selffence."].iter().any(|words| line.contains(words)) {
        return of_itself(Ha::Fences);
    }
    if line.contains("Watchdog is expiring soon id=") {
        return of_itself(Ha::Watchdog);
    }
    if let Some(rest) = after(line, "Liveset has been updated.") {
        let Some(map) = after(rest, "new liveset = (") else { return Vec::new() };
        let now = map.chars().take_while(|c| matches!(c, '0' | '1')).take(64).enumerate();
        return changed(liveset, now.map(|(at, c)| (format!("#{at}"), c == '1')));
    }
    if let Some(rest) = after(line, "HB domain is updated [hbdomain = (") {
        return marked(rest, &['_', 'd'], Ha::Unheard, Ha::Heard);
    }
    if let Some(rest) = after(line, "SF domain is updated [sfdomain = (") {
        return marked(rest, &['_'], Ha::Unseen, Ha::Seen);
    }
    // `Liveset: Online UUID [*LM A ]; UUID [ L  A ]; `
    if let Some(rest) = after(line, "Liveset: ") {
        let hosts = rest.split(';').filter_map(|host| {
            let (head, flags) = host.split_once('[')?;
            let uuid = head.split_whitespace().last().filter(|uuid| uuid.len() == 36)?;
            Some((uuid.to_string(), flags.chars().nth(1)? == 'L'))
        });
        return changed(liveset, hosts.take(64));
    }
    Vec::new()
}

/// Who left the liveset since the file last told of it, and who is in it again. Whoever is out the first time is out.
fn changed(liveset: &mut BTreeMap<String, bool>, now: impl Iterator<Item = (String, bool)>) -> Vec<What> {
    let mut all = Vec::new();
    for (host, live) in now {
        if liveset.len() > 128 {
            liveset.clear();
        }
        let before = liveset.insert(host.clone(), live).unwrap_or(true);
        if before != live {
            all.push(What::Ha(if live { Ha::In } else { Ha::Out }, host));
        }
    }
    all
}

/// The hosts that a list marks as gone just now (`_`; of heartbeats also `d`) or come (`@`): heartbeat.c, sm.c.
fn marked(map: &str, marks: &[char], gone: Ha, come: Ha) -> Vec<What> {
    let places = map.chars().take_while(|c| *c != ')').take(64).enumerate();
    places
        .filter_map(|(at, c)| match c {
            c if marks.contains(&c) => Some(What::Ha(gone, format!("#{at}"))),
            '@' => Some(What::Ha(come, format!("#{at}"))),
            _ => None,
        })
        .collect()
}
