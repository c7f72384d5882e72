//! The picture of a case: a lane for each host and disk with belief above truth, the gap between them hatched, what broke and
//! what was done as flags, and what was found as bars with arrows from its causes.

use super::axis::Axis;
use super::film::Film;
use super::lanes::{Lane, Piece};
use crate::base::inert::clean_line;
use crate::base::time::Time;
use crate::report::text::layout::{count, cut, width};
use crate::report::{Because, Finding, NoReturnReport, Report, StepReport};
use maud::{Markup, PreEscaped, html};

/// The figures are pixels of a picture that may be shown in any size.
const WIDE: u32 = 1200;
/// Names stand left of it.
const LEFT: u32 = 132;
const RIGHT: u32 = WIDE - 8;
const BAND: u32 = 15;
const FLAG_WIDE: u32 = 22;
const FLAG_HIGH: u32 = 14;
/// So many flags may stand above each other.
const LEVELS: usize = 4;
/// A letter of the small print is about as wide, in tenths.
const LETTER: u32 = 60;
/// As many lanes of a kind are all drawn; of more, those on which nothing happens are folded into one.
const UNFOLDED: usize = 10;
/// What is taller goes onto a sheet that stands upright: one that lies would have it smaller.
const LYING: u32 = 900;
/// So many lanes of a kind are drawn at the most, and so many bars.
const LANES: usize = 24;
const BARS: usize = 40;
/// Pieces narrower than this are drawn together with the one before.
const NARROW: u32 = 2;

/// What a picture says by colours, for itself and for the page.
pub const COLOURS: &str = include_str!("picture.css");

/// A picture with what must be said beside it.
pub struct Picture {
    /// The picture.
    pub svg: Markup,
    /// What stands left of its lanes, once more: it is kept in view where the picture is wider than the screen.
    pub names: Markup,
    /// Where each frame stands.
    pub x: Vec<u32>,
    /// What it leaves out, in sentences.
    pub notes: Vec<String>,
    /// Whether a sheet of paper that stands upright shows it larger than one that lies.
    pub upright: bool,
}

/// Draws a case. `number` makes the names of its parts its own on a page with several; `alone` is whether it stands in a file of
/// its own and brings its colours along. `parting` is where it parts from the run that it stands beside, if it does.
pub fn draw(report: &Report, film: &Film, number: usize, alone: bool, parting: Option<Time>) -> Picture {
    let mut pen =
        Pen { axis: Axis::new(&film.frames, LEFT, RIGHT - 4), y: 8, notes: Vec::new(), margin: Vec::new(), number, ticks_foot: 0 };
    if film.left_out > 0 {
        let lines = count(film.left_out, "event");
        pen.notes.push(format!("{lines} of {} left out: those that weigh least", film.left_out + film.lines.len()));
    }
    let head = pen.head(film, report, alone);
    let breaks = |step: &StepReport| matches!(step.kind, "fault");
    let above = pen.flags(("what breaks", "name truth"), report, breaks);
    // Nobody is told what broke before he has guessed.
    let above = html! { g class="truth" { (above) } };
    let done = pen.flags(("what is done", "name"), report, |step| !breaks(step));
    let flags_foot = pen.y;
    let (hosts, disks) = (pen.lanes("host", &film.hosts, report), pen.lanes("disk", &film.disks, report));
    let hazards = pen.hazards(&report.hazards, flags_foot);
    let risk = pen.risk(report);
    let foot = pen.y;
    let late = pen.too_late(report, foot);
    let parts = parting.map(|at| pen.line(("parting", "they part"), at, &format!("The two runs part at {at}"), foot));
    let tall = foot + 6;
    let what = format!("What happened, what was believed and what was so: {}", clean_line(&report.title));
    let svg = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (WIDE) " " (tall) } width=(WIDE) height=(tall) class="picture" role="group" aria-label=(what) {
            title { (what) }
            @if alone { style { (PreEscaped(COLOURS)) } }
            (defs(number))
            rect class="paper" width=(WIDE) height=(tall) {}
            (head) (above) (done) (hosts) (disks) (hazards) (risk) (late)
            @if let Some(parts) = parts { (parts) }
            rect class="curtain" x=(RIGHT) y="0" width="0" height=(tall) {}
            line class="cursor" x1=(RIGHT - 4) x2=(RIGHT - 4) y1="4" y2=(foot) {}
        }
    };
    // Whoever has it read aloud has heard it already.
    let names = html! {
        svg xmlns="http://www.w3.org/2000/svg" viewBox={ "0 0 " (LEFT) " " (tall) } width=(LEFT) height=(tall) class="names" aria-hidden="true" {
            rect class="paper" width=(LEFT) height=(tall) {}
            @for part in &pen.margin { (part) }
        }
    };
    Picture { svg, names, x: pen.axis.x, notes: pen.notes, upright: tall > LYING }
}

