//! Risks as text: a table by what is lost, then each loss with what it takes and what to do.

use super::{LossLine, RiskReport, What, by_reason, few, few_by, folded};
use crate::base::inert::clean_line;
use crate::hazard::Severity;
use crate::report::text::layout::{Page, Tint, count, cut, pad, pad_left};
use crate::report::text::{Detail, Style};

/// So many names of a row are told, unless all are asked for.
const NAMES: usize = 10;
/// The columns of a name in a table.
const LABEL: usize = 24;

/// The report.
pub fn render(report: &RiskReport, style: Style) -> String {
    let mut page = Page::new(style.colour);
    page.hanging("", 0, Tint::Bold, &clean_line(&report.sentence()));
    if style.detail == Detail::Quiet {
        return page.into_text();
    }
    page.gap();
    let recipe = format!(
        "{}: {}, {}, release {}, seed {}; each is lost in a run of its own, and nobody types",
        clean_line(&report.scenario),
        count(report.hosts, "host"),
        count(report.vms, "VM"),
        report.release,
        report.seed
    );
    page.heading("RISK", &recipe);
    for what in What::ALL {
        table(&mut page, report, what);
    }
    if let Some(left) = report.pairs_left() {
        page.gap();
        page.hanging("", 0, Tint::Dim, &left);
    }
    if let Some(note) = report.names_note() {
        page.gap();
        page.hanging("", 0, Tint::Dim, note);
    }
    if report.stopped {
        page.gap();
        page.line("It was interrupted: what stands here is not all.");
    }
    let every = style.detail == Detail::Every;
    for loss in &report.losses {
        // A pair is told by its row, unless it is worse than its hosts one by one.
        let pair = loss.what == Some(What::Pair);
        let link = loss.what == Some(What::Link);
        if loss.speaks() && (every || !pair && (!link || !loss.begins.is_empty())) {
            page.gap();
            told(&mut page, loss, every);
        }
    }
    page.into_text()
}

fn table(page: &mut Page, report: &RiskReport, what: What) {
    if report.of(what).next().is_none() {
        return;
    }
    page.gap();
    let title = if what == What::Sr { "an SR is out of reach" } else { what.heading() };
    let head = format!(
        "{} {} {} {} {} {} {}  wrong step",
        pad(&format!("IF {title}"), LABEL),
        pad_left("down", 5),
        pad_left("again", 6),
        pad_left("left", 5),
        pad_left("nowhere", 8),
        pad_left("locks", 6),
        pad_left("plan", 8)
    );
    let head = page.tint(Tint::Bold, &head);
    page.line(&head);
    for loss in report.of(what) {
        let label = format!("  {}{}", clean_line(&loss.label), if loss.master { " *" } else { "" });
        let cells = [
            (loss.down.len() + loss.stuck.len(), 5),
            (loss.restarted.len(), 6),
            (loss.left.len(), 5),
            (loss.nowhere.len(), 8),
            (loss.locks.len(), 6),
        ];
        let mut line = pad(&cut(&label, LABEL), LABEL);
        for (n, width) in cells {
            line.push(' ');
            line.push_str(&pad_left(&if n == 0 { "-".into() } else { n.to_string() }, width));
        }
        line.push(' ');
        line.push_str(&pad_left(&loss.plan_word(), 8));
        line.push_str("  ");
        let wrong = loss.wrong.as_ref().map_or(Tint::Plain, |wrong| tint(wrong.severity));
        line.push_str(&page.tint(wrong, loss.wrong.as_ref().map_or("-", |wrong| wrong.severity.name())));
        page.line(&line);
    }
    if what == What::Host && report.of(what).any(|loss| loss.master) {
        page.line(&page.tint(Tint::Dim, "  * the master"));
    }
}

fn tint(severity: Severity) -> Tint {
    crate::report::text::severity_tint(Some(severity))
}

