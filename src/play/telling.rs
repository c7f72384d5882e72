//! What is told at the desk beside what the console shows: why something was refused, hazards as they arise, what is so, the end
//! of the story, and the session as a text.

use super::{Ends, Last, Next, Player, words};
use crate::base::inert::{clean, clean_line};
use crate::base::time::Time;
use crate::catalog;
use crate::report::{self, Report, page};
use crate::scenario::diagnostic::Diagnostic;
use crate::scenario::model::Scenario;
use crate::search::study::{self, Options};

impl Player {
    /// What was refused last, and what would have to be so.
    pub(super) fn why(&mut self) {
        let text = match &self.last {
            None => "nothing was refused just now".to_owned(),
            Some(Last::Hung) => {
                "nobody answered: xe asks its master, and waits as long as that takes. `poolsim explain hung`, `explain emergency`".into()
            }
            Some(Last::Wrong(wrong)) => words::wrong(wrong),
            Some(Last::Code(code)) => match catalog::find(code).first() {
                Some(entry) => format!("{}: {}", entry.name, entry.text.trim_end()),
                None => format!("{code}: the pool's own word for it; nothing more is known of it here"),
            },
        };
        self.say(&(clean(&text) + "\n"));
    }

    pub(super) fn wrong(&mut self, wrong: Vec<Diagnostic>) {
        let text = words::wrong(&wrong);
        self.remark(&text);
        self.last = Some(Last::Wrong(wrong));
    }

    /// The run so far, with what is so.
    fn report(&self, whole: bool) -> (Scenario, Report) {
        let scenario = self.desk.scenario();
        let (max_events, max_work) = (self.options.max_events, self.options.max_work);
        let options = Options { seed: Some(scenario.seed), max_events, max_work, ..Options::default() };
        let case = scenario.cases()[0];
        let mut report = if whole {
            report::build(&study::study(&scenario, case, &options))
        } else {
            let mut begun = study::begin(&scenario, case, &options, false);
            begun.session.before(self.desk.now());
            report::build(&begun.cut())
        };
        // The mark of how far it was played is no step of anybody's.
        report.steps.retain(|step| step.at.is_some());
        (scenario, report)
    }

    pub(super) fn arisen(&mut self, before: Time) {
        let (_, report) = self.report(false);
        let text: String = report
            .hazards
            .iter()
            .filter(|finding| finding.since >= before)
            .map(|finding| {
                format!(
                    "! {} {}, {}: {}\n",
                    finding.severity.name().to_uppercase(),
                    finding.hazard,
                    finding.since,
                    clean_line(&finding.sentence)
                )
            })
            .collect();
        self.say(&text);
    }

    pub(super) fn reveal(&mut self) {
        self.given_up();
        let (scenario, report) = self.report(false);
        let text = report::text::render(&[Report { replay: String::new(), ..report }], self.style);
        self.say(&format!("{}{text}", world(&scenario)));
    }

    /// The story goes on to its end, and everything is told.
    pub fn finish(&mut self) -> Ends {
        let (scenario, report) = self.report(true);
        let report = Report { replay: "`save FILE` in the session, then `poolsim run FILE`".into(), ..report };
        let text = report::text::render(std::slice::from_ref(&report), self.style);
        self.say(&format!("{}{text}", world(&scenario)));
        self.debriefed()
    }

    /// The session as a page of at most so many events in full, with its debriefing ([`Ends::told`]) beside it.
    pub fn page(&self, debriefing: &str, events: usize) -> String {
        let (scenario, report) = self.report(true);
        let (max_events, max_work) = (self.options.max_events, self.options.max_work);
        let options = Options { seed: Some(scenario.seed), max_events, max_work, ..Options::default() };
        let text = world(&scenario) + debriefing.trim_start_matches("DEBRIEFING\n");
        let aside = (!text.trim().is_empty()).then_some(("Debriefing", text.as_str()));
        page::render_with(&report, page::film(&scenario, scenario.cases()[0], &options, events), aside)
    }

    /// What was played, as a scenario's text, which loads to what was played.
    pub fn saved(&self) -> String {
        let of = match self.scenario.world_name(self.case) {
            Some(_) => "# It names the world that was played: do not show it to who is still to play.\n",
            None => "",
        };
        format!("# Played from {}, seed {}.\n{of}{}", clean_line(&self.file), self.desk.seed(), self.desk.saved())
    }

    pub(super) fn save(&mut self, name: String) -> Next {
        Next::Save { name, text: self.saved(), tells_world: self.scenario.world_name(self.case).is_some() }
    }
}

fn world(scenario: &Scenario) -> String {
    match scenario.worlds.first() {
        Some(world) => format!("The world was {}.\n\n", clean_line(&world.name)),
        None => String::new(),
    }
}
