//! What is said of a line of `xe`: its command, its keys, what only the whole line tells.

use super::super::args::{self, Args, STANDARD_KEYS};
use super::super::objects::Class;
use super::super::{Grammar, Rest, batch, known, names};
use super::{Examiner, is_uuid, shown};
use crate::base::near::nearest;
use crate::base::typography::Odd;
use crate::command::params::settable;

/// The keys whose values are UUIDs.
const UUID_KEYS: &[&str] = &["uuid", "host-uuid", "sr-uuid", "vm-uuid", "vdi-uuid", "resident-on", "default-SR", "affinity", "master"];

/// What a key's UUID is of.
fn class_of(command: &str, key: &str) -> Option<Class> {
    match (key, command.split('-').next().unwrap_or_default()) {
        ("host-uuid" | "resident-on" | "affinity" | "master", _) | ("uuid", "host") => Some(Class::Host),
        ("sr-uuid" | "default-SR", _) | ("uuid", "sr") => Some(Class::Sr),
        ("vm-uuid", _) | ("uuid", "vm") => Some(Class::Vm),
        ("vdi-uuid", _) | ("uuid", "vdi") => Some(Class::Vdi),
        ("uuid", "pbd") => Some(Class::Pbd),
        ("uuid", "vbd") => Some(Class::Vbd),
        ("uuid", "pool") => Some(Class::Pool),
        _ => None,
    }
}

/// The key that a command has for what other commands, or other tools, call otherwise.
fn meant(command: &str, key: &str) -> Option<&'static str> {
    match (command, key) {
        ("vm-start", "host" | "host-uuid" | "host-name" | "to") => Some("on"),
        ("vm-migrate", "on" | "to" | "destination" | "target") => Some("host"),
        ("pool-emergency-reset-master", "master" | "host" | "address" | "new-master") => Some("master-address"),
        ("pool-designate-new-master", "host" | "master" | "new-master") => Some("host-uuid"),
        (_, "name" | "vm-name") if command.starts_with("vm-") => Some("vm"),
        (_, "name" | "host-name") if command.starts_with("host-") => Some("host"),
        _ => None,
    }
}

