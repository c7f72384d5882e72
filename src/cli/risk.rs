//! `poolsim risk`: what goes down, and what has nowhere to run, if something is lost tonight.

use super::args::{Common, Format, Risk};
use super::exit::Status;
use super::load::{self, did_you_mean};
use super::out::Out;
use super::progress::Progress;
use super::reports::of_formats;
use super::shared::{only, style, with_jobs};
use super::{bug, interrupt, targets};
use crate::base::inert::clean_line;
use crate::catalog;
use crate::report::risk::{self as report, Metric, RiskReport, What};
use crate::search::risk::{self, Options};

/// The formats that it writes.
const FORMATS: [Format; 4] = [Format::Text, Format::Json, Format::Md, Format::Html];

/// Loses one thing after the other and tells what comes of it.
pub fn risk(out: Out, common: &Common, args: &Risk) -> Status {
    match risked(out, common, args) {
        Ok(status) | Err(status) => status,
    }
}

fn risked(out: Out, common: &Common, args: &Risk) -> Result<Status, Status> {
    only(out, common, "risk", &FORMATS)?;
    let reports = of_formats(out, common, "risk", &FORMATS)?;
    let conditions = args.fail_on.iter().map(|text| Condition::read(out, text)).collect::<Result<Vec<_>, _>>()?;
    let release = load::release(out, common)?;
    let file = load::load(out, &args.file, &args.set, release)?;
    let scenario = &file.scenario;
    // What `-o` takes stands for standard output, and is a target like the reports.
    let instead = args.output.iter().map(|path| (common.format, path.clone()));
    let targets = targets::begin(out, instead.chain(reports).collect(), std::slice::from_ref(&args.file))?;
    let Common { seed, max_events, max_work, .. } = *common;
    let pairs_most = args.pairs.unwrap_or(risk::pairs_usual(scenario.pool.hosts.len()));
    let options = Options { seed, max_events, max_work, pairs_most, links: args.links, tries: args.tries };
    bug::recipe(&format!(
        "risk of scenario {} (sha256 {}), seed {}, release {}",
        scenario.name,
        scenario.sha256,
        seed.unwrap_or(scenario.seed),
        scenario.release.name()
    ));
    interrupt::listen();
    let progress = Progress::begin(format!("losing each part of {}", clean_line(&scenario.name)));
    let found = with_jobs(common, || risk::risk(scenario, &options, &interrupt::wanted));
    drop(progress);
    let told = report::build(scenario, &found, &options);
    let laid_out = |format: Format, colour: bool| match format {
        Format::Json => report::json::render(&told),
        Format::Md => report::md::render(&told),
        Format::Html => report::html::render(&told),
        _ => report::text::render(&told, style(common, colour)),
    };
    let mut status = match args.output {
        Some(_) => Status::Fine,
        None => out.result(&laid_out(common.format, out.colour)),
    };
    for target in targets {
        let text = laid_out(target.kind, false);
        status = status.and(target.put(out, &text));
    }
    for condition in &conditions {
        if let Some(what) = condition.holds(&told) {
            out.say(&format!("{what}\n"));
            status = status.and(Status::Unexpected);
        }
    }
    Ok(if interrupt::wanted() { status.and(Status::Interrupted) } else { status })
}

/// What must not be: `vm-nowhere > 0`, `pair.vm-down >= 40`.
struct Condition {
    text: String,
    what: What,
    metric: Metric,
    holds: Compares,
    bound: u64,
}

/// How one number is held against another.
type Compares = fn(u64, u64) -> bool;

impl Condition {
    /// The signs, the longer first: each begins with a shorter one.
    const SIGNS: [(&'static str, Compares); 6] = [
        (">=", |a, b| a >= b),
        ("<=", |a, b| a <= b),
        ("==", |a, b| a == b),
        (">", |a, b| a > b),
        ("<", |a, b| a < b),
        ("=", |a, b| a == b),
    ];

    fn read(out: Out, text: &str) -> Result<Condition, Status> {
        let refuse = |what: String, help: String| out.refuse("usage", &what, &[help], Status::Wrong);
        let shown = clean_line(text);
        let form = || "such as 'vm-nowhere > 0': a metric, > >= < <= or =, a number".to_string();
        let sign = Condition::SIGNS
            .iter()
            .filter_map(|(sign, holds)| Some((text.find(sign)?, *sign, *holds)))
            .min_by_key(|(at, sign, _)| (*at, std::cmp::Reverse(sign.len())));
        let Some((at, sign, holds)) = sign else {
            return Err(refuse(format!("`--fail-on {shown}` says no bound"), form()));
        };
        let (left, right) = (text[..at].trim(), text[at + sign.len()..].trim());
        let Ok(bound) = right.parse::<u64>() else {
            return Err(refuse(format!("`--fail-on {shown}`: `{}` is no whole number", clean_line(right)), form()));
        };
        let (scope, name) = left.split_once('.').unwrap_or(("host", left));
        let Some(what) = What::ALL.into_iter().find(|what| what.name() == scope) else {
            let near = catalog::nearest_of(scope, What::ALL.iter().map(|what| what.name()));
            return Err(refuse(
                format!("`--fail-on {shown}`: nothing is called `{}`", clean_line(scope)),
                did_you_mean(&near, "host, sr, pair or link").concat(),
            ));
        };
        let Some((_, metric)) = Metric::ALL.into_iter().find(|(word, _)| *word == name) else {
            let words: Vec<&str> = Metric::ALL.iter().map(|(word, _)| *word).collect();
            let near = catalog::nearest_of(name, words.iter().copied());
            return Err(refuse(
                format!("`--fail-on {shown}`: no metric is called `{}`", clean_line(name)),
                did_you_mean(&near, &words.join(", ")).concat(),
            ));
        };
        Ok(Condition { text: shown, what, metric, holds, bound })
    }

    /// What is so, where it holds.
    fn holds(&self, report: &RiskReport) -> Option<String> {
        let (most, label) = report.most(self.what, self.metric);
        let by = label.map_or(String::new(), |label| format!(", if {} is lost", clean_line(label)));
        (self.holds)(most, self.bound).then(|| format!("`{}` holds: it is {most}{by}", self.text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Option<(What, Metric, u64, bool, bool)> {
        let out = Out { colour: false, colour_err: false };
        let condition = Condition::read(out, text).ok()?;
        Some((condition.what, condition.metric, condition.bound, (condition.holds)(3, 3), (condition.holds)(4, 3)))
    }

    #[test]
    fn conditions_are_read() {
        assert_eq!(read("vm-nowhere > 0"), Some((What::Host, Metric::VmNowhere, 0, false, true)));
        assert_eq!(read("vm-nowhere>0"), read("host.vm-nowhere > 0"));
        assert_eq!(read("pair.vm-down>=40"), Some((What::Pair, Metric::VmDown, 40, true, true)));
        assert_eq!(read("sr.vm-left <= 3"), Some((What::Sr, Metric::VmLeft, 3, true, false)));
        assert_eq!(read("link.fenced = 1"), Some((What::Link, Metric::Fenced, 1, true, false)));
        for wrong in ["", ">", "vm-nowhere", "vm-nowhere > -1", "vm-nowhere > x", "vm > 0", "rack.vm-down > 0", "vm-nowhere >> 1"] {
            assert_eq!(read(wrong), None, "{wrong}");
        }
    }
}
