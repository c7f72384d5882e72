//! Words of reports that are neither hazards nor commands: severities, verdicts, ways in which a step ends.

/// A word, what it means, and what to do about it.
pub type Word = (&'static str, &'static str);

/// From grave to mild.
pub const SEVERITIES: &[Word] = &[
    (
        "corruption",
        "Data is damaged, or the very next write of the other host damages it. Stop one of the two writers at once, then see to a backup: what was overwritten does not come back.",
    ),
    (
        "danger",
        "Nothing is damaged yet, but one more ordinary step damages data. It outranks an outage because it can still become damage: end it before anything else is done.",
    ),
    ("outage", "Data is whole, but a VM or the pool is not available."),
    ("notice", "Something is against the rules and has done no harm so far."),
    ("none", "No hazard was found."),
];

/// The judgement of a case.
pub const VERDICTS: &[Word] = &[
    ("as-expected", "Every expectation of the scenario was met. Exit status 0."),
    ("not-as-expected", "At least one expectation failed; the report says which, and what came instead. Exit status 1."),
    (
        "inconclusive",
        "Every expectation was met, but a fault of the timeline or of the world changed nothing, so that the case did not put to the test what it meant to. Exit status 0 for `run`, 1 for `test`.",
    ),
    (
        "no-expectation",
        "The scenario has no `expect`, so there is nothing to judge by. The exit status is 1 if corruption was found, else 0; `--fail-on` sets another bound.",
    ),
    (
        "safe",
        "Of a recovery: nothing of danger or corruption begins after the recovery began. What was there before does not count against it, and an outage that it leaves does not either: see whether it reached its goal.",
    ),
    (
        "golden-differs",
        "Under `test`: an event is another than in the golden trace beside the scenario. The first that differs is shown; if the change is meant, `poolsim test --bless` writes the trace anew. Exit status 1.",
    ),
    (
        "warned",
        "Under `test --strict`: all that was expected came, but the case has a warning, such as a step that began later than its `at`. Exit status 1.",
    ),
    (
        "not-repeatable",
        "Under `test --twice`: two runs of one case and seed had different digests. That must never be, and is a mistake of poolsim itself: please report it. Exit status 70.",
    ),
];

/// How a step comes out.
pub const STATUSES: &[Word] = &[
    ("ok", "The step did what it was to do; a command ended with exit status 0."),
    ("error", "The command failed or was refused, or an act could not be done. A refused command has changed nothing."),
    (
        "hung",
        "The command had no answer within its `timeout` and was given up with Ctrl-C. A request that still waited for its master is dropped; work under way goes on.",
    ),
    ("given-up", "What the step waited for did not come within its `within`, so it did nothing."),
    ("skipped", "The step's `if` was false, so it did nothing, and its `expect` is not judged."),
    ("not-begun", "The step never had a turn: the run ended before, a `must` failed earlier in its sequence, or its recovery never began."),
];

/// Warnings about a scenario that runs well but may not show what it means to.
pub const WARNINGS: &[Word] = &[
    (
        "fault-without-effect",
        "A fault or an act changed nothing: the host was off already, the link was whole, the path was there. See whether it comes at the right time and to the right host.",
    ),
    (
        "late-step",
        "A step's `at` had passed before the step ahead of it ended, so it began late, by as much as the warning says. Give it more room, or write `after`.",
    ),
    (
        "recovery-not-begun",
        "The recovery never began: its `at` or `wait-for` did not come, so nothing of it was tried. The warning says what was so instead. See whether what it waits for can come at all, whose console it looks from (`host:`), and whether `within:` is long enough.",
    ),
    (
        "expectation-trivial",
        "An expectation would hold even if nothing had happened, so it proves nothing. Expect what only this story brings about.",
    ),
];

/// Codes of the program's own refusals, beside the diagnostics of scenario files.
pub const CODES: &[Word] = &[
    (
        "usage",
        "The command line cannot be read or names what the file does not have. Exit status 2; `poolsim COMMAND --help` shows the options.",
    ),
    ("unreadable", "A file could not be read or written. Exit status 3; the message says which, and why."),
    (
        "nothing-found",
        "No .yaml or .yml file stands below the folders named, or the filter of `poolsim test` leaves no case. Exit status 4.",
    ),
    (
        "bug",
        "This is a mistake of poolsim itself, which then gave up. Exit status 70. Please report it with the recipe that the message shows: the scenario, the seed, the release and the version.",
    ),
];
