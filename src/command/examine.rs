//! What `check` says of a command line before anything runs: errors for what the tool would not know, warnings where the
//! real parser would surprise (xe-cli: traps that runbooks hold).

use super::objects::Class;
use super::shell::{Line, Piece};
use super::{known, names};
use crate::base::near::nearest;
use crate::base::typography::{Odd, plain};
use crate::world::World;
use crate::world::inventory::Inventory;
use crate::world::release::Release;
use crate::world::sm::{Reset, StorageManager};

mod traps;
mod xe;

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

impl Complaint {
    /// Whether no step means to show it: a slip of typing, that a step which expects an error does not expect either.
    pub fn surprise(&self) -> bool {
        matches!(self.code, "typographic" | "bare-word")
    }
}

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
    /// The words of keys and values that stand apart: they have been told of.
    parted: Vec<usize>,
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
    let mut examiner = Examiner { names, release, manager, words, variable, parted: Vec::new(), found: Vec::new() };
    examiner.variables(line);
    examiner.typography();
    examiner.program(line.piped.as_deref().or(stdin));
    examiner.only_causes();
    examiner.found
}

/// A word with plain signs; a quotation that ends in another word is taken out.
fn retyped(word: &str) -> String {
    let plain = plain(word);
    if plain.matches('"').count() % 2 == 1 { plain.replace('"', "") } else { plain }
}

/// A `$name` as it is typed: with braces where it needs them.
fn shown(variable: &str) -> String {
    let name = variable.trim_start_matches('$');
    let plain = name.strip_suffix(".old").unwrap_or(name).chars().all(|c| c.is_ascii_alphanumeric() || c == '_');
    if plain { format!("${name}") } else { format!("${{{name}}}") }
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
            let Some((_, odd)) = Odd::first(word) else { continue };
            let help =
                if odd == Odd::Return { "save the script with plain line ends".into() } else { format!("write `{}`", retyped(word)) };
            let message = format!("this word holds {}, which the tool takes for a part of it", odd.name());
            self.warn(at, "typographic", message, help);
        }
    }

    /// What else is wrong with a word that was not typed as meant follows from that, and weighs as much.
    fn only_causes(&mut self) {
        let (mut causes, others): (Vec<Complaint>, Vec<Complaint>) =
            std::mem::take(&mut self.found).into_iter().partition(|complaint| complaint.code == "typographic");
        // A switch that was mistyped so is not there.
        let forced = causes.iter().any(|cause| retyped(&self.words[cause.word]) == "--force");
        let follows = |code: &str| forced && matches!(code, "nobody-answers" | "must-be-forced");
        for other in others.into_iter().filter(|other| !follows(other.code)) {
            match causes.iter_mut().find(|cause| cause.word == other.word) {
                Some(cause) => cause.error |= other.error,
                None => self.found.push(other),
            }
        }
        self.found.splice(0..0, causes);
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
        let goes_on = surprise.as_ref().is_none_or(|surprise| surprise.goes_on);
        let read = goes_on.then(|| self.manager.resetvdis(&self.words[1..]));
        if let Some(Reset::Vdi { at, vdi, .. }) = read {
            self.uuid(at + 1, &vdi, Some(Class::Vdi));
        } else if let Some(Reset::Host { at, host, sr, .. }) = read {
            let at = at + 1;
            let class = |word: &str| word.strip_prefix('$').and_then(|name| names::class(self.names, name));
            if (class(&host), class(&sr)) == (Some(Class::Sr), Some(Class::Host)) {
                let message = "the two are swapped: the host's UUID comes first, the SR's second";
                self.warn(at, "other-uuid", message, format!("write `resetvdis.py {} {}`", shown(&sr), shown(&host)));
            } else {
                self.uuid(at, &host, Some(Class::Host));
                self.uuid(at + 1, &sr, Some(Class::Sr));
            }
        }
        if let Some(surprise) = surprise {
            self.warn(surprise.word.map_or(0, |at| at + 1), "master-word", surprise.message, surprise.help);
        }
    }
}
