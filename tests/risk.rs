//! What is lost tonight: figures worked out by hand, and each plan that is told written down as a file and run by itself.

mod common;
mod folder;

use folder::Folder;
use poolsim::base::draw::Stream;
use poolsim::base::time::Span;
use poolsim::hazard::Severity;
use poolsim::scenario::model::Scenario;
use poolsim::search::risk::{self, Loss, Nowhere, Options, Risk, Subject};
use std::fmt::Write as _;
use std::process::Command;

const OPTIONS: Options = Options { seed: None, max_events: 5_000_000, max_work: 20_000_000_000, pairs_most: 64, links: true, tries: 3_000 };

fn load(yaml: &str) -> Scenario {
    poolsim::scenario::load("pool.yaml", yaml).unwrap_or_else(|told| panic!("{told:?}\n{yaml}")).scenario
}

fn of(yaml: &str) -> (Scenario, Risk) {
    let scenario = load(yaml);
    let risk = risk::risk(&scenario, &OPTIONS, &|| false);
    (scenario, risk)
}

fn host<'r>(scenario: &Scenario, risk: &'r Risk, name: &str) -> &'r Loss {
    let machine = scenario.pool.names.machine_ids().find(|machine| scenario.pool.names.machine(*machine) == name).unwrap();
    risk.losses.iter().find(|loss| loss.subject == Subject::Host(machine)).unwrap()
}

fn vms(scenario: &Scenario, of: &[poolsim::base::ids::VmId]) -> Vec<String> {
    of.iter().map(|vm| scenario.pool.names.vm(*vm).to_string()).collect()
}

fn nowhere(scenario: &Scenario, loss: &Loss) -> Vec<(String, String)> {
    let why = |why: &Nowhere| match why {
        Nowhere::Disk(sr) => format!("on {}", scenario.pool.names.sr(*sr)),
        Nowhere::Refused(code) => code.clone(),
        Nowhere::NoHost => "no host".into(),
    };
    loss.nowhere.iter().map(|(vm, reason)| (scenario.pool.names.vm(*vm).to_string(), why(reason))).collect()
}

/// Three hosts of 8 GiB, and what each has left: alpha 2, beta 1, gamma 3 (8 - 5).
const TIGHT: &str = "
pool:
  hosts: {alpha: {memory: 8GiB}, beta: {memory: 8GiB}, gamma: {memory: 8GiB}}
  storage: {nfs1: {type: nfs}, disk: {type: ext, host: gamma}}
  vms:
    a1: {running-on: alpha, memory: 6GiB}
    b1: {running-on: beta, memory: 4GiB}
    b2: {running-on: beta, memory: 3GiB}
    g1: {running-on: gamma, memory: 4GiB}
    g2: {running-on: gamma, memory: 1GiB, disks: {root: {sr: disk}}}
    off: {memory: 1GiB}
settings: {memory-overhead: none}
";

/// Worked out by hand. If beta dies, 4 GiB fit nowhere and 3 GiB fit on gamma; if gamma dies, 4 GiB fit nowhere and the VM on its own
/// disk neither; if alpha dies, 6 GiB fit nowhere, and a new master is needed.
#[test]
fn memory_and_disks_say_what_has_nowhere_to_run() {
    let (scenario, risk) = of(TIGHT);
    let beta = host(&scenario, &risk, "beta");
    assert_eq!(vms(&scenario, &beta.down), ["b1", "b2"]);
    assert_eq!(vms(&scenario, &beta.left), ["b1", "b2"]);
    let said = nowhere(&scenario, beta);
    assert!(said.len() == 1 && said[0].0 == "b1", "{said:?}");
    let plan = beta.plan.as_ref().unwrap_or_else(|| panic!("{:?}", beta.against));
    let lines: Vec<&str> = plan.lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(
        lines,
        ["power-off beta", "xe host-forget uuid=$beta --force", "/opt/xensource/sm/resetvdis.py $beta $nfs1", "xe vm-start vm=b2"]
    );
    assert!(plan.shortest && plan.takes > Span::ZERO);
    assert_eq!(beta.locks.len(), 2, "one for each disk that was open there");

    let gamma = host(&scenario, &risk, "gamma");
    assert_eq!(vms(&scenario, &gamma.down), ["g1", "g2"]);
    let said = nowhere(&scenario, gamma);
    assert_eq!(said.len(), 2, "{said:?}");
    assert_eq!(said[1], ("g2".to_string(), "on disk".to_string()));
    assert_eq!(gamma.srs.len(), 1);

    let alpha = host(&scenario, &risk, "alpha");
    assert!(alpha.master && alpha.masters.is_empty());
    assert_eq!(nowhere(&scenario, alpha).len(), 1);
    let words: Vec<&str> =
        alpha.plan.as_ref().unwrap_or_else(|| panic!("{:?}", alpha.against)).lines.iter().map(|line| line.text.as_str()).collect();
    assert_eq!(words[0], "power-off alpha");
    assert!(words.contains(&"xe pool-emergency-transition-to-master"), "{words:?}");
    assert!(words.iter().all(|line| !line.contains("vm-start")), "nothing of it can be started: {words:?}");

    // Whoever does not switch a host off that is only cut off has two hosts that write to one disk (manual, member failures).
    let wrong = beta.wrong.as_ref().unwrap();
    assert_eq!((wrong.hazard.doc().severity, wrong.world), (Severity::Corruption, "isolated"), "{wrong:?}");
    assert!(wrong.what.contains("power-off beta"), "{wrong:?}");
}

