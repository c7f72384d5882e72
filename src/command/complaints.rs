//! What the diagnostics of command lines mean: for `explain` and for whoever reads them. Knows no line.

/// A diagnostic code and what it means.
#[derive(Clone, Copy, Debug)]
pub struct ComplaintDoc {
    /// The code.
    pub code: &'static str,
    /// What it means and how to mend it.
    pub doc: &'static str,
}

/// Every code that [`super::examine()`] gives.
pub const COMPLAINTS: &[ComplaintDoc] = &[
    ComplaintDoc {
        code: "unknown-command",
        doc: "The shell or the tool knows no such command: nothing would happen but an error. Names are case sensitive, and what came with a later release does not exist before.",
    },
    ComplaintDoc {
        code: "missing-key",
        doc: "The command can't be without this key: the tool answers `Required parameter not found` and does nothing.",
    },
    ComplaintDoc {
        code: "unknown-name",
        doc: "No object of the scenario has this name. Every object is a variable, `$beta`; hosts and VMs can also be selected by their plain names.",
    },
    ComplaintDoc {
        code: "not-shared",
        doc: "`shared` is false where nothing is said, whatever the type of the SR: one host can plug it, and the next is refused (SR_NOT_SHARABLE).",
    },
    ComplaintDoc { code: "not-yet", doc: "The command, or this use of it, is real, and the simulator does not have it yet." },
    ComplaintDoc {
        code: "bad-switch",
        doc: "A word with one dash that is no switch of `xe`: the tool answers `Unknown switch` and does nothing. Its own options have two dashes.",
    },
    ComplaintDoc { code: "no-command", doc: "The line asks the tool for nothing: it prints its usage and ends." },
    ComplaintDoc { code: "ignored-key", doc: "The command does not read this key, and the tool says nothing about it." },
    ComplaintDoc {
        code: "bare-word",
        doc: "`xe` has no positional words: a word without `=` is a key with an empty value. It is ignored, or taken for a filter that nothing matches. A key and its value stand in one word: `on=gamma`.",
    },
    ComplaintDoc {
        code: "unknown-field",
        doc: "The command takes keys that it does not read itself for fields to filter by, and this is none: the tool answers `Unknown field`, if any object is left by then.",
    },
    ComplaintDoc { code: "force-value", doc: "`--force=true` is the key `force=true`, not force. Write `--force` or `force=true`." },
    ComplaintDoc {
        code: "force-anyway",
        doc: "`vm-reset-powerstate` of 6.0 looks only whether the key `force` is there: `force=false` and a bare `force` force it.",
    },
    ComplaintDoc { code: "must-be-forced", doc: "Without `--force` the command refuses, whatever else is said." },
    ComplaintDoc {
        code: "nobody-answers",
        doc: "Without `--force` the command asks to type yes; standard input is closed, so it ends with `Lost connection to the server.` and does nothing. Add `--force`, `stdin:`, or `echo yes |`.",
    },
    ComplaintDoc {
        code: "wrong-answer",
        doc: "The command goes on only if the whole word yes is typed; anything else aborts it, with exit status 0.",
    },
    ComplaintDoc {
        code: "name-not-uuid",
        doc: "The key takes a UUID, and a name is found by nothing there. Write `$beta` for the UUID of beta.",
    },
    ComplaintDoc {
        code: "not-a-uuid",
        doc: "The key takes a UUID, and this is none; a placeholder was left in, perhaps. Write `$beta` for the UUID of beta.",
    },
    ComplaintDoc {
        code: "other-uuid",
        doc: "The UUID is of another kind of object than the key, or the place, takes: an SR's where a host's is needed. Nothing is found by it.",
    },
    ComplaintDoc {
        code: "value-case",
        doc: "Values match only as a whole and in lower case: `running`, `true`. Otherwise nothing matches, which is no error.",
    },
    ComplaintDoc {
        code: "no-selector",
        doc: "Without a selector the command means every VM or host of the pool; with one alone in the pool it acts on that one.",
    },
    ComplaintDoc {
        code: "typographic",
        doc: "A dash, quote or blank that a text processor made, or a carriage return: the tool takes it for a part of the word.",
    },
    ComplaintDoc {
        code: "not-boolean",
        doc: "The key is read as a boolean, `true t 1` or `false f 0` in any letters; `yes` is none: the tool answers `Failed to parse parameter` and does nothing.",
    },
    ComplaintDoc {
        code: "comma-list",
        doc: "A key that takes one value got a list with commas, as `--minimal` prints it. Nothing matches it: `No matching VMs found`, or an empty list. Go through the list, a line for each.",
    },
    ComplaintDoc {
        code: "no-patterns",
        doc: "A filter matches only a whole value: `*` and `?` are letters like others, and nothing matches.",
    },
    ComplaintDoc {
        code: "two-commands",
        doc: "Two commands on one line: for the tool the second is a row of keys of the first. A list answers `Unknown field 'xe'`, others say nothing, and the second is never run.",
    },
    ComplaintDoc {
        code: "force-for-nothing",
        doc: "The command does not read `--force`, or for something else than it is meant for: a start passes over the CPU's features by it, and over no lock; a host goes down no sooner.",
    },
    ComplaintDoc {
        code: "all-unfiltered",
        doc: "With `--all` a list throws its filters away and shows every record of the class, templates too.",
    },
    ComplaintDoc {
        code: "one-field",
        doc: "`--minimal` prints one field of each record: of those in `params=` the one that stands first in the record, which is the UUID whenever it is among them, whatever their order on the line.",
    },
    ComplaintDoc {
        code: "control-domain",
        doc: "A list of the VMs on a host has the host's domain 0 in it. A loop over it meets `No matching VMs found`, or CANNOT_RESET_CONTROL_DOMAIN. Add `is-control-domain=false`.",
    },
    ComplaintDoc {
        code: "guard-passed-over",
        doc: "`vm=` and `host=` with a UUID take that object at once: no other filter of the line is looked at, and domain 0 and templates are not left out either. `uuid=` is a filter like the others, and keeps them.",
    },
    ComplaintDoc {
        code: "read-only",
        doc: "The field shows a state and can't be set: the tool answers `Field '…' is read-only.` A state is changed by the command for it.",
    },
    ComplaintDoc { code: "no-password", doc: "In life `xe` with `-s` needs `-u root -pw …`. Here any password will do, none too." },
    ComplaintDoc { code: "no-output", doc: "`--minimal` swallows the answer of this command." },
    ComplaintDoc {
        code: "master-word",
        doc: "`resetvdis.py` does not take its words as they look. That of generation G1 takes exactly `HOST SR` or `HOST SR master`. Any other third word, `--master` too, counts as none, in silence; other numbers of words print its usage.",
    },
];
