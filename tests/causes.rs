//! Why, and what should have been done: stories whose cause and advice the rules say.

mod common;

use poolsim::report::{Finding, Report};

/// The report of the only case of a scenario.
fn report(yaml: &str) -> Report {
    let scenario = common::load("story.yaml", yaml);
    let mut reports = common::run(&scenario, true);
    assert_eq!(reports.len(), 1);
    reports.remove(0)
}

/// The first finding of a hazard.
fn finding<'a>(report: &'a Report, hazard: &str) -> &'a Finding {
    let found: Vec<&str> = report.hazards.iter().map(|finding| finding.hazard).collect();
    report.hazards.iter().find(|finding| finding.hazard == hazard).unwrap_or_else(|| {
        let steps: Vec<_> = report.steps.iter().map(|step| (&step.text, step.status, &step.output)).collect();
        panic!("no {hazard} among {found:?}; {steps:#?}")
    })
}

/// The line of a scenario that has a text.
fn line(yaml: &str, text: &str) -> u32 {
    let at = yaml.lines().position(|line| line.contains(text)).unwrap_or_else(|| panic!("no line with {text}"));
    at as u32 + 1
}

/// The lines of the steps in a finding's cause.
fn lines(finding: &Finding) -> Vec<u32> {
    finding.because.iter().filter_map(|because| because.line).collect()
}

fn says(finding: &Finding, parts: &[&str]) {
    for part in parts {
        assert!(finding.advice.contains(part), "{}: no `{part}` in: {}", finding.hazard, finding.advice);
    }
}

const POOL: &str = "
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: beta}}
";

/// The hasty recovery of a host that is only cut off.
const HASTY: &str = "
timeline:
  - {at: 1m, note: nothing to do with it}
  - {at: 2m, fault: {toolstack-stop: gamma}, for: 10s}
  - {at: 5m, fault: {isolate: beta}}
recovery:
  wait-for: {host: beta, live: false}
  pace: 1m
  steps:
    - {run: xe host-list}
    - {run: 'xe host-forget uuid=$beta --force'}
    - {run: /opt/xensource/sm/resetvdis.py $beta $nfs1}
    - {run: xe vm-start vm=db on=gamma}
";

#[test]
fn a_double_writer_hangs_on_the_fault_the_forget_the_release_and_the_start() {
    let yaml = format!("{POOL}{HASTY}");
    let report = report(&yaml);
    let found = finding(&report, "double-writer");
    let expected = ["isolate: beta", "host-forget", "resetvdis", "vm-start"].map(|text| line(&yaml, text));
    assert_eq!(lines(found), expected, "the list and gamma's toolstack have nothing to do with it: {:#?}", found.because);
    // In which order a forget changes what it changes in one instant, no rule says.
    let mut beliefs: Vec<_> =
        found.because.iter().filter(|because| because.line.is_none()).map(|because| (because.at, because.event)).collect();
    beliefs.sort();
    assert_eq!(
        beliefs.iter().map(|(_, event)| *event).collect::<Vec<_>>(),
        ["host-marked-dead", "host-forgotten", "vm-recorded", "lock-removed", "lock-set", "vm-recorded"],
        "dead, forgotten and halted, unlocked, locked for gamma and running there: {:#?}",
        found.because
    );
    let forget = line(&yaml, "host-forget");
    says(found, &[&format!("power off beta, or see that it is off, before line {forget} (`xe host-forget"), "cut off, not dead"]);
}

#[test]
fn what_was_done_too_late_is_named() {
    let yaml = format!("{POOL}{HASTY}    - {{act: {{power-off: beta}}}}\n");
    let report = report(&yaml);
    says(finding(&report, "double-writer"), &[&format!("line {} came too late", line(&yaml, "power-off"))]);
    let yaml = format!("{POOL}{HASTY}").replace("{run: xe host-list}", "{act: {check-off: beta}}");
    let report = self::report(&yaml);
    says(finding(&report, "double-writer"), &[&format!("line {} saw that it was on", line(&yaml, "check-off")), "must: ok"]);
}