/// An SR takes the VMs that write to it, wherever they run; two hosts take what each takes.
#[test]
fn srs_pairs_and_links() {
    let (scenario, risk) = of(TIGHT);
    let find = |wanted: &dyn Fn(Subject) -> bool| risk.losses.iter().find(|loss| wanted(loss.subject)).unwrap();
    let sr = find(&|subject| matches!(subject, Subject::Sr(sr) if scenario.pool.names.sr(sr) == "nfs1"));
    assert_eq!(vms(&scenario, &sr.stuck), ["a1", "b1", "b2", "g1"]);
    assert_eq!((sr.down.len(), nowhere(&scenario, sr).len(), sr.plan.is_none()), (0, 4, true));
    assert_eq!(risk.pairs, 3);
    for loss in &risk.losses {
        if let Subject::Pair(one, other) = loss.subject {
            let single = |machine| risk.losses.iter().find(|loss| loss.subject == Subject::Host(machine)).unwrap();
            let mut both = [single(one).down.clone(), single(other).down.clone()].concat();
            both.sort();
            assert_eq!(loss.down, both);
            assert!(loss.nowhere.len() >= single(one).nowhere.len().max(single(other).nowhere.len()));
        }
    }
    // 3 hosts, 2 SRs, 3 pairs, 3 managements, 3 paths to the one shared SR.
    assert_eq!(risk.losses.len(), 3 + 2 + 3 + 3 + 3);
    let path = find(&|subject| matches!(subject, Subject::Path(host, _) if scenario.pool.names.machine(host) == "beta"));
    assert_eq!(vms(&scenario, &path.stuck), ["b1", "b2"]);
    let link = find(&|subject| matches!(subject, Subject::Link(host) if scenario.pool.names.machine(host) == "beta"));
    assert!(link.down.is_empty() && link.stuck.is_empty(), "guests go on behind a cut link");
}