fn defs(number: usize) -> Markup {
    html! {
        defs {
            pattern id={ "gap" (number) } width="7" height="7" patternUnits="userSpaceOnUse" patternTransform="rotate(45)" {
                rect class="gap-ground" width="7" height="7" {}
                line class="gap-line" x1="0" y1="0" x2="0" y2="7" {}
            }
            marker id={ "tip" (number) } viewBox="0 0 10 10" refX="9" refY="5" markerWidth="7" markerHeight="7" orient="auto" {
                path class="tip" d="M0 0L10 5L0 10z" {}
            }
        }
    }
}

/// Draws from top to bottom.
struct Pen {
    axis: Axis,
    y: u32,
    notes: Vec<String>,
    /// What stands left of the lanes.
    margin: Vec<Markup>,
    number: usize,
    /// Below the times.
    ticks_foot: u32,
}

impl Pen {
    /// What stands left of the lanes stands in the margin, too.
    fn left(&mut self, what: Markup) -> Markup {
        self.margin.push(what.clone());
        what
    }

    fn head(&mut self, film: &Film, report: &Report, alone: bool) -> Markup {
        let title = alone.then(|| {
            self.y += 22;
            self.y - 8
        });
        let y = self.y + 10;
        let ticks = self.axis.ticks(&film.frames);
        self.y += 18;
        self.ticks_foot = self.y;
        html! {
            @if let Some(y) = title { text class="title" x="8" y=(y) { (cut(&clean_line(&report.title), 120)) } }
            @for tick in &ticks {
                line class="tick" x1=(tick.x) x2=(tick.x) y1=(y - 8) y2=(y + 6) {}
                @if tick.last {
                    text class="time" x=(tick.x - 3) y=(y) text-anchor="end" { (tick.text) }
                } @else {
                    text class="time" x=(tick.x + 3) y=(y) { (tick.text) }
                }
            }
            line class="axis" x1=(LEFT) x2=(RIGHT) y1=(y + 6) y2=(y + 6) {}
        }
    }

    /// Steps as flags on poles, numbered as in the list of steps.
    fn flags(&mut self, (name, class): (&str, &str), report: &Report, wanted: impl Fn(&StepReport) -> bool) -> Markup {
        let mut free = [0u32; LEVELS];
        let mut flags: Vec<(u32, Option<usize>, usize, &StepReport)> = Vec::new();
        for (number, step) in report.steps.iter().enumerate() {
            let Some(at) = step.at.filter(|_| wanted(step)) else { continue };
            let x = self.axis.at(at).min(RIGHT - FLAG_WIDE);
            let level = free.iter().position(|free| *free <= x);
            if let Some(level) = level {
                free[level] = x + FLAG_WIDE + 2;
            }
            flags.push((x, level, number + 1, step));
        }
        if flags.is_empty() {
            return html! {};
        }
        let crowded = flags.iter().filter(|(_, level, ..)| level.is_none()).count();
        if crowded > 0 {
            self.notes.push(format!("{name}: {} shown as a line without a flag, for want of room", count(crowded, "step")));
        }
        let levels = flags.iter().filter_map(|(_, level, ..)| *level).max().map_or(1, |level| level + 1) as u32;
        let (top, foot) = (self.y + 3, self.y + 3 + levels * (FLAG_HIGH + 2) + 4);
        self.y = foot + 2;
        let name = self.left(html! { text class=(class) x="8" y=(foot - 6) { (name) } });
        html! {
            (name)
            line class="axis" x1=(LEFT) x2=(RIGHT) y1=(foot) y2=(foot) {}
            @for (x, level, number, step) in flags {
                @let words = step_words(number, step);
                g class={ "flag " (step.kind) " " (step.status.name()) } tabindex="0" role="img" aria-label=(words) data-us=(step.at.unwrap_or_default().0) {
                    title { (words) }
                    @let y = top + level.map_or(levels - 1, |level| levels - 1 - level as u32) * (FLAG_HIGH + 2);
                    line x1=(x) x2=(x) y1=(y) y2=(foot) {}
                    @if level.is_some() {
                        rect x=(x) y=(y) width=(FLAG_WIDE) height=(FLAG_HIGH) {}
                        text x=(x + FLAG_WIDE / 2) y=(y + 11) text-anchor="middle" { (number) }
                    }
                }
            }
        }
    }

