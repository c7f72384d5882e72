//! What `check` says of a command line before anything runs: errors for what the tool would not know, warnings where the
//! real parser would surprise (xe-cli: traps that runbooks hold).

use super::args::{self, Args, STANDARD_KEYS};
use super::objects::Class;
use super::shell::{Line, Piece};
use super::{Grammar, Rest, batch, known, names};
use crate::world::World;
use crate::world::inventory::Inventory;
use crate::world::release::Release;
use crate::world::sm::StorageManager;

/// Something to say about a line.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Complaint {
    /// The file is wrong, unless the step expects an error; else it is a warning.
    pub error: bool,
    /// The diagnostic's code, one of [`super::COMPLAINTS`].
    pub code: &'static str,
    /// What it is.
    pub message: String,
    /// What to write instead.
    pub help: String,
    /// The place of the word in [`Line::words`].
    pub word: usize,
}

/// The fields of a class whose setting has an effect.
fn settable(class: Class) -> &'static [&'static str] {
    match class {
        Class::Vm => &["ha-restart-priority", "ha-always-run", "order", "start-delay"],
        _ => &["default-SR", "ha-host-failures-to-tolerate", "ha-allow-overcommit"],
    }
}

/// The keys whose values are UUIDs.
const UUID_KEYS: &[&str] = &["uuid", "host-uuid", "sr-uuid", "vm-uuid", "vdi-uuid", "resident-on", "default-SR", "affinity", "master"];

/// What a line is looked at against.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// What things are called.
    pub names: &'a Inventory,
    /// Whose commands there are.
    pub release: Release,
    /// Whose `resetvdis.py` there is.
    pub manager: StorageManager,
}

impl Ground<'_> {
    /// That of a world.
    pub fn of(world: &World) -> Ground<'_> {
        Ground { names: &world.names, release: world.release, manager: world.settings.storage_manager }
    }
}

struct Examiner<'a> {
    names: &'a Inventory,
    release: Release,
    manager: StorageManager,
    /// The words as text, variables as `$name`.
    words: Vec<String>,
    /// Which words hold a variable.
    variable: Vec<bool>,
    found: Vec<Complaint>,
}

/// Looks at a line as a file has it. `stdin` is what its step gives; what is piped in goes before it.
pub fn examine(line: &Line, ground: Ground<'_>, stdin: Option<&str>) -> Vec<Complaint> {
    let text = |piece: &Piece| match piece {
        Piece::Text(text) => text.clone(),
        Piece::Variable(name) => format!("${name}"),
    };
    let words = line.words.iter().map(|word| word.0.iter().map(text).collect()).collect();
    let variable = line.words.iter().map(|word| word.plain().is_none()).collect();
    let Ground { names, release, manager } = ground;
    let mut examiner = Examiner { names, release, manager, words, variable, found: Vec::new() };
    examiner.variables(line);
    examiner.typography();
    examiner.program(line.piped.as_deref().or(stdin));
    examiner.found
}

/// The nearest of some words, if any is near enough to be meant.
fn nearest<'a>(word: &str, known: impl IntoIterator<Item = &'a str>) -> Option<&'a str> {
    let most = (word.chars().count() / 3).clamp(1, 3);
    let near = known.into_iter().map(|other| (distance(word, other, most), other)).filter(|(away, _)| *away <= most);
    near.min_by_key(|(away, _)| *away).map(|(_, other)| other)
}

/// The edit distance of two words, or more than `most`.
fn distance(a: &str, b: &str, most: usize) -> usize {
    let (a, b): (Vec<char>, Vec<char>) = (a.chars().take(64).collect(), b.chars().take(64).collect());
    if a.len().abs_diff(b.len()) > most {
        return most + 1;
    }
    // Two neighbours that changed places count as one slip.
    let mut before: Vec<usize> = Vec::new();
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for i in 0..a.len() {
        let mut next = vec![i + 1];
        for j in 0..b.len() {
            let mut cost = (row[j] + usize::from(a[i] != b[j])).min(next[j] + 1).min(row[j + 1] + 1);
            if i > 0 && j > 0 && a[i] == b[j - 1] && a[i - 1] == b[j] {
                cost = cost.min(before[j - 1] + 1);
            }
            next.push(cost);
        }
        before = std::mem::replace(&mut row, next);
    }
    row[b.len()]
}

fn is_uuid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    parts.len() == 5
        && parts.iter().zip([8, 4, 4, 4, 12]).all(|(part, len)| part.len() == len && part.bytes().all(|b| b.is_ascii_hexdigit()))
}