/// Four hosts of 20 GiB with three VMs of 4 GiB each: two more fit on each. So the three of the master that dies fit on the other
/// three, though not on the new master alone, which knows of the others only when it has heard them; and of the six of two hosts
/// four fit.
#[test]
fn a_new_master_is_given_time_to_hear_the_others() {
    let (scenario, risk) = of("
settings: {memory-overhead: none}
pool:
  hosts: {alpha: {memory: 20GiB}, beta: {memory: 20GiB}, gamma: {memory: 20GiB}, delta: {memory: 20GiB}}
  storage: {nfs1: {type: nfs}}
  vms:
    a1..a3: {running-on: alpha, memory: 4GiB}
    b1..b3: {running-on: beta, memory: 4GiB}
    c1..c3: {running-on: gamma, memory: 4GiB}
    d1..d3: {running-on: delta, memory: 4GiB}
");
    for name in ["alpha", "beta", "gamma", "delta"] {
        let loss = host(&scenario, &risk, name);
        assert_eq!(nowhere(&scenario, loss), [], "{name}");
        let plan = loss.plan.as_ref().unwrap_or_else(|| panic!("{name}: {:?}", loss.against));
        assert_eq!(plan.lines.iter().filter(|line| line.starts.is_some()).count(), 3, "{name}");
    }
    let pairs: Vec<&Loss> = risk.losses.iter().filter(|loss| matches!(loss.subject, Subject::Pair(..))).collect();
    assert_eq!(pairs.len(), 6);
    for loss in pairs {
        assert_eq!((nowhere(&scenario, loss).len(), loss.plan.is_some()), (2, true), "{:?} {:?}", loss.subject, loss.against);
    }
}

/// HA starts what it protects, in the order of the records, and nobody else is started.
#[test]
fn ha_restarts_in_its_order() {
    let yaml = "
pool:
  hosts: [alpha, beta, gamma]
  storage: {nfs1: {type: nfs}}
  ha: {failures-to-tolerate: 1}
  vms:
    last: {running-on: beta, ha: restart, order: 3}
    first: {running-on: beta, ha: restart, order: 1}
    second: {running-on: beta, ha: restart, order: 2}
    alone: {running-on: beta}
";
    let (scenario, risk) = of(yaml);
    let beta = host(&scenario, &risk, "beta");
    let order: Vec<_> = beta.restarted.iter().map(|one| scenario.pool.names.vm(one.vm)).collect();
    assert_eq!(order, ["first", "second", "last"]);
    assert!(beta.restarted.windows(2).all(|pair| pair[0].after <= pair[1].after));
    assert_eq!(vms(&scenario, &beta.left), ["alone"]);
    assert!(beta.nowhere.is_empty());
    let alpha = host(&scenario, &risk, "alpha");
    assert!(alpha.master && alpha.masters.len() == 1, "HA elects another");
}

/// One host, nobody else: nothing can be done, and that is said.
#[test]
fn a_pool_of_one_has_nowhere() {
    let (scenario, risk) = of("pool:\n  hosts: [alpha]\n  storage: {nfs1: {type: nfs}}\n  vms: {db: {running-on: alpha}}\n");
    let alpha = host(&scenario, &risk, "alpha");
    assert_eq!(nowhere(&scenario, alpha), [("db".to_string(), "no host".to_string())]);
    assert!(alpha.plan.is_none() && alpha.against.is_some());
    assert_eq!(risk.pairs, 0);
}

/// A pool of up to four hosts, by its number.
fn random(n: u64) -> String {
    let stream = Stream::new(n, "test", "risk");
    let mut k = 0;
    let mut below = |bound: u64| {
        k += 1;
        stream.below(k, bound)
    };
    let hosts = ["alpha", "beta", "gamma", "delta"];
    let count = 2 + below(3) as usize;
    let mut free: Vec<u64> = (0..count).map(|_| 4 + below(6)).collect();
    let mut yaml = String::from("pool:\n  hosts:\n");
    for (host, memory) in hosts.iter().zip(&free) {
        let _ = writeln!(yaml, "    {host}: {{memory: {memory}GiB}}");
    }
    let local = below(count as u64) as usize;
    let _ = writeln!(yaml, "  storage: {{nfs1: {{type: nfs}}, lun: {{type: lvmoiscsi}}, own: {{type: lvm, host: {}}}}}", hosts[local]);
    if below(3) == 0 {
        yaml.push_str("  ha: {failures-to-tolerate: 1, allow-overcommit: true}\n");
    }
    yaml.push_str("  vms:\n    halted: {memory: 1GiB}\n");
    for vm in 0..1 + below(6) {
        let (on, memory) = (below(count as u64) as usize, 1 + below(4));
        if free[on] < memory {
            continue;
        }
        free[on] -= memory;
        let disks = match below(4) {
            0 if on == local => "{root: {sr: own}}",
            1 => "{root: {sr: lun}, data: {sr: nfs1}}",
            2 => "{root: {sr: nfs1, mode: ro}}",
            _ => "{root: {sr: nfs1}}",
        };
        let ha = if yaml.contains("  ha:") && below(2) == 0 { ", ha: restart" } else { "" };
        let _ = writeln!(yaml, "    vm{vm}: {{running-on: {}, memory: {memory}GiB, disks: {disks}{ha}}}", hosts[on]);
    }
    yaml.push_str("settings: {memory-overhead: none}\n");
    yaml
}

/// The second way: what is told of a host is written down as a scenario of its own, with the plan as a recovery that must go
/// through and the starts that must not, and run in each world by itself.
#[test]
fn what_is_told_holds_when_it_is_written_down() {
    let (mut plans, mut refused, mut none, mut homeless) = (0, 0, 0, 0);
    for n in 0..12 {
        let yaml = random(n);
        let scenario = load(&yaml);
        let risk = risk::risk(&scenario, &Options { pairs_most: 0, links: false, ..OPTIONS }, &|| false);
        let names = &scenario.pool.names;
        for loss in &risk.losses {
            let Subject::Host(lost) = loss.subject else { continue };
            homeless += loss.nowhere.iter().filter(|(_, why)| matches!(why, Nowhere::Disk(_))).count();
            for (vm, why) in &loss.nowhere {
                let own = scenario.vbds(*vm).iter().map(|vbd| names.srs[names.vdis[names.vbds[vbd.at()].vdi.at()].sr.at()].machine);
                assert_eq!(own.flatten().any(|home| home == lost), matches!(why, Nowhere::Disk(_)), "{n}: {why:?}\n{yaml}");
            }
            let Some(plan) = &loss.plan else {
                none += usize::from(loss.against.is_some());
                continue;
            };
            plans += 1;
            let lost = names.machine(lost);
            let mut file = format!("{yaml}worlds:\n");
            for (world, fault) in [("dead", "crash"), ("isolated", "isolate"), ("hung", "hang")] {
                let _ = writeln!(file, "  {world}: [{{at: 1m, fault: {{{fault}: {lost}}}}}]");
            }
            let console = plan.lines.iter().find(|line| line.text.starts_with("xe ")).map(|line| names.machine(line.host));
            let begin = 60 + plan.begins.0 / 1_000_000;
            let _ =
                writeln!(file, "recovery:\n  at: {begin}s\n  host: {}\n  steps:", console.unwrap_or(names.machine(scenario.pool.master)));
            for line in &plan.lines {
                let hand =
                    ["power-off ", "power-on ", "check-off "].iter().find_map(|word| Some((word.trim(), line.text.strip_prefix(word)?)));
                let _ = match hand {
                    None if line.text.starts_with("until all hosts that are left are live") => {
                        let left = names.machine_ids().map(|machine| names.machine(machine)).filter(|name| *name != lost);
                        writeln!(file, "    - {{wait-for: {{host: [{}], live: true}}, note: wait}}", left.collect::<Vec<_>>().join(", "))
                    }
                    None if line.kind == poolsim::search::plan::Kind::Wait => match line.text.split_once(", until the new master") {
                        Some((span, _)) => writeln!(file, "    - {{after: {span}, note: wait}}"),
                        None => writeln!(file, "    - {{wait-for: {{xe: answers}}, note: wait}}"),
                    },
                    Some((act, host)) => writeln!(file, "    - {{act: {{{act}: {host}}}, must: ok}}"),
                    None => writeln!(file, "    - {{run: '{}', must: ok}}", line.text.replace('\'', "''")),
                };
            }
            // Where only a master is wanted the VM's record still says that it runs.
            let given_up = plan.lines.iter().any(|line| line.text.contains("host-forget") || line.text.contains("vm-reset-powerstate"));
            for (vm, why) in loss.nowhere.iter().filter(|_| given_up) {
                if let Nowhere::Refused(code) = why {
                    refused += 1;
                    let _ = writeln!(file, "    - {{run: 'xe vm-start vm={}', must: {{code: {code}}}}}", names.vm(*vm));
                }
            }
            file.push_str("expect:\n  states:\n");
            let started: Vec<_> = loss.left.iter().filter(|vm| loss.nowhere.iter().all(|(one, _)| one != *vm)).collect();
            for vm in &started {
                let _ = writeln!(file, "    - {{at: end, vm: {}, power-state: running}}", names.vm(**vm));
            }
            if started.is_empty() {
                let _ = writeln!(file, "    - {{at: 0s, host: {lost}, known: true}}");
            }
            let written = load(&file);
            for case in written.cases() {
                let run = poolsim::run::run(&written, case, poolsim::engine::Options::default(), &[]);
                let world = &run.engine.world;
                let (began, name) = (run.engine.recovery_began.unwrap(), written.world_name(case).unwrap());
                // Whom a new master has not heard yet it holds for dead until it has called them.
                let passing = |found: &&poolsim::hazard::watch::Found| {
                    let of_lost = found.hosts.iter().any(|host| names.machine(*host) == lost);
                    found.hazard.doc().name == "presumed-dead-alive" && found.until.is_some() && !of_lost
                };
                let mut grave = run.found.iter().filter(|found| found.since > began && found.hazard.doc().severity >= Severity::Danger);
                let harm = grave.find(|found| !passing(found));
                assert!(harm.is_none(), "{n} {lost} {name}: {}\n{file}", harm.unwrap().sentence(world));
                let steps = run.program.steps.iter().zip(&run.engine.records);
                for ((sequence, step), record) in steps {
                    let met = step.expect.as_ref().is_none_or(|expect| {
                        let outcome = poolsim::scenario::model::Outcome {
                            status: record.status,
                            code: record.code.as_deref(),
                            exit: record.exit,
                            output: &record.output,
                            printed: record.printed,
                        };
                        expect.met_by(&outcome)
                    });
                    assert!(
                        met,
                        "{n} {lost} {name}: {sequence:?} {} ends with {:?} {:?}: {}\n{file}",
                        step.key, record.status, record.code, record.output
                    );
                }
                for vm in &started {
                    assert_eq!(world.runs_on(**vm).count(), 1, "{n} {lost} {name}: {}\n{file}", names.vm(**vm));
                }
            }
        }
    }
    assert!(plans > 12 && refused > 2 && homeless > 0 && none <= plans / 4, "{plans} {refused} {homeless} {none}");
}

/// Twice the same, however many threads.
#[test]
fn it_is_the_same_each_time() {
    let folder = Folder::new("risk");
    let file = folder.file("tight.yaml", TIGHT);
    let run = |args: &[&str]| {
        let output = Command::new(env!("CARGO_BIN_EXE_poolsim")).arg("risk").args(args).output().unwrap();
        (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap(), output.status.code().unwrap())
    };
    for format in ["text", "json", "md", "html"] {
        let one = run(&[&file, "--format", format, "-j", "1", "--links"]);
        assert_eq!((one.2, one.1.as_str()), (0, ""), "{format}");
        assert_eq!(one, run(&[&file, "--format", format, "-j", "3", "--links"]), "{format}");
        assert!(one.0.contains("b1"), "{}", one.0);
    }
    let (text, ..) = run(&[&file]);
    assert!(text.lines().all(|line| line.chars().count() <= 80), "{text}");
    let (json, ..) = run(&[&file, "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(value["hosts"][1]["nowhere"][0]["vm"], "b1");
    assert_eq!(value["hosts"][1]["nowhere"][0]["kind"], "memory", "{json}");
    assert_eq!(value["hosts"][2]["nowhere"][1]["kind"], "disk");
    // The worst host loses two VMs for good (gamma), the worst pair of two hosts more.
    for (condition, status) in [
        ("vm-nowhere > 0", 1),
        ("vm-nowhere > 2", 0),
        ("vm-nowhere >= 2", 1),
        ("no-plan > 0", 0),
        ("pair.vm-down >= 4", 1),
        ("sr.vm-down > 4", 0),
        ("vm-nowhere", 2),
        ("vm-gone > 0", 2),
    ] {
        let (_, err, got) = run(&[&file, "--fail-on", condition]);
        assert_eq!(got, status, "{condition}: {err}");
        assert_eq!(err.is_empty(), status == 0, "{condition}: {err}");
    }
    let target = folder.path("out.html");
    assert_eq!(run(&[&file, "--format", "html", "-o", &target]).2, 0);
    assert!(std::fs::read_to_string(&target).unwrap().starts_with("<!DOCTYPE html>"));
    assert_eq!(run(&[&file, "--format", "svg"]).2, 2);
    assert_eq!(run(&[&file, "--pairs", "1", "--format", "json"]).2, 0);
}
