//! Traps of `xe` that runbooks really contain: lines that the tool takes without a murmur, and that do something else than they seem to
//! (docs/model/commands.md §11).

use super::super::args::{Args, STANDARD_KEYS};
use super::super::objects::Class;
use super::super::{Grammar, Rest};
use super::{Examiner, is_uuid};
use crate::base::near::nearest;

/// Keys that are read as booleans, wherever they are read.
const BOOLEANS: &[&str] = &["force", "multiple", "all", "live", "paused", "encrypt"];

/// The word of `xe` that changes what a field only shows.
fn changes(class: Class, field: &str) -> Option<&'static str> {
    Some(match (class, field) {
        (Class::Host, "enabled") => "`xe host-enable` and `xe host-disable`",
        (Class::Host, "host-metrics-live") => "nothing but the host's own heartbeat",
        (Class::Host, "address" | "hostname") => "the host itself",
        (Class::Vm, "power-state") => "`xe vm-start` and `xe vm-shutdown`, or `xe vm-reset-powerstate` for a VM whose host is off for good",
        (Class::Vm, "resident-on") => "`xe vm-migrate`, or `xe vm-reset-powerstate` for a VM whose host is off for good",
        (Class::Pool, "master") => "`xe pool-designate-new-master`, or `xe pool-emergency-transition-to-master` when the master is gone",
        (Class::Pool, "ha-enabled") => "`xe pool-ha-enable` and `xe pool-ha-disable`",
        (Class::Pbd, "currently-attached") => "`xe pbd-plug` and `xe pbd-unplug`",
        (Class::Vdi, "sm-config") => "`/opt/xensource/sm/resetvdis.py`",
        _ => return None,
    })
}

