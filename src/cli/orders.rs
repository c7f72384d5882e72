//! `poolsim orders`: every order of a recovery's steps in every world.

use super::args::{Common, Format, Orders};
use super::exit::Status;
use super::load::{self, File, did_you_mean};
use super::out::Out;
use super::progress::Bar;
use super::reports::of_formats;
use super::shared::{only, style, with_jobs};
use super::{bug, interrupt, order_parts, pictures, targets};
use crate::base::inert::clean_line;
use crate::catalog;
use crate::report::orders::{self as report, Unasked};
use crate::report::{Report, page};
use crate::scenario::model::{Case, Scenario};
use crate::scenario::write;
use crate::search::orders::{self, Ask, Choice, Hooks, Impossible, Kind, Options, STEPS_MOST, Told};
use crate::search::study;
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// The formats that it writes.
const FORMATS: [Format; 6] = [Format::Text, Format::Json, Format::Md, Format::Dot, Format::Svg, Format::Html];

/// Runs the orders and tells what they have in common.
pub fn orders(out: Out, common: &Common, args: &Orders) -> Status {
    match asked(out, common, args) {
        Ok(status) | Err(status) => status,
    }
}

fn asked(out: Out, common: &Common, args: &Orders) -> Result<Status, Status> {
    only(out, common, "orders", &FORMATS)?;
    let reports = of_formats(out, common, "orders", &FORMATS)?;
    let read: Vec<PathBuf> = std::iter::once(&args.file).chain(&args.merge).cloned().collect();
    let targets = targets::begin(out, reports, &read)?;
    let release = load::release(out, common)?;
    let file = load::load(out, &args.file, &args.set, release)?;
    let scenario = &file.scenario;
    let recovery = recovery(out, args.recovery.as_deref(), &file)?;
    let choice = Choice::new(scenario, recovery).map_err(|why| impossible(out, why, &file))?;
    let Common { seed, max_events, max_work, .. } = *common;
    let options = Options { subsets: args.subsets, seed, max_events, max_work, brute: false };
    let asks = asks(out, args, scenario, &choice)?;
    bug::recipe(&format!(
        "orders of scenario {} (sha256 {}), seed {}, release {}",
        scenario.name,
        scenario.sha256,
        common.seed.unwrap_or(scenario.seed),
        scenario.release.name()
    ));
    interrupt::listen();
    if let Some(part) = &args.partition {
        return order_parts::part(out, common, part, &file, &choice, &options);
    }
    let bar = Bar::runs(if args.merge.is_empty() { orders::runs(&choice, &options) } else { 0 });
    let hooks = Hooks { done: &|runs| bar.forward(runs), stopped: &interrupt::wanted };
    let answer = if args.merge.is_empty() {
        with_jobs(common, || orders::orders(scenario, choice, &options, &hooks))
    } else {
        let judged = order_parts::merged(out, &args.merge, &file, &choice, &options)?;
        orders::of_verdicts(choice, judged, &options)
    };
    bar.end();
    let (mut told, examples) = report::build(scenario, &answer, &options, args.all, &asks);
    if args.timing {
        told.timing = with_jobs(common, || report::timing(scenario, &answer, &options, &hooks));
    }
    let wanted = |format| common.format == format || targets.iter().any(|target| target.kind == format);
    let page = if wanted(Format::Html) { page(common, &file, &answer, &told, &examples) } else { String::new() };
    let laid_out = |format: Format, colour: bool| match format {
        Format::Json => report::json::render(&told),
        Format::Md => report::md::render(&told),
        Format::Dot => report::dot::render(&told),
        Format::Svg => report::svg::render(&told),
        Format::Html => page.clone(),
        _ => report::text::render(&told, style(common, colour)),
    };
    let mut status = out.result(&laid_out(common.format, out.colour));
    for target in targets {
        let text = laid_out(target.kind, false);
        status = status.and(target.put(out, &text));
    }
    if let Some(folder) = &args.save {
        status = status.and(save(out, folder, &examples_of(&file, &answer, &told, &examples)));
    }
    if interrupt::wanted() {
        out.say(&format!("interrupted: {} had been run\n", crate::report::text::layout::count(told.orders, "order")));
        status = status.and(Status::Interrupted);
    }
    Ok(status)
}