fn told(page: &mut Page, loss: &LossLine, every: bool) {
    let most = if every { usize::MAX } else { NAMES };
    let verb = match loss.what {
        Some(What::Host) => "DIES",
        Some(What::Pair) => "DIE",
        Some(What::Sr) => "IS OUT OF REACH",
        _ => "IS CUT",
    };
    let head = format!("IF {} {verb}", clean_line(&loss.label));
    page.line(&page.tint(Tint::Bold, &head));
    let mut say = |word: &str, tint: Tint, text: &str| page.hanging(&format!("  {word}"), 15, tint, &clean_line(text));
    if loss.already {
        say("already", Tint::Plain, "it has no power as the pool stands: this is so now");
    }
    if !loss.down.is_empty() {
        say("down", Tint::Plain, &few(&loss.down, most));
    }
    if !loss.stuck.is_empty() {
        say("can't write", Tint::Plain, &few(&loss.stuck, most));
    }
    if loss.master {
        let then = match &loss.masters[..] {
            [] => "it is the master, and nobody takes its place by himself".to_string(),
            masters => format!("it is the master; then {} is", masters.join(" and ")),
        };
        say("master", Tint::Plain, &then);
    }
    if !loss.fenced.is_empty() {
        say("reset", Tint::Yellow, &format!("by HA: {}", few(&loss.fenced, most)));
    }
    if !loss.restarted.is_empty() {
        let each: Vec<String> = loss.restarted.iter().map(|one| format!("{} on {} after {}", one.vm, one.on, one.after)).collect();
        say("again", Tint::Green, &format!("by the pool itself, in this order: {}", few(&each, most)));
    }
    if !loss.left.is_empty() {
        say("left", Tint::Plain, &format!("nobody starts {}", few(&loss.left, most)));
    }
    if !loss.nowhere.is_empty() {
        let each = by_reason(&loss.nowhere, most);
        say("nowhere", Tint::Red, &few_by(&each, most, "; "));
    }
    if !loss.locks.is_empty() {
        say("locks", Tint::Plain, &few(&loss.locks, most));
    }
    if !loss.begins.is_empty() {
        let each: Vec<String> = loss.begins.iter().map(|(name, times)| format!("{name} ({times})")).collect();
        say("begins", Tint::Red, &format!("though nobody types: {}", each.join(", ")));
    }
    if let Some(against) = &loss.against {
        say("no plan", Tint::Red, against);
    }
    if let Some(plan) = &loss.plan {
        let shortest = if plan.shortest { "none that is shorter is safe" } else { "a shorter one may be safe" };
        let hosts: Vec<&String> = plan.lines.iter().filter_map(|line| line.2.as_ref()).collect();
        let console = hosts.first().map_or(String::new(), |host| format!(", typed on {host}"));
        say(
            "plan",
            Tint::Plain,
            &format!(
                "takes {}, from {} after the loss on{console}; safe whether it is dead, cut off or hung; {shortest}",
                plan.takes, plan.begins
            ),
        );
        for (kind, text) in folded(plan, every) {
            let lead = format!("               {}", pad(kind, 5));
            page.hanging(&lead, 20, if kind == "run" { Tint::Cyan } else { Tint::Plain }, &clean_line(&text));
        }
    }
    if let Some(plan) = loss.plan.as_ref().filter(|plan| !plan.meanwhile.is_empty()) {
        let text =
            format!("the new master holds {} for dead until it has called them: type nothing about them", few(&plan.meanwhile, most));
        page.hanging("  meanwhile", 15, Tint::Yellow, &clean_line(&text));
    }
    if let Some(wrong) = &loss.wrong {
        let text = format!("if {} and it is {}: {} ({}, {})", wrong.what, wrong.world, wrong.comes, wrong.hazard, wrong.severity.name());
        page.hanging("  wrong", 15, tint(wrong.severity), &clean_line(&text));
    }
    if loss.cut {
        page.hanging("  bound", 15, Tint::Yellow, "the run was cut short by --max-events or --max-work: this may not be all");
    }
}
