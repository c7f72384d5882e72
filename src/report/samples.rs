//! Reports made by hand, for the renderers' tests: the forgotten host that runs on.

use super::*;
use crate::base::time::Time;
use crate::world::release::Release;
use serde_json::json;

fn at(text: &str) -> Time {
    Time(Span::parse(text).unwrap_or(Span::ZERO).0)
}

fn line(instant: &str, realm: Realm, actor: &str, event: &'static str, what: &str) -> StoryLine {
    StoryLine {
        at: at(instant),
        realm,
        actor: actor.into(),
        what: what.into(),
        matters: true,
        event,
        parts: vec![],
        cause_line: None,
        cause_due: None,
        step: None,
        finding: None,
    }
}

fn step(place: u32, kind: &'static str, from: &'static str, text: &str) -> StepReport {
    StepReport {
        id: None,
        kind,
        from: from.into(),
        at: Some(at("5m")),
        end: Some(at("5m")),
        host: None,
        line: place,
        text: text.into(),
        ran: None,
        did: Vec::new(),
        status: Status::Ok,
        code: None,
        exit: None,
        output: String::new(),
    }
}

/// A case with one finding of corruption and one of danger, a refused command, a failed expectation and a warning.
pub fn forgotten() -> Report {
    let mut forget = step(24, "run", "recovery", "/opt/xensource/sm/resetvdis.py $beta $nfs1");
    forget.id = Some("unlock".into());
    forget.host = Some("alpha".into());
    forget.ran = Some("/opt/xensource/sm/resetvdis.py 00000002-0000-4000-8000-000000000002 00000003-0000-4000-8000-000000000001".into());
    forget.did = vec!["resetvdis.py"];
    (forget.at, forget.end, forget.exit) = (Some(at("16m32s")), Some(at("16m33s")), Some(0));
    let mut start = step(27, "run", "recovery", "xe vm-start vm=db on=gamma");
    start.host = Some("alpha".into());
    start.ran = Some(start.text.clone());
    start.did = vec!["vm-start"];
    (start.at, start.end, start.status, start.exit) = (Some(at("17m33s")), Some(at("17m38s")), Status::Error, Some(1));
    start.code = Some("SR_BACKEND_FAILURE_46".into());
    start.output =
        "Error code: SR_BACKEND_FAILURE_46\nError parameters: , The VDI is not available [opterr=VDI x already attached RW], \n".into();
    let mut never = step(30, "run", "recovery", "xe vm-list");
    (never.at, never.end, never.status) = (None, None, Status::NotBegun);

    let mut story = vec![
        line("5m", Realm::Step, "beta", "step-began", "isolate: beta"),
        line("5m", Realm::Truth, "beta", "isolated", "its management links to all others are cut"),
        line("16m2s345ms678us", Realm::Belief, "alpha", "host-marked-dead", "holds beta for dead"),
        line("16m2s345ms678us", Realm::Hazard, "beta", "hazard-began", "beta runs guests and alpha holds it for dead"),
        line("16m32s", Realm::Step, "alpha", "step-began", "resetvdis.py"),
        line("16m33s", Realm::Belief, "alpha", "lock-removed", "takes beta's lock off db-root"),
        line("16m33s", Realm::Step, "alpha", "step-ended", "ok"),
        line("17m33s", Realm::Step, "alpha", "step-began", "vm-start"),
        line("17m38s", Realm::Step, "alpha", "refused", "SR_BACKEND_FAILURE_46"),
        line("17m38s", Realm::Step, "alpha", "step-ended", "error"),
        line("18m", Realm::Truth, "gamma", "disk-opened", "opens db-root"),
        line("18m", Realm::Hazard, "db-root", "hazard-began", "beta and gamma write to db-root"),
    ];
    story[0].step = Some(0);
    (story[1].cause_line, story[1].parts) = (Some(20), vec![("machine", json!("beta"))]);
    story[2].cause_due = Some("liveness-check");
    (story[3].finding, story[11].finding) = (Some(0), Some(1));
    (story[4].step, story[6].step) = (Some(1), Some(1));
    (story[7].step, story[8].step, story[9].step) = (Some(2), Some(2), Some(2));
    story[10].matters = false;

    let finding = |hazard, severity, since: &str, sentence: &str| Finding {
        hazard,
        severity,
        since: at(since),
        until: None,
        vdi: None,
        vm: None,
        sr: None,
        hosts: vec!["beta".into()],
        by: Some("alpha".into()),
        damage: None,
        because: vec![
            Because { at: at("5m"), line: Some(20), event: "isolated", what: "isolate: beta".into() },
            Because { at: at("16m2s345ms678us"), line: None, event: "host-marked-dead", what: "alpha holds beta for dead".into() },
        ],
        alternatives: Vec::new(),
        advice: "power off beta, or see that it is off, before line 24".into(),
        no_return: None,
        risk: None,
        sentence: sentence.into(),
    };
    let mut writer =
        finding("double-writer", Severity::Corruption, "18m", "beta and gamma both have db-root open for writing, and write to it.");
    (writer.vdi, writer.vm, writer.sr, writer.by) = (Some("db-root".into()), Some("db".into()), Some("nfs1".into()), None);
    writer.hosts.push("gamma".into());
    writer.damage = Some(DamageReport { at: at("18m2s"), by: "beta".into(), over: "gamma".into() });
    let presumed = finding("presumed-dead-alive", Severity::Danger, "16m2s345ms678us", "beta runs db and writes; alpha holds it for dead.");

    let host = |powered, role, live| HostState {
        powered,
        hung: false,
        isolated: false,
        xapi_runs: powered,
        role,
        fenced: false,
        running: vec![],
        known: true,
        live: Some(live),
        enabled: Some(true),
    };
    let mut beta = host(true, "member", false);
    (beta.isolated, beta.running) = (true, vec!["db".into()]);
    Report {
        scenario: "forget-isolated-host".into(),
        title: "Forgetting a host that is only cut off".into(),
        tags: vec!["member-failure".into()],
        sha256: "0123456789abcdef".repeat(4),
        release: Release::default().name(),
        seed: 1,
        set: Vec::new(),
        world: None,
        recovery: None,
        end: at("40m"),
        cut_short: None,
        events: 123,
        digest: "fedcba9876543210".repeat(2),
        replay: "poolsim run forget-isolated-host.yaml --seed 1".into(),
        verdict: Verdict::NotAsExpected,
        judged: true,
        worst: Some(Severity::Corruption),
        recovery_began: Some(at("16m32s")),
        recovery_safe: Some(false),
        missed: Vec::new(),
        own_goal: false,
        counts: BTreeMap::from([(Severity::Corruption, 1), (Severity::Danger, 1)]),
        hazards: vec![presumed, writer],
        first_wrong: None,
        because_cut_short: false,
        warnings: vec![Warning { code: "fault-without-effect", line: 21, text: "`crash: delta` changed nothing: delta is off".into() }],
        steps: vec![step(20, "fault", "timeline", "isolate: beta"), forget, start, never],
        expectations: vec![
            Expectation { line: 33, what: "hazard double-writer on db-root".into(), passed: true, got: "since 18m".into() },
            Expectation { line: 36, what: "db runs on gamma alone at the end".into(), passed: false, got: "beta, gamma".into() },
        ],
        downtime: BTreeMap::from([("db".into(), Span::ZERO)]),
        story,
        other_masters: Vec::new(),
        end_state: EndState {
            ruler: "alpha".into(),
            masters: vec!["alpha".into()],
            default_sr: Some("nfs1".into()),
            hosts: BTreeMap::from([
                ("alpha".into(), host(true, "master", true)),
                ("beta".into(), beta),
                ("gamma".into(), host(true, "member", true)),
            ]),
            vms: BTreeMap::from([(
                "db".into(),
                VmState {
                    running_on: vec!["beta".into(), "gamma".into()],
                    power_state: Some("running"),
                    resident_on: Some("gamma".into()),
                },
            )]),
            vdis: BTreeMap::from([(
                "db-root".into(),
                VdiState {
                    open_on: vec![("beta".into(), "rw"), ("gamma".into(), "rw")],
                    damaged: true,
                    locks: Some(vec![("gamma".into(), "rw")]),
                    paused: Some(false),
                    activating: Some(false),
                    relinking: Some(false),
                },
            )]),
            host_order: vec!["alpha".into(), "beta".into(), "gamma".into()],
            vm_order: vec!["db".into()],
            vdi_order: vec!["db-root".into()],
        },
        instants: vec![],
    }
}

