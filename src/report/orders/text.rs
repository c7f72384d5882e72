//! The orders of a recovery for people: the sentence, the rules with what becomes of those who break them, a safe order, and
//! how many orders are of which class.

use super::{AskedLine, Judged, OrdersReport, TimingLine};
use crate::report::text::layout::{Page, Tint, clean_line, count, pad, pad_left, width};
use crate::report::text::{Detail, Style};
use crate::search::orders::Class;

/// The report as a page.
pub fn render(report: &OrdersReport, style: Style) -> String {
    let mut page = Page::new(style.colour);
    page.hanging("", 0, Tint::Bold, &report.sentence);
    if style.detail != Detail::Quiet {
        page.gap();
        head(&mut page, report);
    }
    page.gap();
    rules(&mut page, report, style.detail);
    if let Some(order) = &report.shortest_safe
        && style.detail != Detail::Quiet
    {
        page.gap();
        page.heading(if report.subsets { "SHORTEST SAFE ORDER" } else { "A SAFE ORDER" }, &report.order(order));
    }
    if let Some(timing) = &report.timing {
        page.gap();
        returns(&mut page, timing);
    }
    page.gap();
    classes(&mut page, report);
    for asked in &report.asked {
        page.gap();
        answered(&mut page, report, asked);
    }
    if let Some(all) = &report.all {
        page.gap();
        page.heading("ALL ORDERS", "");
        for judged in all {
            line(&mut page, report, judged);
        }
    }
    if !report.notes.is_empty() || report.how.is_some() {
        page.gap();
        for note in report.how.iter().chain(&report.notes) {
            page.hanging("note: ", 6, Tint::Dim, note);
        }
    }
    page.into_text()
}

/// What was run.
fn head(page: &mut Page, report: &OrdersReport) {
    let worlds = match report.worlds.len() {
        0 => String::new(),
        n => format!(" in {} ({})", count(n, "world"), report.worlds.join(", ")),
    };
    let recovery = report.recovery.as_ref().map_or_else(String::new, |name| format!(", recovery {name}"));
    let left_out = if report.subsets { ", with every choice of steps left out" } else { "" };
    let every = if report.exact { "every order" } else { "some orders" };
    let begins = match report.pace.as_str() {
        "0s" => "a step begins when the one before it has ended".to_string(),
        pace => format!("a step begins {pace} after the one before it has ended"),
    };
    let (steps, runs) = (count(report.steps.len(), "step"), count(report.runs, "run"));
    let what = format!("{}{recovery}: {every} of {steps}{left_out}{worlds}, {runs}; {begins}", report.scenario);
    page.heading("ORDERS", &what);
    let wide = report.steps.iter().map(|step| width(&clean_line(&step.name))).max().unwrap_or(0).min(24);
    for step in &report.steps {
        let name = clean_line(&step.name);
        if step.name == step.text {
            page.hanging("  ", 2, Tint::Cyan, &name);
        } else {
            page.hanging(&format!("  {}  ", pad(&name, wide)), wide.max(width(&name)) + 4, Tint::Cyan, &clean_line(&step.text));
        }
    }
}

fn rules(page: &mut Page, report: &OrdersReport, detail: Detail) {
    let safe = report.classes[0];
    let what = match (report.rules.is_empty(), safe) {
        (_, 0) => "none, since no order is safe",
        (true, _) if report.rules_exact => "none: every order is safe",
        (true, _) if report.subsets => "none: no step comes before another in all safe orders, and none is in all of them",
        (true, _) => "none: no step comes before another in all safe orders",
        (false, _) if report.rules_exact && report.exact => "every safe order keeps them, and every order that keeps them is safe",
        (false, _) if report.rules_exact => "every safe order that was run keeps them, and every one that keeps them is safe",
        (false, _) => "every safe order keeps them; they do not tell all orders apart",
    };
    page.heading("RULES", what);
    let wide = report.rules.iter().map(|rule| width(&clean_line(&report.rule(rule.kind)))).max().unwrap_or(0).min(36);
    for rule in &report.rules {
        let words = clean_line(&report.rule(rule.kind));
        let Some(example) = &rule.counterexample else {
            page.line(&format!("  {words}"));
            continue;
        };
        let judged = &example.judged;
        let class = word(judged.class);
        let hazard = judged.hazard.map_or_else(String::new, |hazard| format!(": {hazard}"));
        let world = judged.world.as_ref().map_or_else(String::new, |world| format!(" in world {}", clean_line(world)));
        let otherwise = format!("else {class}{hazard}{world}");
        if width(&words) > wide {
            page.hanging("  ", 2, Tint::Bold, &words);
            page.hanging("      ", 6, tint(judged.class), &otherwise);
        } else {
            let lead = format!("  {}  ", pad(&page.tint(Tint::Bold, &words), wide));
            page.hanging(&lead, wide + 4, tint(judged.class), &otherwise);
        }
        if detail == Detail::Quiet {
            continue;
        }
        page.hanging("      ", 6, Tint::Dim, &report.order(&judged.order));
        let refused = example.refused.iter().map(|(step, how)| format!("{} {how}", report.steps[*step].name));
        let told: Vec<String> = refused.chain([example.what.clone()]).collect();
        page.hanging("      ", 6, Tint::Plain, &told.join("; "));
    }
    if report.exceptions_all > 0 {
        page.gap();
        page.heading("EXCEPTIONS", &kept_and_unsafe(report.exceptions_all));
        for judged in &report.exceptions {
            line(page, report, judged);
        }
        let more = report.exceptions_all - report.exceptions.len();
        if more > 0 {
            page.line(&format!("  and {more} more"));
        }
    }
}