/// The recovery that is meant, by its place.
fn recovery(out: Out, wanted: Option<&str>, file: &File) -> Result<usize, Status> {
    let recoveries = &file.scenario.recoveries;
    let names: Vec<&str> = recoveries.iter().filter_map(|recovery| recovery.name.as_deref()).collect();
    let refuse = |what: String, help: Vec<String>| out.refuse("usage", &what, &help, Status::Wrong);
    match (wanted, recoveries.len()) {
        (_, 0) => Err(refuse(
            format!("{} has no recovery whose steps could be put in order", file.name),
            vec!["add `recovery:` with the steps that an operator would do".into()],
        )),
        (None, 1) => Ok(0),
        (None, _) => {
            Err(refuse(format!("which recovery of {}? it has {}", file.name, names.join(", ")), vec![format!("`--recovery {}`", names[0])]))
        }
        (Some(wanted), _) => recoveries.iter().position(|recovery| recovery.name.as_deref() == Some(wanted)).ok_or_else(|| {
            let near = catalog::nearest_of(wanted, names.iter().copied());
            let all = if names.is_empty() {
                "its one recovery has no name: leave `--recovery` out".into()
            } else {
                format!("it has {}", names.join(", "))
            };
            refuse(format!("{} has no recovery `{wanted}`", file.name), did_you_mean(&near, &all))
        }),
    }
}

/// The questions of `--ask`.
fn asks(out: Out, args: &Orders, scenario: &Scenario, choice: &Choice) -> Result<Vec<(String, Ask)>, Status> {
    let one = |text: &String| match report::ask(scenario, choice, text) {
        Ok(ask) => Ok((text.clone(), ask)),
        Err(Unasked::Form) => {
            let help = ["ask `STEP preceded-by STEP` or `STEP not-preceded-by STEP`".to_string()];
            Err(out.refuse("usage", &format!("`--ask {text}` is no question"), &help, Status::Wrong))
        }
        Err(Unasked::Step(name)) => {
            let names = report::step_names(scenario, choice);
            let near = catalog::nearest_of(&name, names.iter().map(String::as_str));
            let help = did_you_mean(&near, &format!("its steps are {}", names.join(", ")));
            Err(out.refuse("usage", &format!("the recovery has no step `{name}`"), &help, Status::Wrong))
        }
    };
    args.ask.iter().map(one).collect()
}

fn impossible(out: Out, why: Impossible, file: &File) -> Status {
    let (what, help) = match why {
        Impossible::Nothing => (format!("the recovery of {} has no steps to put in order", file.name), "a `note` is none".to_string()),
        Impossible::TooMany(steps) => (
            format!("the recovery of {} has {steps} steps: at most {STEPS_MOST} can be put in order", file.name),
            "several lines of one `run:` are one step".to_string(),
        ),
    };
    out.refuse("usage", &what, &[help], Status::Wrong)
}

/// The page: each rule's counterexample is run once more, for its story, with as many events as there is room for.
fn page(common: &Common, file: &File, answer: &orders::Answer, told: &report::OrdersReport, examples: &[Option<Told>]) -> String {
    let scenarios = examples_of(file, answer, told, examples);
    let Common { max_events, max_work, .. } = *common;
    let options = study::Options { max_events, max_work, ..study::Options::default() };
    let because = study::Options { because: true, ..options.clone() };
    let cases: Vec<(usize, &Scenario, Case)> = (scenarios.iter().take(report::html::EXAMPLES))
        .filter_map(|(rule, scenario)| Some((*rule, scenario, *scenario.cases().first()?)))
        .collect();
    let run = |(_, scenario, case): &(usize, &Scenario, Case)| crate::report::of(scenario, *case, &because);
    let reports: Vec<Report> = with_jobs(common, || cases.par_iter().map(run).collect());
    pictures::fitting(&|events| {
        let each = events / reports.len().max(1);
        let one = |((rule, scenario, case), report): (&(usize, &Scenario, Case), &Report)| report::html::Example {
            rule: *rule,
            report: report.clone(),
            film: page::film(scenario, *case, &options, each),
        };
        let examples: Vec<report::html::Example> = with_jobs(common, || cases.par_iter().zip(&reports).map(one).collect());
        report::html::render(told, &examples)
    })
}

