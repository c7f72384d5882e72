//! What a line of `audit.log` tells (rbac_audit.ml): which call, of what, by whom, and how it ended. It is written when the call has ended,
//! and of whoever is logged in, so HA's own starts are not in it.

use super::{Deed, What};

/// As many words of a line are read.
const WORDS_MOST: usize = 64;

/// What a line tells, if it is one of an audit and counts.
pub(super) fn told(line: &str) -> Option<What> {
    let begins = line.find("' 'ALLOWED' '").or_else(|| line.find("' 'DENIED' '"))?;
    let open = line[..begins].rfind("] (").map_or_else(|| line[..begins].find("('"), |at| Some(at + 2))?;
    let words = quoted(&line[open..]);
    let [_, _, _, allowed, result, _, action, args @ ..] = &words[..] else { return None };
    let action = action.strip_prefix("Async.").unwrap_or(action);
    // Four words each: name, label, UUID, reference.
    let of = |name: &str| {
        let arg = args.chunks_exact(4).find(|arg| arg[0] == name)?;
        let uuid = if arg[2].is_empty() { &arg[3] } else { &arg[2] };
        (!uuid.is_empty()).then(|| if arg[1].is_empty() { uuid.clone() } else { format!("{uuid} ({})", arg[1]) })
    };
    let host = || of("self").or_else(|| of("host"));
    let vm = || of("vm").or_else(|| of("VM")).or_else(|| of("self"));
    let what = match action {
        "host.destroy" => What::Host(Deed::Forget, host()?),
        "host.declare_dead" => What::Host(Deed::DeclareDead, host()?),
        "host.disable" => What::Host(Deed::Disable, host()?),
        "host.enable" => What::Host(Deed::Enable, host()?),
        "pool.eject" => What::Host(Deed::Eject, host()?),
        "pool.designate_new_master" => What::NewMaster(host()?),
        "VM.start" => What::Start(vm()?, None, false),
        "VM.start_on" => What::Start(vm()?, of("host"), false),
        "VM.power_state_reset" => What::Vm(Deed::ResetPower, vm()?),
        "VM.hard_shutdown" => What::Vm(Deed::HardShutdown, vm()?),
        "VM.clean_shutdown" => What::Vm(Deed::CleanShutdown, vm()?),
        "pool.emergency_transition_to_master" => What::Typed("xe pool-emergency-transition-to-master".into()),
        "pool.recover_slaves" => What::Typed("xe pool-recover-slaves".into()),
        "host.emergency_ha_disable" => What::Typed("xe host-emergency-ha-disable force=true".into()),
        _ => return None,
    };
    if allowed == "ALLOWED" && result == "OK" {
        return Some(what);
    }
    let code = match result.strip_prefix("ERROR:") {
        Some(error) if allowed == "ALLOWED" => error.split([':', '[', '(', ' ']).next().unwrap_or(error),
        _ => "not allowed",
    };
    Some(What::Failed(format!("{action} of {}: {code}", vm().or_else(host).unwrap_or_else(|| "the pool".into()))))
}

/// The words in quotes of a row of them, with their backslashes taken out.
fn quoted(text: &str) -> Vec<String> {
    let (mut words, mut signs) = (Vec::new(), text.chars());
    while words.len() < WORDS_MOST && signs.by_ref().any(|c| c == '\'') {
        let mut word = String::new();
        loop {
            match signs.next() {
                Some('\\') => word.extend(signs.next()),
                Some('\'') => break,
                Some(c) => word.push(c),
                None => return words,
            }
        }
        words.push(word);
    }
    words
}