impl Examiner<'_> {
    fn error(&mut self, word: usize, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Complaint { error: true, code, message: message.into(), help: help.into(), word });
    }
    fn warn(&mut self, word: usize, code: &'static str, message: impl Into<String>, help: impl Into<String>) {
        self.found.push(Complaint { error: false, code, message: message.into(), help: help.into(), word });
    }

    /// Every command of `xe` in this release.
    fn commands(&self) -> impl Iterator<Item = &'static str> + use<> {
        known::built(self.release).map(|(doc, _)| doc.name).chain(known::unbuilt(self.release))
    }

    /// Every `$name` must be one.
    fn variables(&mut self, line: &Line) {
        for (at, word) in line.words.iter().enumerate() {
            for piece in &word.0 {
                let Piece::Variable(name) = piece else { continue };
                if !names::known(self.names, name) {
                    let help = self.did_you_mean(name, "$").unwrap_or_else(|| {
                        "variables are the names of hosts, SRs, VMs and disks (`${db-root}` needs its braces), `${beta/nfs1}` a PBD, `${db/root}` a VBD, `$pool`".into()
                    });
                    self.error(at, "unknown-name", format!("`${name}` names no object of this scenario"), help);
                }
            }
        }
    }

    fn did_you_mean(&self, name: &str, sigil: &str) -> Option<String> {
        let all = names::all(self.names);
        nearest(name, all.iter().map(String::as_str)).map(|near| format!("did you mean `{sigil}{near}`?"))
    }

    /// What text processors and other systems leave behind.
    fn typography(&mut self) {
        for at in 0..self.words.len() {
            let word = &self.words[at];
            let odd = word.chars().find_map(|c| match c {
                '\u{2010}'..='\u{2015}' | '\u{2212}' => Some(("a typographic dash", "write plain dashes, as in `--force`")),
                '\u{2018}'..='\u{201f}' => Some(("a typographic quote", "write straight quotes")),
                '\u{a0}' | '\u{2007}' | '\u{202f}' | '\u{feff}' | '\u{200b}' => Some(("an invisible blank", "write a plain blank")),
                '\r' => Some(("a carriage return", "save the script with plain line ends")),
                _ => None,
            });
            if let Some((what, help)) = odd {
                self.warn(at, "typographic", format!("this word holds {what}, which the tool takes for a part of it"), help);
            }
        }
    }

    fn program(&mut self, piped: Option<&str>) {
        let program = self.words[0].clone();
        if self.variable[0] {
            self.error(0, "unknown-command", "the command itself is a variable", "write the command's name");
            return;
        }
        let second = self.words.get(1).cloned().unwrap_or_default();
        match program.as_str() {
            "xe" | "/opt/xensource/bin/xe" | "/usr/bin/xe" => self.xe(piped),
            "/opt/xensource/sm/resetvdis.py" => self.resetvdis(),
            "xe-toolstack-restart" | "/opt/xensource/bin/xe-toolstack-restart" | "list_domains" | "/opt/xensource/bin/list_domains" => {}
            "/etc/init.d/xapi" | "/etc/rc.d/init.d/xapi" => self.service_word(1),
            "service" | "/sbin/service" if second == "xapi" => self.service_word(2),
            "tap-ctl" | "/usr/sbin/tap-ctl" if second == "list" => {}
            "cat" | "/bin/cat" if self.words.len() == 2 && second == super::beside::POOL_CONF => {}
            "service" | "/sbin/service" => {
                self.error(0, "not-yet", format!("of the services only xapi is simulated, not `{second}`"), "write `service xapi …`");
            }
            "tap-ctl" | "/usr/sbin/tap-ctl" => {
                self.error(0, "not-yet", "of tap-ctl only `tap-ctl list` is simulated", "write `tap-ctl list`")
            }
            "cat" | "/bin/cat" => {
                self.error(
                    0,
                    "not-yet",
                    "the only file that can be read is /etc/xensource/pool.conf",
                    "write `cat /etc/xensource/pool.conf`",
                );
            }
            other => {
                let help = self.stranger(other);
                self.error(0, "unknown-command", format!("`{other}` is no command here"), help);
            }
        }
    }

    /// What a word that is no command may have been meant to be.
    fn stranger(&self, word: &str) -> String {
        let shown = word.trim();
        if shown.ends_with("resetvdis.py") {
            return "write its whole path: `/opt/xensource/sm/resetvdis.py`".into();
        }
        if shown == "$" || shown == "#" || shown.starts_with('[') || shown.ends_with(['#', '$', ']']) {
            return "a prompt was pasted along: leave it out".into();
        }
        if shown.eq_ignore_ascii_case("xe") {
            return "names are case sensitive: write `xe`".into();
        }
        if self.commands().any(|name| name == shown) {
            return format!("did you mean `xe {shown}`?");
        }
        match shown {
            "sleep" => "let a step wait with `after:`".into(),
            "ssh" => "say whose console it is with the step's `host:`".into(),
            "sudo" | "time" | "nohup" => "leave it out: the console is root's".into(),
            "reboot" | "poweroff" | "shutdown" | "halt" | "init" => "use the acts `power-off` and `power-on`, or `xe host-reboot`".into(),
            _ => match nearest(shown, ["xe", "xe-toolstack-restart", "list_domains", "tap-ctl", "service", "cat"]) {
                Some(near) => format!("did you mean `{near}`?"),
                None => "known are `xe`, `/opt/xensource/sm/resetvdis.py`, `xe-toolstack-restart`, `service xapi`, `list_domains`, `tap-ctl list`, `cat /etc/xensource/pool.conf`".into(),
            },
        }
    }

    fn service_word(&mut self, at: usize) {
        let known = ["start", "stop", "restart", "condrestart", "status"];
        let word = self.words.get(at).cloned().unwrap_or_default();
        if !known.contains(&word.as_str()) {
            let at = at.min(self.words.len() - 1);
            self.error(
                at,
                "unknown-command",
                format!("the service xapi knows no `{word}`"),
                "write start, stop, restart, condrestart or status",
            );
        }
    }

    fn resetvdis(&mut self) {
        let surprise = self.manager.surprise(&self.words[1..]);
        if surprise.as_ref().is_none_or(|surprise| surprise.goes_on) {
            for at in [1, 2] {
                let value = self.words[at].clone();
                self.uuid(at, &value);
            }
        }
        if let Some(surprise) = surprise {
            self.warn(surprise.word.map_or(0, |at| at + 1), "master-word", surprise.message, surprise.help);
        }
    }

    /// A value that should be a UUID.
    fn uuid(&mut self, word: usize, value: &str) {
        if self.variable[word] || is_uuid(value) || value.is_empty() {
            return;
        }
        if names::known(self.names, value) {
            let plain = value.chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
            let shown = if plain { format!("${value}") } else { format!("${{{value}}}") };
            self.warn(word, "name-not-uuid", format!("`{value}` is a name, and here a UUID is needed"), format!("write `{shown}`"));
        } else {
            self.warn(word, "not-a-uuid", format!("`{value}` is no UUID"), "write `$name` for the UUID of an object");
        }
    }

    /// The word that a pair came from.
    fn place(&self, key: &str, value: &str) -> usize {
        let whole = format!("{key}={value}");
        let switch = format!("--{key}");
        self.words.iter().position(|word| *word == whole || *word == key || *word == switch).unwrap_or(0)
    }

    fn xe(&mut self, piped: Option<&str>) {
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
        if known::unbuilt(self.release).any(|name| name == command) {
            self.error(
                at,
                "not-yet",
                format!("`xe {command}` is not simulated yet"),
                "say what it would do by other steps, or leave it out",
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
        for key in grammar.required {
            if !args.has(key) {
                let near = args.pairs.iter().find(|(other, _)| other.eq_ignore_ascii_case(key) || nearest(other, [*key]).is_some());
                let other = args.pairs.iter().find(|(other, _)| *other == "uuid" && key.ends_with("-uuid"));
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
            self.pair(command, grammar, key, value);
        }
        self.whole(at, args, grammar, piped);
    }

    /// One key with its value.
    fn pair(&mut self, command: &str, grammar: &Grammar, key: &str, value: &str) {
        let word = self.place(key, value);
        if key.starts_with("force=") {
            self.warn(word, "force-value", format!("`--{key}` is a key `{key}`, not force"), "write `--force` or `force=true`");
            return;
        }
        let own = grammar.required.contains(&key) || grammar.optional.contains(&key);
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
        if bare && standard && key == "force" && command != "vm-reset-powerstate" {
            self.warn(word, "bare-word", "`force` without a value is not true", "write `--force` or `force=true`");
        }
        match grammar.rest {
            Rest::Ignored if !own && !standard => {
                let help = if command == "pool-ha-enable" && key == "heartbeat-sr-uuid" {
                    "the key is called `heartbeat-sr-uuids`: without it an SR is picked, whichever"
                } else if command == "pool-emergency-transition-to-master" {
                    "it acts on the host it is typed on: leave the key out, and look at the step's `host:`"
                } else {
                    "leave it out"
                };
                self.warn(word, "ignored-key", format!("xe ignores `{key}` here"), help);
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
            (_, "master-address") => self.known_name(word, value, Class::Host),
            ("pool-ha-enable", "heartbeat-sr-uuids") => value.split(',').for_each(|uuid| self.uuid(word, uuid)),
            _ if UUID_KEYS.contains(&key) => self.uuid(word, value),
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
        if self.variable[word] || is_uuid(value) {
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
            Some(field) if field.writable() && !settable(class).contains(&name) => {
                let help = format!("what can be set is {}", settable(class).join(", "));
                self.error(word, "not-yet", format!("setting a {}'s `{name}` is not simulated yet", class.name()), help);
            }
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
        if command == "host-is-in-emergency-mode" && args.minimal {
            self.warn(at, "no-output", "`--minimal` swallows the answer", "leave `--minimal` out");
        }
        let selects = matches!(grammar.rest, Rest::Vms | Rest::Hosts);
        let selected =
            args.pairs.iter().any(|(key, _)| !grammar.optional.contains(&key.as_str()) && !STANDARD_KEYS.contains(&key.as_str()));
        if selects && !selected {
            let (all, one) = if grammar.rest == Rest::Vms { ("VM", "vm=") } else { ("host", "host=") };
            self.warn(at, "no-selector", format!("without a selector it means every {all} of the pool"), format!("add `{one}…`"));
        }
    }
}