    fn lanes(&mut self, kind: &str, lanes: &[Lane], report: &Report) -> Markup {
        let concerned = |lane: &Lane| {
            report.hazards.iter().any(|of| of.hosts.iter().chain(&of.by).chain(&of.vdi).any(|name| clean_line(name) == lane.name))
        };
        let many = lanes.len() > UNFOLDED;
        let (shown, folded): (Vec<&Lane>, Vec<&Lane>) = lanes.iter().partition(|lane| !many || !lane.quiet() || concerned(lane));
        let left_out = shown.len().saturating_sub(LANES);
        if left_out > 0 {
            self.notes.push(format!("{} left out of the picture; the table has them", count(left_out, kind)));
        }
        let drawn: Vec<Markup> = shown.into_iter().take(LANES).map(|lane| self.lane(kind, lane)).collect();
        let fold = (!folded.is_empty()).then(|| {
            let y = self.below(18) + 12;
            (y, self.left(html! { text class="name" x="8" y=(y) { (count(folded.len(), kind)) } }))
        });
        html! {
            @for lane in drawn { (lane) }
            @if let Some((y, name)) = fold {
                @let words = format!("{} of which nothing changes: {}", count(folded.len(), kind), names(&folded));
                g class="folded" tabindex="0" role="img" aria-label=(words) {
                    title { (words) }
                    rect class="band" x=(LEFT) y=(y - 11) width=(RIGHT - LEFT) height=(BAND) {}
                    (name)
                    text class="words" x=(LEFT + 6) y=(y) { (cut(&words, 150)) }
                }
            }
        }
    }

    /// Where it stood, and then it stands so much lower.
    fn below(&mut self, high: u32) -> u32 {
        self.y += high;
        self.y - high
    }

    fn lane(&mut self, kind: &str, lane: &Lane) -> Markup {
        let runs = lane.runs.iter().any(|piece| piece.class != "idle");
        let top = self.below(2 * BAND + if runs { BAND } else { 0 } + 9) + 4;
        let gap = self.joined(&lane.gap, false);
        let high = 2 * BAND + if runs { BAND } else { 0 };
        let names = self.left(html! {
            text class="name" x="8" y=(top + 18) { (cut(&lane.name, 14)) title { (lane.name) } }
            text class="side" x=(LEFT - 5) y=(top + 11) text-anchor="end" { "held" }
            text class="side truth" x=(LEFT - 5) y=(top + BAND + 11) text-anchor="end" { "so" }
        });
        html! {
            g class={ "lane " (kind) } {
                (names)
                g class="belief" { (self.band(&lane.belief, top, &format!("{} is held for", lane.name))) }
                g class="truth" {
                    (self.band(&lane.truth, top + BAND, &format!("{} in truth", lane.name)))
                    @if runs { (self.band(&lane.runs, top + 2 * BAND, &format!("on {} runs", lane.name))) }
                    @for (x, to, piece) in gap {
                        @let words = format!("{}: {}", lane.name, piece.words);
                        rect class="gap" x=(x) y=(top) width=(to - x) height=(2 * BAND) fill={ "url(#gap" (self.number) ")" } tabindex="0" role="img" aria-label=(words) {
                            title { (words) }
                        }
                    }
                    rect class="frame" x=(LEFT) y=(top) width=(RIGHT - LEFT) height=(high) {}
                }
            }
        }
    }

    fn band(&self, pieces: &[Piece], y: u32, what: &str) -> Markup {
        html! {
            @for (x, to, piece) in self.joined(pieces, true) {
                g class={ "piece " (piece.class) } {
                    title { (what) ": " (piece.words) }
                    rect x=(x) y=(y) width=(to - x) height=(BAND) {}
                    @let room = ((to - x).saturating_sub(6) * 10 / LETTER) as usize;
                    @if room >= 3 && !piece.words.is_empty() && (room >= 6 || width(&piece.words) <= room) {
                        text class="words" x=(x + 4) y=(y + 11) { (cut(&piece.words, room)) }
                    }
                }
            }
        }
    }