impl Examiner<'_> {
    /// A value that should be the UUID of an object of a class.
    pub(super) fn uuid(&mut self, word: usize, value: &str, class: Option<Class>) {
        if self.variable[word] {
            return self.class(word, value, class);
        }
        if is_uuid(value) || value.is_empty() {
            return;
        }
        if names::known(self.names, value) {
            let message = format!("`{value}` is a name, and here a UUID is needed");
            self.warn(word, "name-not-uuid", message, format!("write `{}`", shown(value)));
        } else {
            self.warn(word, "not-a-uuid", format!("`{value}` is no UUID"), "write `$name` for the UUID of an object");
        }
    }

    /// A `$name` where an object of a class is needed.
    fn class(&mut self, word: usize, value: &str, class: Option<Class>) {
        let is = value.strip_prefix('$').and_then(|name| names::class(self.names, name));
        let (Some(class), Some(is)) = (class, is) else { return };
        if class != is {
            let help = match class {
                Class::Pbd => "a PBD is `${HOST/SR}`".into(),
                Class::Vbd => "a VBD is `${VM/DISK}`".into(),
                Class::Pool => "write `$pool`".into(),
                _ => format!("write the `$name` of {}", class.with_article()),
            };
            let message = format!("`{}` is the UUID of {}, and here {} is needed", shown(value), is.with_article(), class.with_article());
            self.warn(word, "other-uuid", message, help);
        }
    }

    /// The word that a pair came from.
    pub(super) fn place(&self, key: &str, value: &str) -> usize {
        let whole = format!("{key}={value}");
        let switch = format!("--{key}");
        self.words.iter().position(|word| *word == whole || *word == key || *word == switch).unwrap_or(0)
    }

    pub(super) fn xe(&mut self, piped: Option<&str>) {
        let client = match args::client(&self.words[1..]) {
            Ok(client) => client,
            Err(output) => {
                let first = output.text.lines().next().unwrap_or_default().to_string();
                self.warn(0, "no-command", format!("the tool says `{first}` and does nothing"), "write `xe COMMAND …`");
                return;
            }
        };
        if let Some(server) = &client.server {
            let at = self.words.iter().position(|word| word == server || word.ends_with(server.as_str())).unwrap_or(0);
            if !matches!(server.as_str(), "localhost" | "127.0.0.1") && self.names.machine_by_address(server).is_none() {
                let help = self.did_you_mean(server, "").unwrap_or_else(|| "name a host of the scenario, or its address".into());
                self.error(at, "unknown-name", format!("no host is called `{server}`"), help);
            }
            if !client.password {
                self.warn(at, "no-password", "in life another host asks for a password", "write `-u root -pw …`");
            }
        }
        let args = match args::server(&client.rest, None) {
            Ok(args) => args,
            Err(output) => {
                let first = output.text.lines().next().unwrap_or_default().to_string();
                let at = self
                    .words
                    .iter()
                    .skip(1)
                    .position(|word| word.starts_with('-') && first.ends_with(word.as_str()))
                    .map_or(0, |at| at + 1);
                let (code, help) = if at > 0 {
                    ("bad-switch", "options of the tool have two dashes: `--force`")
                } else {
                    ("no-command", "write `xe COMMAND KEY=VALUE …`")
                };
                self.error(at, code, format!("the tool says `{first}` and does nothing"), help);
                return;
            }
        };
        self.command(&args, piped);
    }

    fn command(&mut self, args: &Args, piped: Option<&str>) {
        let command = args.command.as_str();
        let at = self.words.iter().position(|word| word == command).unwrap_or(0);
        if known::is_unbuilt(command, self.release) {
            self.error(
                at,
                "not-yet",
                format!("`xe {command}` is a command of this release that is outside the model"),
                "say what it would do by other steps, or leave it out: it is refused rather than read and ignored",
            );
            return;
        }
        let Some((_, grammar)) = known::built(self.release).find(|(doc, _)| doc.name == command) else {
            let help = known::elsewhere(command, self.release).unwrap_or_else(|| match nearest(&command.to_lowercase(), self.commands()) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "`poolsim explain` lists the commands".into(),
            });
            self.error(at, "unknown-command", format!("`xe` knows no command `{command}` in this release"), help);
            return;
        };
        let parted = self.parted(at, &grammar);
        for key in grammar.required {
            if !args.has(key) && !parted.contains(&(*key).to_string()) {
                let near = args.pairs.iter().find(|(other, _)| other.eq_ignore_ascii_case(key) || nearest(other, [*key]).is_some());
                let kind = command.split('-').next().unwrap_or_default();
                let other = args.pairs.iter().find(|(other, _)| {
                    *other == "uuid" && key.ends_with("-uuid")
                        || *key == "uuid" && (*other == kind || *other == format!("{kind}-uuid"))
                        || meant(command, other) == Some(*key)
                });
                let help = match near.or(other) {
                    Some((other, _)) => format!("the key is called `{key}`, not `{other}`"),
                    None => format!("add `{key}=…`"),
                };
                self.error(at, "missing-key", format!("`xe {command}` can't be without the key `{key}`"), help);
            }
        }
        if command == "help" {
            return;
        }
        for (key, value) in &args.pairs {
            self.pair(command, &grammar, key, value);
        }
        self.whole(at, args, &grammar, piped);
    }

    /// Keys and values in two words: `on gamma`, `on= gamma`, `on = gamma`, `on:gamma`. The keys that are so.
    fn parted(&mut self, command: usize, grammar: &Grammar) -> Vec<String> {
        let selectors: &[&str] = match grammar.rest {
            Rest::Vms => &["vm", "uuid"],
            Rest::Hosts => &["host", "uuid"],
            _ => &[],
        };
        let known = |key: &str| grammar.required.contains(&key) || grammar.optional.contains(&key) || selectors.contains(&key);
        let mut keys = Vec::new();
        let mut at = command + 1;
        while at < self.words.len() {
            let key = self.words[at].trim_end_matches('=').to_string();
            let next = self.words.get(at + 1).cloned().unwrap_or_default();
            let dash = |c: char| c == '-' || Odd::of(c) == Some(Odd::Dash);
            let is_value = |word: &str| !word.is_empty() && !word.starts_with(dash) && !word.contains('=');
            let (value, words) = match (next.strip_prefix('='), self.words[at].split_once(':')) {
                (_, Some((key, value))) if known(key) && !value.contains('=') => (value.to_string(), 1),
                (Some(""), _) if known(&key) => (self.words.get(at + 2).cloned().unwrap_or_default(), 3),
                (Some(value), _) if known(&key) => (value.to_string(), 2),
                (None, _) if known(&key) && is_value(&next) => (next.clone(), 2),
                _ => (String::new(), 0),
            };
            if words == 0 {
                at += 1;
                continue;
            }
            let key = if words == 1 { key.split(':').next().unwrap_or_default().to_string() } else { key };
            let typed = if value.starts_with('$') { shown(&value) } else { value };
            self.error(at, "bare-word", format!("`{key}` and its value belong together, in one word"), format!("write `{key}={typed}`"));
            self.parted.extend(at..(at + words).min(self.words.len()));
            keys.push(key);
            at += words;
        }
        keys
    }

    /// One key with its value.
    fn pair(&mut self, command: &str, grammar: &Grammar, key: &str, value: &str) {
        let word = self.place(key, value);
        if self.parted.contains(&word) {
            return;
        }
        if key.starts_with("force=") {
            self.warn(word, "force-value", format!("`--{key}` is a key `{key}`, not force"), "write `--force` or `force=true`");
            return;
        }
        if self.trapped(word, command, grammar, key, value) {
            return;
        }
        // `device-config:target=…`, and `device-config-target=…` as it was once written.
        let part = |of: &&&str| of.strip_suffix(':').and_then(|of| key.strip_prefix(of)).is_some_and(|rest| rest.len() > 1);
        let own = grammar.required.contains(&key) || grammar.optional.contains(&key) || grammar.optional.iter().any(|of| part(&of));
        let standard = STANDARD_KEYS.contains(&key) || key.starts_with("database:");
        let bare = !self.words[word].contains('=') && !self.words[word].starts_with("--");
        if bare && !own && !standard {
            let help = match grammar.rest {
                Rest::Vms => format!("select a VM with `vm={key}`"),
                Rest::Hosts => format!("select a host with `host={key}`"),
                _ => "leave it out".into(),
            };
            self.warn(word, "bare-word", format!("`{key}` is a key without a value: the tool has no positional words"), help);
            return;
        }
        match grammar.rest {
            Rest::Ignored if !own && !standard => {
                let help = if command == "pool-ha-enable" && key == "heartbeat-sr-uuid" {
                    "the key is called `heartbeat-sr-uuids`: without it an SR is picked, whichever"
                } else if command == "sr-introduce" && key.starts_with("device-config") {
                    "it belongs to `xe pbd-create`"
                } else if command == "pool-emergency-transition-to-master" {
                    "it acts on the host it is typed on: leave the key out, and look at the step's `host:`"
                } else {
                    "leave it out"
                };
                self.warn(word, "ignored-key", format!("xe ignores `{key}` here"), help);
            }
            Rest::Vms | Rest::Hosts if !own && !standard && meant(command, key).is_some() => {
                let meant = meant(command, key).unwrap_or_default();
                let message = format!("`{key}` is no key of `xe {command}`: the tool answers `Unknown field`");
                self.warn(
                    word,
                    "unknown-field",
                    message,
                    format!("write `{meant}={}`", if value.starts_with('$') { shown(value) } else { value.into() }),
                );
            }
            Rest::Vms if key == "vm" => self.known_name(word, value, Class::Vm),
            Rest::Hosts if key == "host" => self.known_name(word, value, Class::Host),
            Rest::Vms if !own && !standard => self.field(word, Class::Vm, key),
            Rest::Hosts if !own && !standard => self.field(word, Class::Host, key),
            Rest::List(class) if !own && !standard => self.field(word, class, key),
            Rest::Set(class) if !own && !standard => self.settable(word, class, key),
            _ => {}
        }
        match (command, key) {
            ("vm-start", "on") | ("vm-migrate", "host" | "host-uuid" | "host-name") => self.known_name(word, value, Class::Host),
            // An address may be nobody's: that is found out when it is called.
            (_, "master-address") if value.parse::<std::net::Ipv4Addr>().is_ok() => {}
            (_, "master-address") => self.known_name(word, value, Class::Host),
            ("pool-ha-enable", "heartbeat-sr-uuids") => value.split(',').for_each(|uuid| self.uuid(word, uuid, Some(Class::Sr))),
            (_, "param-name") => self.parameter(word, command, value),
            _ if UUID_KEYS.contains(&key) => self.uuid(word, value, class_of(command, key)),
            (_, "power-state" | "enabled" | "host-metrics-live" | "currently-attached" | "is-control-domain")
                if value.chars().any(char::is_uppercase) =>
            {
                self.warn(word, "value-case", format!("`{value}` matches nothing"), format!("write `{}`", value.to_lowercase()));
            }
            _ => {}
        }
        if (command, key, value) == ("pool-dump-database", "file-name", "") {
            self.error(word, "not-yet", "a dump to standard output is not simulated yet", "name a file");
        }
    }

    /// A value that must be the name (or UUID) of a VM or host.
    fn known_name(&mut self, word: usize, value: &str, class: Class) {
        if self.variable[word] {
            return self.class(word, value, Some(class));
        }
        if is_uuid(value) {
            return;
        }
        let (known, what): (Vec<&str>, &str) = match class {
            Class::Host => (self.names.machines.iter().map(|m| m.name.as_str()).collect(), "host"),
            _ => (self.names.vms.iter().map(|vm| vm.name.as_str()).collect(), "VM"),
        };
        let address =
            class == Class::Host && (self.names.machine_by_address(value).is_some() || matches!(value, "127.0.0.1" | "localhost"));
        if known.contains(&value) || address {
            return;
        }
        let help = match nearest(value, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("name a {what} of the scenario; there are no patterns and no lists"),
        };
        self.error(word, "unknown-name", format!("no {what} is called `{value}`"), help);
    }

    fn field(&mut self, word: usize, class: Class, key: &str) {
        if batch::filterable(class, key) {
            return;
        }
        let dashed = key.replace('_', "-").to_lowercase();
        let fields: Vec<&'static str> = class.fields().map(|field| field.name).collect();
        let help = match fields.iter().find(|name| name.to_lowercase() == dashed).copied().or_else(|| nearest(key, fields)) {
            Some(near) => format!("did you mean `{near}`?"),
            None if key == "vm" || key == "host" => "lists know only fields: write `name-label=`".into(),
            None => "leave it out".into(),
        };
        self.warn(word, "unknown-field", format!("`{key}` is no field of a {}: the tool answers `Unknown field`", class.name()), help);
    }

    fn settable(&mut self, word: usize, class: Class, key: &str) {
        let name = key.split_once(':').map_or(key, |(name, _)| name);
        match class.field(name) {
            None => self.field(word, class, key),
            Some(field) if field.writable() && field.is_set() => {
                let message = format!("`{name}` is a set: the tool answers `Cannot param-set on set fields`");
                let help = format!("write `xe {}-param-add … param-name={name} param-key=…`", class.name());
                self.warn(word, "read-only", message, help);
            }
            Some(field) if field.writable() && !settable(class).contains(&name) => {
                let help = format!("what can be set is {}", settable(class).join(", "));
                self.error(word, "not-yet", format!("setting a {}'s `{name}` is not simulated yet", class.name()), help);
            }
            Some(field) if !field.writable() => self.read_only(word, class, name),
            Some(_) => {}
        }
    }

    /// What only the whole line tells.
    fn whole(&mut self, at: usize, args: &Args, grammar: &Grammar, piped: Option<&str>) {
        let command = args.command.as_str();
        if grammar.asks && !args.flag("force").unwrap_or(false) {
            match piped {
                None => self.warn(
                    at,
                    "nobody-answers",
                    "without --force it asks, and nobody answers",
                    "add `--force`, or put `echo yes |` before it",
                ),
                Some(answer) if !answer.lines().next().unwrap_or_default().trim().eq_ignore_ascii_case("yes") => {
                    self.warn(
                        at,
                        "wrong-answer",
                        "only the whole word yes is taken for a yes: it aborts, with exit status 0",
                        "write `echo yes |`",
                    );
                }
                Some(_) => {}
            }
        }
        if command == "vm-reset-powerstate" {
            match args.get("force") {
                None => self.warn(
                    at,
                    "must-be-forced",
                    "without `--force` it refuses, and does not ask",
                    "add `--force` once the host is certainly off",
                ),
                Some(value) if !matches!(value.to_ascii_lowercase().as_str(), "true" | "t" | "1") => {
                    let word = self.place("force", value);
                    self.warn(
                        word,
                        "force-anyway",
                        "this release looks only whether `force` is there: it resets all the same",
                        "leave it out, or write `--force`",
                    );
                }
                Some(_) => {}
            }
        }
        if command == "host-emergency-ha-disable" && !args.flag("force").unwrap_or(false) {
            self.warn(
                at,
                "must-be-forced",
                "without `--force` it refuses, and does not ask",
                "add `--force` once you know what the others will do",
            );
        }
        if command == "pool-restore-database" && !args.has("force") && !args.has("dry-run") {
            self.warn(at, "must-be-forced", "without `--force` or `dry-run=true` it refuses", "add `--force`");
        }
        if command == "sr-introduce" {
            let shared = args.get("shared").map(|value| matches!(value.to_ascii_lowercase().as_str(), "true" | "t" | "1"));
            match (shared, args.get("type").unwrap_or_default()) {
                (Some(false), _) if args.get("shared") == Some("") => {
                    let word = self.place("shared", "");
                    self.warn(word, "bare-word", "`shared` without a value is refused", "write `shared=true`");
                }
                (None | Some(false), "nfs" | "lvmoiscsi" | "lvmohba") => self.warn(
                    at,
                    "not-shared",
                    "without `shared=true` the SR is not shared, and the second host that plugs it is refused",
                    "add `shared=true`",
                ),
                _ => {}
            }
        }
        if command == "host-is-in-emergency-mode" && args.minimal {
            self.warn(at, "no-output", "`--minimal` swallows the answer", "leave `--minimal` out");
        }
        self.traps_of_the_line(at, args, grammar);
        let selects = matches!(grammar.rest, Rest::Vms | Rest::Hosts);
        let selected =
            args.pairs.iter().any(|(key, _)| !grammar.optional.contains(&key.as_str()) && !STANDARD_KEYS.contains(&key.as_str()));
        if selects && !selected && self.parted.is_empty() {
            let (all, one) = if grammar.rest == Rest::Vms { ("VM", "vm=") } else { ("host", "host=") };
            self.warn(at, "no-selector", format!("without a selector it means every {all} of the pool"), format!("add `{one}…`"));
        }
    }
}