#[test]
fn a_hung_host_is_told_apart_from_one_that_is_cut_off() {
    let yaml = format!("{POOL}{}", HASTY.replace("isolate", "hang"));
    says(finding(&report(&yaml), "forgotten-host-alive"), &["power off beta", "beta hung, but its guests ran on"]);
}

#[test]
fn the_lock_that_nobody_released() {
    let yaml = format!(
        "{}
timeline:
  - {{at: 5m, fault: {{crash: beta}}}}
recovery:
  wait-for: {{host: beta, live: false}}
  pace: 1m
  steps:
    - {{run: 'xe host-forget uuid=$beta --force'}}
    - {{run: /opt/xensource/sm/resetvdis.py $beta $nfs1}}
    - {{run: xe vm-start vm=db on=gamma}}
",
        POOL.replace("storage: {nfs1: {type: nfs}}", "storage: {nfs1: {type: nfs}, san: {type: lvmoiscsi}}")
            .replace("{running-on: beta}", "{running-on: beta, disks: {root: {sr: nfs1}, data: {sr: san}}}")
    );
    let report = report(&yaml);
    let open = report.hazards.iter().find(|finding| finding.hazard == "stale-lock" && finding.until.is_none()).expect("san is left out");
    assert_eq!(open.vdi.as_deref(), Some("db-data"));
    assert_eq!(lines(open), [line(&yaml, "crash: beta")]);
    let (release, start) = (line(&yaml, "resetvdis"), line(&yaml, "vm-start"));
    says(
        open,
        &[
            "run `/opt/xensource/sm/resetvdis.py $beta $san` on alpha",
            &format!("before line {start}"),
            &format!("line {release}"),
            "released nfs1 alone",
        ],
    );
    let released =
        report.hazards.iter().find(|finding| finding.hazard == "stale-lock" && finding.until.is_some()).expect("nfs1 is released");
    says(released, &["nothing was missed", &format!("line {release}")]);
    says(finding(&report, "vm-down"), &["resetvdis.py $beta $san` on alpha", "`xe vm-start vm=db on="]);
    says(finding(&report, "ghost-record"), &["nothing was missed", &format!("line {}", line(&yaml, "host-forget"))]);
}

/// The master dies and gamma takes over; db ran on the master.
const SUCCESSION: &str = "
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  vms: {db: {running-on: alpha}}
timeline:
  - {at: 5m, fault: {FAULT: alpha}}
recovery:
  at: 20m
  host: gamma
  pace: 2m
  steps:
    - {run: xe pool-emergency-transition-to-master}
    - {run: xe pool-recover-slaves}
";

#[test]
fn the_word_that_was_lacking() {
    let yaml = format!(
        "{}    - {{run: xe vm-reset-powerstate vm=db --force}}\n    - {{run: /opt/xensource/sm/resetvdis.py $alpha $nfs1}}\n    - {{run: xe vm-start vm=db on=gamma}}\n",
        SUCCESSION.replace("FAULT", "crash")
    );
    let report = report(&yaml);
    let found = finding(&report, "stale-lock");
    assert_eq!(found.until, None, "without the word nothing is removed of a fallen SR master (M13)");
    let release = line(&yaml, "resetvdis");
    says(
        found,
        &["run `/opt/xensource/sm/resetvdis.py $alpha $nfs1 master` on gamma", &format!("line {release}"), "lacked the word `master`"],
    );
}

#[test]
fn a_promotion_while_the_old_master_lives() {
    let yaml = SUCCESSION.replace("FAULT", "isolate");
    let report = report(&yaml);
    let transition = line(&yaml, "transition");
    for hazard in ["two-masters", "two-sr-masters", "reused-without-reinstall"] {
        let found = finding(&report, hazard);
        assert!(lines(found).contains(&transition), "{hazard}: {:#?}", found.because);
        says(found, &["power off alpha, or see that it is off", &format!("before line {transition}"), "alpha was cut off, not dead"]);
    }
    says(finding(&report, "reused-without-reinstall"), &["install it afresh", "reinstall: alpha"]);
}