    /// Pieces with their sides; narrow ones go with the one before, so that no lane has more of them than can be seen.
    fn joined<'a>(&self, pieces: &'a [Piece], whole: bool) -> Vec<(u32, u32, &'a Piece)> {
        let mut all: Vec<(u32, u32, &Piece)> = Vec::new();
        for piece in pieces {
            let (x, to) = (self.axis.frame(piece.from), self.axis.frame(piece.to));
            match all.last_mut() {
                Some((last, end, _)) if to - x < NARROW && (whole || x.saturating_sub(*end) < NARROW) && *end >= *last => *end = to,
                _ => all.push((x, to.max(x + NARROW), piece)),
            }
        }
        all
    }

    /// The findings as bars, each with arrows from its causes.
    fn hazards(&mut self, hazards: &[Finding], flags_foot: u32) -> Markup {
        let mut drawn: Vec<&Finding> = hazards.iter().collect();
        drawn.sort_by_key(|finding| (std::cmp::Reverse(finding.severity), finding.since));
        let left_out = drawn.len().saturating_sub(BARS);
        if left_out > 0 {
            self.notes.push(format!("{} left out of the picture, of those that weigh least", count(left_out, "finding")));
        }
        drawn.truncate(BARS);
        drawn.sort_by_key(|finding| finding.since);
        self.y += 6;
        html! {
            g class="hazards truth" {
                @for finding in drawn {
                    @let y = self.below(BAND + 4);
                    @let x = self.axis.at(finding.since).min(RIGHT - 6);
                    @let to = finding.until.map_or(RIGHT, |until| self.axis.at(until)).max(x + 5);
                    @let words = finding_words(finding);
                    @let label = format!("{}: {}", finding.hazard, place(finding));
                    @let inside = (to - x) * 10 / LETTER >= width(&label) as u32 + 2;
                    // A bar's own label may be out of view where its name is wanted most.
                    @let () = self.margin.push(html! { text class="side truth" x="8" y=(y + 11) { (cut(finding.hazard, 21)) } });
                    g class={ "hazard " (finding.severity.name()) } tabindex="0" role="img" aria-label=(words) data-us=(finding.since.0) {
                        title { (words) }
                        rect class="bar" x=(x) y=(y) width=(to - x) height=(BAND) rx="2" {}
                        @if inside {
                            text class="inside" x=(x + 5) y=(y + 11) { (label) }
                        } @else if RIGHT - to > width(&label) as u32 * LETTER / 10 {
                            text class="beside" x=(to + 4) y=(y + 11) { (label) }
                        } @else {
                            text class="beside" x=(x - 4) y=(y + 11) text-anchor="end" { (label) }
                        }
                        @for cause in &finding.because {
                            @let from = self.axis.at(cause.at).min(x);
                            path class="arrow" marker-end={ "url(#tip" (self.number) ")" } d={ "M" (from) " " (flags_foot) "C" (from) " " (y) " " (from) " " (y + 8) " " (x) " " (y + 8) } {}
                            circle class="cause" cx=(from) cy=(flags_foot) r="3" {}
                        }
                    }
                }
            }
        }
    }
}

/// How high the risk over time stands where harm comes in every run.
const RISK_HIGH: u32 = 32;

impl Pen {
    /// The risk over time of the gravest finding: in how many runs harm comes if nobody does anything more, and before it, in how many
    /// whatever is done.
    fn risk(&mut self, report: &Report) -> Markup {
        let sought = report.hazards.iter().filter_map(|finding| Some((finding, finding.risk.as_ref()?)));
        let Some((finding, risk)) = sought.max_by_key(|(finding, _)| finding.severity) else { return html! {} };
        if !risk.whole {
            self.notes.push("the risk over time is of the ways that were tried: all of them would have taken too many runs".into());
        }
        let top = self.below(RISK_HIGH + 30) + 20;
        let foot = top + RISK_HIGH;
        let high = |count: usize| RISK_HIGH * count as u32 / risk.runs.max(1) as u32;
        let ends = risk.line.iter().skip(1).map(|next| self.axis.at(next.at)).chain([self.axis.at(finding.since)]);
        let of = count(risk.runs, "run");
        html! {
            g class="risk truth" {
                text class="name" x="8" y=(foot - 12) { "risk" }
                text class="side" x=(LEFT - 5) y=(top + 8) text-anchor="end" { "all" }
                text class="side" x=(LEFT - 5) y=(foot) text-anchor="end" { "none" }
                text class="side" x=(LEFT) y=(top - 5) {
                    "in how many of " (of) " " (finding.hazard) " or other harm comes from then on: light, if nobody does anything more; dark, if somebody does the best"
                }
                @for (at, to) in risk.line.iter().zip(ends) {
                    @let x = self.axis.at(at.at);
                    @let wide = to.saturating_sub(x).max(NARROW);
                    @let words = at.words(risk.runs);
                    g class="risk-at" tabindex="0" role="img" aria-label=(words) data-us=(at.at.0) {
                        title { (words) }
                        rect class="ground" x=(x) y=(top) width=(wide) height=(RISK_HIGH) {}
                        rect class="nothing" x=(x) y=(foot - high(at.nothing)) width=(wide) height=(high(at.nothing)) {}
                        rect class="best" x=(x) y=(foot - high(at.best)) width=(wide) height=(high(at.best)) {}
                    }
                }
                line class="axis" x1=(LEFT) x2=(RIGHT) y1=(foot) y2=(foot) {}
            }
        }
    }
}