/// Each rule's counterexample as a scenario of its own, with the rule's place.
fn examples_of(file: &File, answer: &orders::Answer, report: &report::OrdersReport, examples: &[Option<Told>]) -> Vec<(usize, Scenario)> {
    let one = |(at, (rule, told)): (usize, (&orders::Rule, &Option<Told>))| {
        let (told, example) = (told.as_ref()?, rule.counterexample?);
        let (order, verdict) = &answer.judged[example];
        let rule_words = report.rule(rule.kind);
        let name = format!("{}-{}-{}", file.scenario.name, at + 1, slug(&without(report, rule.kind)));
        let what = report.rules[at].counterexample.as_ref().map(|example| example.what.clone()).unwrap_or_default();
        let title = format!("Why {rule_words}");
        let steps: Vec<usize> = order.iter().map(|step| usize::from(*step)).collect();
        let about = format!(
            "An order of the steps of {} that breaks one rule, \"{rule_words}\": {}. What comes of it: {what}.\n",
            file.scenario.name,
            report.order(&steps),
        );
        let mut scenario = orders::saved(&file.scenario, &answer.choice, order, verdict.world, told, [name, title, about]);
        scenario.seed = report.seed;
        Some((at, scenario))
    };
    answer.rules.rules.iter().zip(examples).enumerate().filter_map(one).collect()
}

/// `--save`: each rule's counterexample in a file.
fn save(out: Out, folder: &Path, scenarios: &[(usize, Scenario)]) -> Status {
    if let Err(error) = std::fs::create_dir_all(folder) {
        return out.refuse("unreadable", &format!("{} cannot be made: {error}", folder.display()), &[], Status::Unreadable);
    }
    let mut status = Status::Fine;
    for (_, scenario) in scenarios {
        let path = folder.join(format!("{}.yaml", slug(&scenario.name)));
        status = status.and(out.file(&path, &write::yaml(scenario)));
        out.say(&format!("wrote {}\n", clean_line(&path.display().to_string())));
    }
    status
}

/// What breaking a rule is called.
fn without(report: &report::OrdersReport, kind: Kind) -> String {
    let name = |step: u8| report.steps[usize::from(step)].name.clone();
    match kind {
        Kind::Before { step, than } => format!("{}-before-{}", name(than), name(step)),
        Kind::Needed { step } => format!("without-{}", name(step)),
    }
}

/// A text as a part of a file's name on any system.
fn slug(text: &str) -> String {
    let mut slug = String::new();
    for c in text.chars().take(80) {
        match c {
            c if c.is_ascii_alphanumeric() || c == '_' || c == '.' && !slug.is_empty() => slug.push(c.to_ascii_lowercase()),
            _ if !slug.ends_with('-') && !slug.is_empty() => slug.push('-'),
            _ => {}
        }
    }
    let slug = slug.trim_end_matches(['-', '.']);
    if slug.is_empty() { "order".into() } else { slug.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_of_a_file_is_one_anywhere() {
        for (text, name) in [
            ("any-order-1-forget-before-off", "any-order-1-forget-before-off"),
            ("../../etc/passwd", "etc-passwd"),
            ("xe host-forget uuid=$beta --force", "xe-host-forget-uuid-beta-force"),
            ("..", "order"),
            ("日本", "order"),
            ("a\u{1b}[31m\nb", "a-31m-b"),
        ] {
            assert_eq!(slug(text), name, "{text:?}");
        }
        assert!(slug(&"x".repeat(500)).len() <= 80);
    }
}