#[test]
fn an_old_master_that_comes_back_as_it_was() {
    let yaml = format!("{}    - {{act: {{power-on: alpha}}}}\n", SUCCESSION.replace("FAULT", "crash"));
    let report = report(&yaml);
    let back = line(&yaml, "power-on");
    let found = finding(&report, "reused-without-reinstall");
    assert!(lines(found).contains(&back), "{:#?}", found.because);
    says(found, &["install alpha afresh (`reinstall: alpha`)", &format!("instead of line {back}")]);
}

#[test]
fn the_members_that_nobody_told() {
    let yaml = SUCCESSION.replace("FAULT", "crash").replace("    - {run: xe pool-recover-slaves}\n", "    - {run: xe pool-list}\n");
    let report = report(&yaml);
    let found = report.hazards.iter().find(|finding| finding.hazard == "no-master" && finding.hosts == ["beta"]).expect("beta waits");
    says(found, &["run `xe pool-recover-slaves` on gamma", &format!("after line {}", line(&yaml, "transition"))]);
}

/// Nobody reaches a storage where nobody is up: that says nothing of the storage.
#[test]
fn no_host_at_all() {
    let report = report(&format!("{POOL}timeline:\n  - {{at: 5m, fault: {{crash: [alpha, beta, gamma]}}}}\n"));
    finding(&report, "vm-down");
    assert!(report.hazards.iter().all(|found| found.hazard != "bad-default-sr"), "{:?}", report.hazards);
}

#[test]
fn the_needless_word() {
    let yaml = format!("{POOL}{}", HASTY.replace("isolate", "crash").replace("$beta $nfs1", "$beta $nfs1 master"));
    let report = report(&yaml);
    let found = finding(&report, "needless-master-word");
    assert!(lines(found).contains(&line(&yaml, "resetvdis")));
    says(found, &["leave out the word `master`", &format!("line {}", line(&yaml, "resetvdis"))]);
}

#[test]
fn a_crash_and_nothing_done() {
    let yaml = format!("until: 1h\n{POOL}timeline:\n  - {{at: 5m, fault: {{crash: beta}}}}\n");
    let report = report(&yaml);
    let found = finding(&report, "vm-down");
    assert_eq!(lines(found), [line(&yaml, "crash")]);
    says(found, &["xe vm-reset-powerstate vm=db --force` on alpha", "resetvdis.py $beta $nfs1` on alpha", "`xe vm-start vm=db on=alpha`"]);
}

#[test]
fn a_write_that_comes_late() {
    let yaml = format!(
        "{POOL}
timeline:
  - {{at: 5m, fault: {{storage-loss: {{host: beta, sr: nfs1}}}}}}
  - {{at: 5m, fault: {{isolate: beta}}}}
  - {{at: 30m, fault: {{storage-return: {{host: beta, sr: nfs1}}}}}}
recovery:
  wait-for: {{host: beta, live: false}}
  steps:
    - {{run: 'xe host-forget uuid=$beta --force'}}
    - {{run: /opt/xensource/sm/resetvdis.py $beta $nfs1}}
    - {{run: xe vm-start vm=db on=gamma}}
"
    );
    let report = report(&yaml);
    let found = finding(&report, "late-write");
    assert!(lines(found).contains(&line(&yaml, "at: 30m")), "{:#?}", found.because);
    says(found, &["power off beta", &format!("before line {}", line(&yaml, "host-forget")), "beta had lost nfs1, not its power"]);
}

