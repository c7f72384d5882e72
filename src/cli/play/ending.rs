//! How a session ends: what was so is told, and written as a page where one is wanted.

use super::super::args::Common;
use super::super::exit::Status;
use super::super::pictures;
use super::super::shared::style;
use super::Player;
use crate::base::inert::clean_line;
use crate::report::{self, Report, page};
use crate::scenario::model::Scenario;
use crate::search::study::Options;

impl Player<'_> {
    /// The story goes on to its end, and everything is told.
    pub(super) fn finish(&mut self) -> Status {
        let (scenario, report) = self.report(true);
        let report = Report { replay: "`save FILE` in the session, then `poolsim run FILE`".into(), ..report };
        let text = report::text::render(std::slice::from_ref(&report), style(self.common, self.out.colour));
        self.say(&format!("{}{text}", self.world(&scenario)));
        let (status, told) = if self.task.is_some() { self.debriefed() } else { (Status::Fine, String::new()) };
        status.and(self.written(&scenario, &report, &told))
    }

    /// Nobody types any more. A drill that is left is not done, and nobody is told what was so.
    pub(super) fn left(&mut self) -> Status {
        if self.task.is_some() {
            return self.given_up();
        }
        if self.targets.is_empty() {
            return Status::Fine;
        }
        let (scenario, report) = self.report(true);
        self.written(&scenario, &report, "")
    }

    /// The page of the session, with its debriefing.
    fn written(&mut self, scenario: &Scenario, report: &Report, debriefing: &str) -> Status {
        let Common { max_events, max_work, .. } = *self.common;
        let options = Options { seed: Some(scenario.seed), max_events, max_work, ..Options::default() };
        let case = scenario.cases()[0];
        let world = scenario.worlds.first().map(|world| format!("The world was {}.\n\n", clean_line(&world.name)));
        let text = world.unwrap_or_default() + debriefing.trim_start_matches("DEBRIEFING\n");
        let aside = (!text.trim().is_empty()).then_some(("Debriefing", text.as_str()));
        let page = |events: usize| page::render_with(report, page::film(scenario, case, &options, events), aside);
        let targets = std::mem::take(&mut self.targets);
        targets.into_iter().fold(Status::Fine, |status, target| status.and(target.put(self.out, &pictures::fitting(&page))))
    }
}
