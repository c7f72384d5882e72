//! Every code of a diagnostic, with what it means and a wrong example: what `poolsim explain` tells.

/// A code and what it means.
#[derive(Clone, Copy, Debug)]
pub struct DiagnosticDoc {
    /// The code.
    pub code: &'static str,
    /// What it means and how to mend it.
    pub doc: &'static str,
    /// A file that has this mistake and no other; empty where no text can show it.
    pub example: &'static str,
}

/// Every code.
pub const DIAGNOSTICS: &[DiagnosticDoc] = &[
    DiagnosticDoc {
        code: "yaml-syntax",
        doc: "The text is not YAML, so nothing after this place can be read. A text with `: `, ` #`, or a bracket or brace at its beginning wants quotes; indentation is spaces, never tabs; a file holds one document.",
        example: "pool: {hosts: [alpha]}\ntitle: master: gone\n",
    },
    DiagnosticDoc {
        code: "duplicate-key",
        doc: "A map holds the same key twice. YAML would have to forget one of the two in silence, so the file is refused.",
        example: "pool: {hosts: [alpha]}\nseed: 1\nseed: 2\n",
    },
    DiagnosticDoc {
        code: "too-large",
        doc: "The file, its aliases, its depth or what its ranges of names stand for is beyond what a scenario may hold: 16 MiB, 3 million values, 32 levels, 300,000 values by aliases, 1 MiB of commands in a step.",
        example: "pool: [[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[[]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]]\n",
    },
    DiagnosticDoc {
        code: "not-utf8",
        doc: "The file holds bytes that are no UTF-8 text. Save it as UTF-8; a byte-order mark at its beginning is allowed.",
        example: "",
    },
    DiagnosticDoc {
        code: "empty-file",
        doc: "The file holds nothing, or comments alone. A scenario needs a pool with at least one host; `poolsim new` writes one to begin with.",
        example: "# nothing but this\n",
    },
    DiagnosticDoc {
        code: "unknown-key",
        doc: "No such key is known here. It is refused rather than ignored, since a mistyped `expect` would judge nothing.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\ntimelin: []\n",
    },
    DiagnosticDoc { code: "missing-key", doc: "A key must stand here that does not.", example: "title: no pool\n" },
    DiagnosticDoc {
        code: "misplaced-key",
        doc: "The key means something only beside another one, which is not there.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\ntimeline: [{note: hi, stdin: 'yes'}]\n",
    },
    DiagnosticDoc {
        code: "wrong-type",
        doc: "A map, list, text, number or truth value stands where another is expected. Words that look like numbers, `null`, `~`, `true` and `false` are texts only in quotes.",
        example: "pool: {hosts: [alpha, null]}\n",
    },
    DiagnosticDoc {
        code: "wrong-value",
        doc: "The value is of the right type and none of those that may stand here.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\nexpect: {worst: catastrophe}\n",
    },
    DiagnosticDoc {
        code: "wrong-duration",
        doc: "A duration is whole numbers with units from large to small: `90s`, `1m30s`, `2h`, `1d`, `250ms`, `10us`. At most 3650d; what repeats takes at least 100ms.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\nuntil: 40\n",
    },
    DiagnosticDoc {
        code: "wrong-size",
        doc: "A size is a whole number with a unit: `512MiB`, `4GiB`.",
        example: "pool: {hosts: {alpha: {memory: 4G}}}\n",
    },
    DiagnosticDoc {
        code: "wrong-chance",
        doc: "A chance runs from `0%` to `100%`, with at most four digits after the point.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\nsettings: {network-loss: 0.5}\n",
    },
    DiagnosticDoc {
        code: "wrong-range",
        doc: "A range of times has its shorter end first, `5m..9m`; a range of names differs in one number, the smaller first: `xs01..xs16`.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\ntimeline: [{at: 9m..5m, note: hi}]\n",
    },
    DiagnosticDoc {
        code: "wrong-uuid",
        doc: "A UUID has 8-4-4-4-12 hexadecimal digits. Without `uuid:` each object gets one of its own.",
        example: "pool: {hosts: {alpha: {uuid: \"1234\"}}}\n",
    },
    DiagnosticDoc {
        code: "wrong-name",
        doc: "Names are what one types at a console: not empty, without quotes, `$`, braces, `/` or control characters. Ids of steps hold no dots and do not read like durations.",
        example: "pool: {hosts: [al/pha]}\n",
    },
    DiagnosticDoc {
        code: "unknown-name",
        doc: "Nothing of this kind has this name. In commands, `$name` is the UUID of a host, SR, VM or VDI of the file, `${HOST/SR}` that of a PBD, `${VM/DISK}` that of a VBD, `$pool` the pool's.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\ntimeline: [{at: 5m, fault: {crash: betta}}]\n",
    },
    DiagnosticDoc {
        code: "ambiguous-name",
        doc: "Two things of different kinds have this name, so `$name` could be either's UUID. Give one of them another name.",
        example: "pool: {hosts: [db], storage: [nfs1], vms: [db]}\ntimeline: [{run: xe vm-start uuid=$db}]\n",
    },
    DiagnosticDoc {
        code: "duplicate-name",
        doc: "Names are unique by kind: hosts with spare hosts, SRs, VMs, VDIs (`VM-DISK`).",
        example: "pool: {hosts: [alpha, beta, alpha]}\n",
    },
    DiagnosticDoc {
        code: "duplicate-uuid",
        doc: "Two objects of the file have one UUID.",
        example: "pool: {hosts: {a: {uuid: 00000000-0000-4000-8000-00000000000a}, b: {uuid: 00000000-0000-4000-8000-00000000000a}}}\n",
    },
    DiagnosticDoc {
        code: "duplicate-step",
        doc: "Two steps of one case have the same id. Steps of two worlds, or of two recoveries, may share one.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\ntimeline: [{id: a, note: x}, {id: a, note: y}]\n",
    },
    DiagnosticDoc {
        code: "unknown-step",
        doc: "No step has this id, or not in every case in which it is waited for: each world and each recovery is a case of its own.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\ntimeline: [{after: forget, note: x}]\n",
    },
    DiagnosticDoc {
        code: "unknown-stage",
        doc: "The command of this step has no stage of this name, or none at all. `poolsim explain vm-migrate` lists the stages of a command.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\ntimeline: [{id: stop, run: xe vm-shutdown vm=db}, {after: stop.switch-over, note: x}]\n",
    },
    DiagnosticDoc {
        code: "unknown-hazard",
        doc: "There is no hazard of this name; `poolsim explain` lists them.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\nexpect: {never: [double-writter]}\n",
    },
    DiagnosticDoc {
        code: "circle",
        doc: "Steps wait for each other in a circle, so that none would ever begin. A step waits for the one before it in its sequence and for the step that its `after:` names; a recovery without `at` or `wait-for` waits for the whole timeline.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\ntimeline: [{id: a, after: b, note: x}, {id: b, note: y}]\n",
    },
    DiagnosticDoc {
        code: "after-end",
        doc: "The instant lies after the end of the run, `until`.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\nuntil: 10m\nexpect: {states: [{at: 14m, host: beta, live: true}]}\n",
    },
    DiagnosticDoc {
        code: "contradiction",
        doc: "Two things are said that can't both be: a domain on a host without power, two deeds in one step, a shared SR in one host.",
        example: "pool: {hosts: {alpha: , beta: {powered: false}}, storage: [nfs1], vms: {db: {running-on: [beta]}}}\n",
    },
    DiagnosticDoc {
        code: "no-sr",
        doc: "A disk has no SR to be on: the file has no shared SR, and names none for it.",
        example: "pool: {hosts: [alpha], vms: [db]}\n",
    },
    DiagnosticDoc {
        code: "foreign-sr",
        doc: "A disk lies on the local SR of another host than the one that uses it. Only that host reaches it.",
        example: "pool: {hosts: [alpha, beta], storage: {loc: {type: lvm, host: alpha}}, vms: {db: {running-on: beta, disks: {root: {sr: loc}}}}}\n",
    },
    DiagnosticDoc {
        code: "local-statefile",
        doc: "HA puts its statefile on an SR that every host reaches, and the SR named is in one host, or the pool has no shared one.",
        example: "pool: {hosts: [alpha, beta], storage: {loc: {type: lvm, host: alpha}}, ha: {heartbeat-sr: loc}}\n",
    },
    DiagnosticDoc {
        code: "too-many",
        doc: "More than the simulator holds: 64 hosts with HA, 10,000 hosts, 60,000 VMs, VDIs, VBDs and steps each, 400,000 connections of hosts to SRs, 10,000 cases.",
        example: "pool: {hosts: [h00001..h99999]}\n",
    },
    DiagnosticDoc {
        code: "shell",
        doc: "A command line holds something of a shell that can't be followed here. Followed are lines with quotes, `$names` and `echo yes |`, and scripts with variables, `$(…)`, `for` over lists, `if`, `case`, functions, `sleep`, `ssh` and filters with fixed words.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\ntimeline: [{run: xe host-list &}]\n",
    },
    DiagnosticDoc {
        code: "name-ends",
        doc: "`$name` ends at the first character that is no letter, digit or `_`, as in a shell: `$db-root` is the UUID of `db` with `-root` behind it. For the VDI write `${db-root}`, for a PBD `${beta/nfs1}`. A warning.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\ntimeline: [{run: xe vdi-list uuid=$db-root}]\n",
    },
    DiagnosticDoc {
        code: "wrong-include",
        doc: "A file under `includes` can't be included. It is named relative to the file that includes it, with `/`, never absolute; its name ends in `.part.yaml` or `.part.yml`; it can be read; it does not include itself, straight or by others; includes lie at most 8 deep, are at most 64, and 16 MiB all in all. `..` may lead above the scenario's own folder.",
        example: "includes: [/shared/pool.part.yaml]\npool: {hosts: [alpha]}\n",
    },
    DiagnosticDoc {
        code: "cannot-fail",
        doc: "An expectation that holds whatever happens, so that it tests nothing: `left: corruption`, a `worst: corruption` beside which nothing else is expected, a share of `0%..100%`, a downtime as long as the run, a `prints` of nothing. Expect what only this story brings about. A warning.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\nexpect: {worst: none, left: danger}\n",
    },
    DiagnosticDoc {
        code: "cannot-hold",
        doc: "Two expectations of which one fails whatever happens: a hazard that must occur and must never occur. A warning.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\nexpect: {never: [double-writer], hazards: [{hazard: double-writer}]}\n",
    },
    DiagnosticDoc {
        code: "changes-nothing",
        doc: "A fault or an act that can't change anything, since nothing in the file brings about what it undoes: a network is healed that nobody cuts, a host is booted that never stops. See whether a step is missing, or the wrong host is named. A warning.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\ntimeline: [{at: 5m, fault: {boot: beta}}]\n",
    },
    DiagnosticDoc {
        code: "goes-back",
        doc: "A step's `at` lies before that of a step above it in the same list. Steps of one list come in turn: this one begins when that one has ended, late. Put it first, or in a list of its own. A warning.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\ntimeline: [{at: 5m, fault: {crash: beta}}, {at: 2m, note: early}]\n",
    },
    DiagnosticDoc {
        code: "dump-damaged",
        doc: "A dump of a pool's database that `import` can't read to its end: it is cut off, or something in it is no XML, no map or no set. Dump the database again: `xe pool-dump-database file-name=pool.xml`.",
        example: "",
    },
    DiagnosticDoc {
        code: "dump-foreign",
        doc: "A file that is no dump of a pool's database, or one without a pool or a host: compressed, empty, another kind of XML, or what a server gives out while a rolling upgrade is under way.",
        example: "",
    },
    DiagnosticDoc {
        code: "not-yet",
        doc: "A command, or this use of it, is real, and the simulator does not have it. It is refused by name rather than read and ignored.",
        example: "pool: {hosts: [alpha, beta], storage: [nfs1], vms: {db: {running-on: beta}}}\nrecovery: {steps: [{run: xe sr-probe type=nfs}]}\n",
    },
];

/// Whether a code is one of those that the commands give for what is typed; they say there what it means.
pub fn of_commands(code: &str) -> bool {
    crate::command::COMPLAINTS.iter().any(|doc| doc.code == code)
}

/// What a code means.
pub fn find(code: &str) -> Option<&'static DiagnosticDoc> {
    DIAGNOSTICS.iter().find(|doc| doc.code == code)
}