/// The same case in a world and with a recovery, quiet or not.
pub fn case(world: &str, recovery: &str, quiet: bool) -> Report {
    let mut report = forgotten();
    (report.world, report.recovery) = (Some(world.into()), Some(recovery.into()));
    if quiet {
        report.hazards.clear();
        report.counts.clear();
        report.expectations.iter_mut().for_each(|e| e.passed = true);
        (report.worst, report.recovery_safe, report.verdict) = (None, Some(true), Verdict::AsExpected);
        report.story.retain(|line| line.finding.is_none());
    }
    report
}

/// A pool where many things happen at one instant: `n` members are marked dead, and all their VMs with them.
pub fn burst(n: usize) -> Report {
    let mut report = forgotten();
    let mark = |k: usize| line("20m", Realm::Belief, "alpha", "host-marked-dead", &format!("holds xs{k:02} for dead"));
    report.story.extend((1..=n).map(mark));
    let alpha = report.end_state.hosts["alpha"].clone();
    for k in 1..=n {
        let name = format!("xs{k:02}");
        report.end_state.hosts.insert(name.clone(), alpha.clone());
        report.end_state.host_order.push(name);
    }
    let first = report.hazards[0].clone();
    for k in 1..=n {
        let mut finding = first.clone();
        (finding.hosts, finding.since) = (vec![format!("xs{k:02}")], at("20m"));
        report.hazards.push(finding);
    }
    report.counts.insert(Severity::Danger, n as u64 + 1);
    report
}
