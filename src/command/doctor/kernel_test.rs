//! Each setting, too low or too high, is found by its name, with a way to change it.

use super::finding::Verdict;
use super::kernel::{Need, check};
use super::testing::{Machine, faults};

const NEED: Need = Need { partitions: 1000, segments: 100_000, maps: 20_000, files: 30_000 };

#[test]
fn a_machine_that_is_set_up_has_nothing_to_change() {
    assert_eq!(faults(&check(&Machine::good(), &NEED)), []);
}

#[test]
fn each_setting_that_is_not_as_it_should_be_is_found() {
    let cases: [(&str, &str, &str, Verdict); 7] = [
        ("vm.max_map_count", "19999", "vm.max_map_count", Verdict::Wrong),
        ("vm.swappiness", "60", "vm.swappiness", Verdict::Advice),
        ("vm.dirty_background_ratio", "50", "vm.dirty_ratio", Verdict::Advice),
        ("vm.dirty_ratio", "10", "vm.dirty_ratio", Verdict::Advice),
        // A fifth of the memory, by the other of the two settings.
        ("vm.dirty_background_bytes", "3276800000", "vm.dirty_ratio", Verdict::Advice),
        ("vm.overcommit_memory", "2", "vm.overcommit_memory", Verdict::Wrong),
        ("vm.overcommit_memory", "nonsense", "vm.overcommit_memory", Verdict::Advice),
    ];
    for (setting, value, name, verdict) in cases {
        let mut machine = Machine::good();
        machine.set(setting, value);
        let findings = check(&machine, &NEED);
        assert_eq!(faults(&findings), [(name, verdict)], "{setting}={value}");
        let bad = findings.iter().find(|finding| finding.verdict == Verdict::Wrong);
        assert!(bad.is_none_or(|bad| bad.change.contains(name) && !bad.wanted.is_empty()), "{bad:?}");
    }
}

#[test]
fn without_swap_swappiness_does_not_matter() {
    let mut machine = Machine::good();
    machine.set("vm.swappiness", "60");
    machine.file("/proc/meminfo", "MemTotal:       16000000 kB\nSwapTotal:       0 kB\n");
    assert_eq!(faults(&check(&machine, &NEED)), []);
}

#[test]
fn too_few_files_for_the_logs_are_wrong_and_too_few_for_connections_are_to_think_about() {
    let mut machine = Machine::good();
    machine.open_files = 29_999;
    assert_eq!(faults(&check(&machine, &NEED)), [("open files", Verdict::Advice)]);
    machine.open_files = 1024;
    assert_eq!(faults(&check(&machine, &NEED)), [("open files", Verdict::Wrong)]);
}

#[test]
fn maps_are_reckoned_with_esker_s_own_budget_and_kafka_s_formula_is_told() {
    let mut machine = Machine::good();
    machine.set("vm.max_map_count", "65530");
    let finding = &check(&machine, &NEED)[0];
    assert_eq!(finding.verdict, Verdict::Good);
    assert!(finding.wanted.contains("Kafka would need 200000"), "{}", finding.wanted);
}