impl Examiner<'_> {
    /// A key that the command reads, or filters by, with a value that it does not take as it looks. Whether something was said.
    pub(super) fn trapped(&mut self, word: usize, command: &str, grammar: &Grammar, key: &str, value: &str) -> bool {
        let own = grammar.required.contains(&key) || grammar.optional.contains(&key);
        let standard = STANDARD_KEYS.contains(&key);
        let selects = matches!(grammar.rest, Rest::Vms | Rest::Hosts | Rest::List(_));
        let filters = selects && !own && !standard;
        let bare = self.bare(word);
        // For these `force` has only to be there.
        let present = key == "force" && matches!(command, "vm-reset-powerstate" | "pool-restore-database");
        if BOOLEANS.contains(&key) && (own || standard) && !present && boolean(value).is_none() {
            let (message, code) = if bare {
                (format!("`{key}` without a value is not true"), "bare-word")
            } else {
                (format!("`{value}` is neither true nor false: the tool answers `Failed to parse parameter '{key}'`"), "not-boolean")
            };
            self.warn(word, code, message, format!("write `--{key}` or `{key}=true`"));
            return true;
        }
        if bare && !own && !standard {
            return self.stray(word, command, key);
        }
        let one = filters || own && matches!(key, "uuid" | "host-uuid" | "sr-uuid" | "vm-uuid" | "on" | "host");
        if one && value.contains(',') && !value.contains(' ') && key != "name-label" && !key.starts_with("name-label:") {
            let message = format!("`{key}=` takes one value, and a list with commas is none: nothing matches");
            self.warn(word, "comma-list", message, "type the line once for each, or filter by what they have in common");
            return true;
        }
        if filters && value.contains(['*', '?']) {
            self.warn(word, "no-patterns", format!("`{value}` matches only itself: `xe` has no patterns"), "write the whole value");
            return true;
        }
        false
    }

    /// Whether a word has neither `=` nor dashes.
    fn bare(&self, word: usize) -> bool {
        !self.words[word].contains('=') && !self.words[word].starts_with("--")
    }

    /// A bare word that tells by itself what was meant. Whether something was said.
    fn stray(&mut self, word: usize, command: &str, key: &str) -> bool {
        let (code, message, help) = if key == "xe" {
            let message = "a second `xe` on the line: what stands behind it are keys of the first command, and is not run".to_string();
            ("two-commands", message, "write one command a line".to_string())
        } else if key == "help" {
            ("bare-word", "`help` is a command of its own".to_string(), format!("write `xe help {command}`"))
        } else if word > 0 && self.words[word - 1].ends_with(',') {
            let whole = format!("{}{key}", self.words[word - 1]);
            let message = format!("the blank ends the list, and `{key}` is a key without a value");
            ("bare-word", message, format!("write `{whole}`"))
        } else {
            return false;
        };
        self.warn(word, code, message, help);
        true
    }

    /// The field that `param-name=` names.
    pub(super) fn parameter(&mut self, word: usize, command: &str, name: &str) {
        let classes = [Class::Host, Class::Vm, Class::Pool, Class::Sr, Class::Vdi, Class::Pbd, Class::Vbd];
        let Some(class) = classes.into_iter().find(|class| command.starts_with(&format!("{}-param-", class.name()))) else { return };
        if self.variable[word] || class.field(name).is_some() {
            return;
        }
        let dashed = name.replace('_', "-").to_lowercase();
        let fields: Vec<&'static str> = class.fields().map(|field| field.name).collect();
        let help = match fields.iter().find(|field| field.to_lowercase() == dashed).copied().or_else(|| nearest(name, fields)) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("`xe {}-param-list uuid=…` shows the fields that there are", class.name()),
        };
        self.warn(
            word,
            "unknown-field",
            format!("`{name}` is no field of {}: the tool answers `Missing parameter`", class.with_article()),
            help,
        );
    }

    /// A field that can be shown and not be set.
    pub(super) fn read_only(&mut self, word: usize, class: Class, field: &str) {
        let help = changes(class, field).map_or_else(|| "leave it out".to_string(), |what| format!("what changes it is {what}"));
        self.warn(word, "read-only", format!("`{field}` can only be read: the tool answers that it is read-only"), help);
    }

    /// What only the whole line tells.
    pub(super) fn traps_of_the_line(&mut self, at: usize, args: &Args, grammar: &Grammar) {
        let command = args.command.as_str();
        let forced = args.flag("force").unwrap_or(false);
        if forced && matches!(command, "vm-start" | "host-shutdown" | "host-reboot" | "host-disable" | "host-evacuate") {
            let word = self.place("force", args.required("force"));
            let (message, help) = if command == "vm-start" {
                (
                    "`--force` passes over the CPU's features alone: no lock, no check, no host that is off",
                    "leave it out, and look at what refuses the start",
                )
            } else {
                ("this command does not read `--force`, and no guard falls by it", "leave it out")
            };
            self.warn(word, "force-for-nothing", message, help);
        }
        if let Rest::List(_) = grammar.rest {
            let filters =
                args.pairs.iter().any(|(key, _)| !grammar.optional.contains(&key.as_str()) && !STANDARD_KEYS.contains(&key.as_str()));
            if args.flag("all").unwrap_or(false) && filters {
                let word = self.place("all", args.required("all"));
                self.warn(word, "all-unfiltered", "`--all` throws the filters away: every record is listed", "leave `--all` out");
            }
            if args.minimal && args.get("params").is_some_and(|names| names.contains(',')) {
                let word = self.place("params", args.required("params"));
                let message = "with `--minimal` one field alone is printed: the first of these in the record's own order, not in yours";
                self.warn(word, "one-field", message, "ask for one field");
            }
            let dom0 = args.get("is-control-domain").is_some() || args.get("name-label").is_some() || args.get("uuid").is_some();
            if command == "vm-list" && args.minimal && args.get("resident-on").is_some() && !dom0 {
                self.warn(
                    at,
                    "control-domain",
                    "the list has the host's domain 0 in it, which no VM command takes",
                    "add `is-control-domain=false`",
                );
            }
        }
        // A UUID behind the selector's own word is taken at once, past everything else that was said (cli_operations.ml, select_vms).
        let selector = match grammar.rest {
            Rest::Vms => "vm",
            Rest::Hosts => "host",
            _ => return,
        };
        let Some(chosen) = args.get(selector) else { return };
        let word = self.place(selector, chosen);
        let by_uuid = self.variable[word] || is_uuid(chosen);
        let guard = args
            .pairs
            .iter()
            .find(|(key, _)| key != selector && !grammar.optional.contains(&key.as_str()) && !STANDARD_KEYS.contains(&key.as_str()));
        if let Some((key, value)) = guard.filter(|_| by_uuid) {
            let word = self.place(key, value);
            let message = format!("with a UUID behind `{selector}=` nobody looks at `{key}`: it is taken at once");
            self.warn(word, "guard-passed-over", message, format!("write `uuid=` instead of `{selector}=`"));
        }
    }
}

/// A boolean as a command reads it.
fn boolean(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" | "t" | "1" => Some(true),
        "false" | "f" | "0" => Some(false),
        _ => None,
    }
}