#[test]
fn silence_alone_and_a_master_that_has_just_started() {
    let yaml = format!("{POOL}timeline:\n  - {{at: 5m, fault: {{isolate: beta}}}}\n");
    let silent = report(&yaml);
    says(finding(&silent, "presumed-dead-alive"), &["mend the network of beta", "beta was cut off, not dead"]);
    let yaml = format!("{POOL}timeline:\n  - {{at: 5m, fault: {{toolstack-stop: alpha}}, for: 5s}}\n");
    let restarted = report(&yaml);
    assert!(restarted.hazards.iter().all(|finding| finding.hazard != "presumed-dead-alive"), "nobody did anything that hangs on it");
    let forget = "recovery: {wait-for: {host: beta, live: false}, steps: [{run: xe host-forget uuid=$beta --force}]}\n";
    let forgotten = report(&format!("{yaml}{forget}"));
    says(finding(&forgotten, "presumed-dead-alive"), &["wait for the next heartbeat of beta", "alpha had just started"]);
}

const HA_POOL: &str = "
pool:
  hosts: {alpha: {memory: 4GiB}, beta: {memory: 4GiB}, gamma: {memory: 4GiB}}
  storage: {nfs1: {type: nfs}, local1: {type: lvm, host: beta}}
  ha: {heartbeat-sr: nfs1}
";

/// Nobody looked for a VM, nobody released anything: the only mistake was to leave HA on one host.
#[test]
fn whoever_left_ha_alone_is_told_so_whatever_came_of_it() {
    let yaml = format!(
        "{HA_POOL}  vms: {{db: {{running-on: beta, ha: restart}}}}\ntimeline:\n  - {{at: 5m, host: beta, run: xe host-emergency-ha-disable --force}}\n"
    );
    let report = report(&yaml);
    let left = format!("leave out line {}", line(&yaml, "emergency-ha-disable"));
    for hazard in ["double-writer", "vm-runs-twice", "vm-runs-unseen", "presumed-dead-alive", "restart-beside-running"] {
        says(finding(&report, hazard), &[&left, "power off beta first", "restart its VMs", "`xe pool-ha-disable`"]);
    }
}

/// On the master it makes a second one, and nobody was promoted by hand.
#[test]
fn a_master_that_leaves_ha_alone_makes_a_second_one() {
    let yaml = format!("{HA_POOL}timeline:\n  - {{at: 5m, host: alpha, run: xe host-emergency-ha-disable --force}}\n");
    let report = report(&yaml);
    says(finding(&report, "two-masters"), &["leave out line", "power off alpha first", "elect another master"]);
}

/// What HA's own start met says little; what it lacked says what to do.
#[test]
fn where_no_host_can_take_a_protected_vm_the_advice_says_what_is_missing() {
    let crash = "timeline:\n  - {at: 5m, fault: {crash: beta}}\n";
    let full = "  vms: {db: {running-on: beta, memory: 2GiB, ha: restart}, a: {running-on: alpha, memory: 3GiB}, c: {running-on: gamma, memory: 3GiB}}\n";
    let report_full = report(&format!("{HA_POOL}{full}{crash}"));
    says(finding(&report_full, "protected-vm-down"), &["make room for db", "NO_HOSTS_AVAILABLE"]);
    says(finding(&report_full, "vm-down"), &["make room for db"]);
    let tied = "  vms: {db: {running-on: beta, ha: restart, disks: {root: {sr: local1}}}}\n";
    let report_tied = report(&format!("{HA_POOL}{tied}{crash}"));
    says(finding(&report_tied, "protected-vm-down"), &["bring back beta", "a disk of db"]);
    says(finding(&report_tied, "overcommitted"), &["put the disks of db on a shared SR"]);
}

/// A hold that has run out is no more to be lifted.
#[test]
fn restarts_that_were_held_off_are_told_by_the_line_that_held_them() {
    let yaml = format!(
        "{HA_POOL}  vms: {{db: {{running-on: beta, ha: restart}}}}\ntimeline:\n  - {{at: 4m, run: xe pool-ha-prevent-restarts-for seconds=900}}\n  - {{at: 5m, fault: {{crash: beta}}}}\n"
    );
    let report = report(&yaml);
    let found = finding(&report, "protected-vm-down");
    assert!(found.until.is_some(), "HA restarts it when the 900 s are over");
    says(found, &[&format!("leave out line {}", line(&yaml, "prevent-restarts")), "sooner"]);
    // The lock was HA's to release, and not the one's who typed something before.
    says(finding(&report, "stale-lock"), &["HA ended it"]);
}

