//! What is said of a command of a runbook that is wrong, or failed.

use super::Kind;
use super::typist::Came;
use crate::catalog;
use crate::scenario::diagnostic::Diagnostic;
use crate::world::event::Status;

/// What a mistake in a command's words is, by the reader's own code for it.
pub fn kind(told: &Diagnostic) -> Kind {
    match told.code {
        "ignored-key" | "bare-word" => Kind::IgnoredKey,
        "unknown-command" | "bad-switch" | "typographic" | "force-value" | "value-case" | "unknown-field" | "missing-key"
        | "name-not-uuid" | "no-command" | "shell" | "master-word" => Kind::Typo,
        "not-a-uuid" => Kind::Placeholder,
        "not-yet" => Kind::NotFollowed,
        _ => Kind::Notice,
    }
}

/// What is said of a command that failed, and what to do about it.
pub fn failure(came: &Came) -> (String, String) {
    if came.status == Status::Hung {
        return (
            "nobody answers: the command hangs until it is given up".into(),
            "see to it that a master answers before this line".into(),
        );
    }
    let shown = came.output.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with("WARNING")).collect::<Vec<_>>();
    let what = match &came.code {
        Some(code) if code.starts_with("SR_BACKEND_FAILURE") => {
            format!("{code}: {}", shown.iter().find(|line| line.contains("opterr") || line.contains("VDI")).copied().unwrap_or_default())
        }
        Some(code) => format!("{code}: {}", shown.first().copied().unwrap_or_default()),
        None => shown.last().copied().unwrap_or("it fails").to_owned(),
    };
    let summary = |code: &String| catalog::find(code).first().map(|entry| entry.summary.clone());
    let mend =
        came.code.as_ref().and_then(|code| before(code, &came.output).map(str::to_owned).or_else(|| summary(code))).unwrap_or_default();
    (what, mend)
}

/// What is to stand before a line that is refused so.
fn before(code: &str, output: &str) -> Option<&'static str> {
    let runs = output.lines().any(|line| line.trim().to_lowercase().starts_with("actual: running"));
    Some(match code {
        "HA_IS_ENABLED" => "`xe pool-ha-disable` before it",
        "HOST_NOT_DISABLED" => "`xe host-disable uuid=…` before it",
        "UUID_INVALID" => "write the UUID of what is there: the `-list` of its kind shows it, with `--minimal` alone",
        "VM_BAD_POWER_STATE" if runs => {
            "it runs, or is recorded so: look where (`xe vm-list params=name-label,resident-on`), and once that host is certainly off, \
             `xe vm-reset-powerstate uuid=… --force` before it"
        }
        code if code.starts_with("SR_BACKEND_FAILURE_46") && output.contains("already attached") => {
            "the lock of another host is on it: once that host is certainly off, `/opt/xensource/sm/resetvdis.py HOST-UUID SR-UUID` before it"
        }
        _ => return None,
    })
}