/// "3 orders keep all rules and are not safe".
fn kept_and_unsafe(n: usize) -> String {
    if n == 1 { "1 order keeps all rules and is not safe".into() } else { format!("{n} orders keep all rules and are not safe") }
}

/// An order with its class on a line.
fn line(page: &mut Page, report: &OrdersReport, judged: &Judged) {
    let class = pad(&page.tint(tint(judged.class), word(judged.class)), 10);
    let mut text = report.order(&judged.order);
    let why: Vec<String> =
        judged.hazard.map(str::to_owned).into_iter().chain(judged.world.as_ref().map(|world| format!("in world {world}"))).collect();
    if !why.is_empty() {
        text.push_str(&format!(" ({})", why.join(" ")));
    }
    page.hanging(&format!("  {class}  "), 14, Tint::Plain, &text);
}

fn classes(page: &mut Page, report: &OrdersReport) {
    page.heading("CLASSES", "each order by its worst run; what was there before the recovery began does not count");
    let wide = report.orders.to_string().len().max(3);
    for (class, n) in Class::ALL.into_iter().zip(report.classes) {
        let worlds = !report.worlds.is_empty();
        let what = match class {
            Class::Safe if worlds => "in every world nothing of danger begins, and the goal is reached",
            Class::Safe => "nothing of danger begins, and the goal is reached",
            Class::Futile if worlds => "nothing of danger begins, and in some world the goal is missed",
            Class::Futile => "nothing of danger begins, and the goal is missed",
            Class::Dangerous if worlds => "in some world one more ordinary step damages data",
            Class::Dangerous => "one more ordinary step damages data",
            Class::Corrupting if worlds => "in some world data is damaged",
            Class::Corrupting => "data is damaged",
        };
        let name = pad(&page.tint(tint(class), word(class)), 10);
        page.hanging(&format!("  {} {name}  ", pad_left(&n.to_string(), wide)), wide + 15, Tint::Plain, what);
    }
}

/// What comes of the safe order where a host that is away comes back meanwhile.
fn returns(page: &mut Page, timing: &TimingLine) {
    let what = "the safe order, where a host that is away comes back (power, links, domain 0) meanwhile, by when it does";
    page.heading("TIMING", what);
    if timing.returns.is_empty() {
        page.line("  no host is away when the recovery begins");
    }
    for back in &timing.returns {
        let world = back.world.as_ref().map_or_else(String::new, |world| format!(" in world {}", clean_line(world)));
        page.line(&format!("  {}{world}", clean_line(&back.host)));
        for stretch in &back.stretches {
            let class = pad(&page.tint(tint(stretch.class), word(stretch.class)), 10);
            let hazard = stretch.hazard.map_or_else(String::new, |hazard| format!(" ({hazard})"));
            let when = format!("{} to {}{hazard}", stretch.from, stretch.until);
            page.hanging(&format!("    {class}  "), 16, Tint::Plain, &when);
        }
    }
    for note in &timing.notes {
        page.hanging("  note: ", 8, Tint::Dim, note);
    }
}

/// A question: how the orders that are as asked came out beside the others.
fn answered(page: &mut Page, report: &OrdersReport, asked: &AskedLine) {
    let of = |classes: [usize; 4]| classes.iter().sum::<usize>();
    let (so, other) = (of(asked.asked.so), of(asked.asked.else_));
    page.heading("ASKED", &asked.ask);
    let column = |classes: [usize; 4], of: usize, at: usize| format!("{:>6} of {of:<6}", classes[at]);
    page.line(&format!("  {}  {}  {}", pad("", 10), pad("so", 16), "else"));
    for (at, class) in Class::ALL.into_iter().enumerate() {
        let name = pad(&page.tint(tint(class), word(class)), 10);
        page.line(&format!("  {name}  {}  {}", pad(&column(asked.asked.so, so, at), 16), column(asked.asked.else_, other, at)));
    }
    if asked.asked.without > 0 {
        let step = asked.ask.split(" not-preceded-by ").next().unwrap_or_default();
        let step = step.split(" preceded-by ").next().unwrap_or_default().trim();
        page.line(&format!("  {} of {} without {}", asked.asked.without, count(report.orders, "order"), clean_line(step)));
    }
}

/// The word for a class; those that harm are shouted, so that no colour is needed to see them.
fn word(class: Class) -> &'static str {
    match class {
        Class::Safe => "safe",
        Class::Futile => "futile",
        Class::Dangerous => "DANGEROUS",
        Class::Corrupting => "CORRUPTING",
    }
}

fn tint(class: Class) -> Tint {
    match class {
        Class::Safe => Tint::Green,
        Class::Futile => Tint::Yellow,
        Class::Dangerous => Tint::Red,
        Class::Corrupting => Tint::Alarm,
    }
}