/// The width of a line's label.
const LABEL_WIDE: u32 = 58;

impl Pen {
    /// The point of no return as a line from top to bottom; from the beginning where nothing kept it off at any instant.
    fn too_late(&self, report: &Report, foot: u32) -> Markup {
        let Some((finding, point)) = report.no_return() else { return html! {} };
        let at = match point {
            NoReturnReport::Until(at, _) => *at,
            NoReturnReport::Never => Time::ZERO,
            NoReturnReport::Bound => return html! {},
        };
        self.line(("late truth", "too late"), at, &format!("Too late {}", point.words(finding.hazard)), foot)
    }

    /// A line from top to bottom, with what it is called.
    fn line(&self, (class, label): (&str, &str), at: Time, words: &str, foot: u32) -> Markup {
        let (top, x) = (self.ticks_foot, self.axis.at(at).max(LEFT));
        // The label stands where time has gone by already, if there is room.
        let (beside, anchor) = if x >= LEFT + LABEL_WIDE { (x - 4, "end") } else { (x + 4, "start") };
        html! {
            g class=(class) tabindex="0" role="img" aria-label=(words) data-us=(at.0) {
                title { (words) }
                line x1=(x) x2=(x) y1=(top) y2=(foot) {}
                text x=(beside) y=(top + 9) text-anchor=(anchor) { (label) }
            }
        }
    }
}

fn names(lanes: &[&Lane]) -> String {
    lanes.iter().map(|lane| lane.name.as_str()).collect::<Vec<_>>().join(" ")
}

/// Where a finding is.
pub fn place(finding: &Finding) -> String {
    let names = finding.vdi.iter().chain(finding.vm.iter().filter(|_| finding.vdi.is_none())).chain(&finding.hosts);
    clean_line(&names.map(String::as_str).collect::<Vec<_>>().join(" "))
}

/// A step with how it went, for whoever points at it.
pub fn step_words(number: usize, step: &StepReport) -> String {
    let (line, at) = (step.line, step.at.unwrap_or_default());
    let text = clean_line(step.ran.as_deref().unwrap_or(&step.text));
    let host = step.host.as_deref().map_or_else(String::new, |host| format!(" on {}", clean_line(host)));
    let mut words = format!("{number}. {at}{host}, line {line}: {} ({})", cut(&text, 300), step.status.name());
    if !step.output.is_empty() {
        words += &format!(". It printed: {}", cut(&clean_line(step.output.trim_end()), 300));
    }
    words
}

/// A finding with its causes and what to do, for whoever points at it.
pub fn finding_words(finding: &Finding) -> String {
    let until = finding.until.map_or_else(|| "to the end".to_string(), |until| format!("to {until}"));
    let mut words = format!("{} ({}), from {} {until}: {}", finding.hazard, finding.severity.name(), finding.since, finding.sentence);
    if !finding.because.is_empty() {
        words += &format!(" Because: {}.", finding.because.iter().map(cause_words).collect::<Vec<_>>().join("; "));
    }
    if let Some(point) = &finding.no_return {
        words += &format!(" Too late {}.", point.words(finding.hazard));
    }
    if !finding.advice.is_empty() {
        words += &format!(" Mend: {}", finding.advice);
    }
    cut(&clean_line(&words), 1200)
}

/// A cause in words.
pub fn cause_words(cause: &Because) -> String {
    let line = cause.line.map_or_else(String::new, |line| format!(" (line {line})"));
    format!("{} {}{line}", cause.at, clean_line(&cause.what))
}