/// HA releases the locks of hosts that it took for fenced, and hosts that boot release their own: nobody need reach for
/// what lets a second user in.
#[test]
fn where_ha_waits_for_a_liveset_nobody_is_sent_to_release_locks_by_hand() {
    let yaml = format!(
        "{HA_POOL}  vms: {{db: {{running-on: beta, ha: restart}}, web: {{running-on: gamma}}}}\ntimeline:\n  - {{at: 5m, fault: {{sr-outage: nfs1}}}}\n  - {{at: 10m, fault: {{crash: gamma}}}}\n"
    );
    let report = report(&yaml);
    finding(&report, "whole-pool-fenced");
    for found in report.hazards.iter().filter(|found| ["stale-lock", "ghost-record", "vm-down"].contains(&found.hazard)) {
        says(found, &["bring back a liveset"]);
        assert!(!found.advice.contains("resetvdis") && !found.advice.contains("reset-powerstate"), "{}: {}", found.hazard, found.advice);
    }
    let unprotected = report.hazards.iter().find(|found| found.hazard == "vm-down" && found.vm.as_deref() == Some("web"));
    says(unprotected.expect("web is down, and HA does not start it"), &["`xe vm-start vm=web`"]);
}

/// Switching HA on broke nothing, and it is not what ended an outage much later.
#[test]
fn what_switched_ha_on_is_neither_what_broke_nor_what_ended_it() {
    let yaml = format!(
        "{}timeline:\n  - {{at: 1m, run: xe pool-ha-enable}}\n  - {{at: 20m, fault: {{isolate: [alpha, beta, gamma]}}, for: 3m}}\n  - {{at: 20m, fault: {{sr-outage: nfs1}}, for: 3m}}\n",
        POOL.replace("{db: {running-on: beta}}", "{db: {running-on: beta, ha: restart}}")
    );
    let report = report(&yaml);
    for hazard in ["whole-pool-fenced", "stale-lock", "bad-default-sr"] {
        let found = finding(&report, hazard);
        assert!(found.until.is_some(), "{hazard}: all is whole again, and the hosts boot");
        assert!(!found.advice.contains("pool-ha-enable"), "{hazard}: {}", found.advice);
    }
}

/// A guest that was migrated by the operator is not what went wrong: the lock that he released without a look is, and the
/// advice is about it.
#[test]
fn the_headline_names_what_should_have_been_otherwise() {
    let path = common::root().join("scenarios/basics/migration-that-had-not-failed.yaml");
    let text = std::fs::read_to_string(&path).expect("the story");
    let scenario = common::load("story.yaml", &text);
    let reports = common::run(&scenario, true);
    let hasty = reports.iter().find(|report| report.recovery.as_deref() == Some("without-a-look")).expect("the hasty recovery");
    let wrong = hasty.first_wrong.as_ref().expect("a headline");
    assert_eq!(wrong.line, Some(line(&text, "id: release")), "{}", wrong.what);
    assert!(
        finding(hasty, "double-writer").because.iter().any(|part| part.line == Some(line(&text, "id: move"))),
        "the migration is among the causes"
    );
    // Nor is it the promotion where somebody else, in the timeline, destroyed under a guest what it had open.
    let text = std::fs::read_to_string(common::root().join("scenarios/storage/merged-under-a-guest.yaml")).expect("the story");
    let reports = common::run(&common::load("story.yaml", &text), true);
    let hasty = reports.iter().find(|report| report.recovery.as_deref() == Some("hasty")).expect("the hasty recovery");
    let wrong = hasty.first_wrong.as_ref().expect("a headline");
    assert_eq!(wrong.line, Some(line(&text, "snapshot-uninstall")), "{}", wrong.what);
}
