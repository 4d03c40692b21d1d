use super::*;
use musefs_contracts::metric::{
    ALL, BACKING_OPENS_TOTAL, HANDLES_OPEN, PASSTHROUGH_ACTIVE, READ_ERRORS_TOTAL, TREE_NODES,
};

/// The number a document gives a metric.
fn number<'a>(document: &'a str, name: &str) -> Option<&'a str> {
    document.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}

/// A registry of which every metric was asked for.
fn all_handed_out() -> Arc<Registry> {
    let registry = Registry::new();
    for metric in ALL {
        match metric.kind {
            MetricKind::Counter => drop(registry.counter(metric)),
            MetricKind::Gauge if metric.name == UPTIME_SECONDS.name => {}
            MetricKind::Gauge if metric.name == PROCESS_RESIDENT_BYTES.name => {}
            MetricKind::Gauge => drop(registry.gauge(metric)),
        }
    }
    registry
}

fn built_in(presence: Presence) -> bool {
    match presence {
        Presence::Always | Presence::Passthrough => true,
        Presence::Jemalloc => cfg!(feature = "jemalloc"),
        Presence::Syscalls => cfg!(feature = "syscalls"),
    }
}

#[test]
fn every_metric_of_this_build_stands_with_help_type_and_number_and_no_other() {
    let document = all_handed_out().render();
    for metric in ALL {
        let kind = if metric.kind == MetricKind::Counter { "counter" } else { "gauge" };
        let built = built_in(metric.presence);
        let lines: Vec<_> = document.lines().collect();
        assert_eq!(lines.contains(&format!("# HELP {} {}", metric.name, metric.help).as_str()), built, "{document}");
        assert_eq!(lines.contains(&format!("# TYPE {} {kind}", metric.name).as_str()), built, "{document}");
        assert_eq!(number(&document, metric.name).is_some(), built, "{}: {document}", metric.name);
    }
    let known = ALL.iter().filter(|metric| built_in(metric.presence)).count();
    assert_eq!(document.lines().count(), 3 * known, "{document}");
}

#[test]
fn the_document_of_a_silent_mount_holds_the_registrys_own_alone() {
    let document = Registry::new().render();
    let mut names: Vec<_> = document.lines().filter_map(|line| line.strip_prefix("# TYPE ")).collect();
    names.retain(|line| !line.starts_with("musefs_alloc_"));
    assert_eq!(names, ["musefs_process_resident_bytes gauge", "musefs_uptime_seconds gauge"]);
    assert_eq!(document.contains("musefs_alloc_allocated_bytes"), cfg!(feature = "jemalloc"));
}

#[test]
fn numbers_are_those_of_their_owners_at_the_moment_of_looking() {
    let registry = Registry::new();
    let (errors, nodes) = (registry.counter(&READ_ERRORS_TOTAL), registry.gauge(&TREE_NODES));
    errors.add(2);
    nodes.set(1_000_001);
    let first = registry.render();
    assert_eq!(number(&first, "musefs_read_errors_total"), Some("2"));
    assert_eq!(number(&first, "musefs_tree_nodes"), Some("1000001"));
    errors.increment();
    nodes.set(7);
    let second = registry.render();
    assert_eq!(number(&second, "musefs_read_errors_total"), Some("3"));
    assert_eq!(number(&second, "musefs_tree_nodes"), Some("7"));
}

#[test]
fn whole_numbers_are_written_without_exponent_or_loss() {
    let registry = Registry::new();
    let nodes = registry.gauge(&TREE_NODES);
    let errors = registry.counter(&READ_ERRORS_TOTAL);
    for n in [0, 1, 999_999_999_999, (1 << 53) - 1] {
        nodes.set(n);
        assert_eq!(number(&registry.render(), "musefs_tree_nodes"), Some(n.to_string().as_str()));
    }
    errors.add(u64::MAX - 5);
    assert_eq!(number(&registry.render(), "musefs_read_errors_total"), Some((u64::MAX - 5).to_string().as_str()));
}

#[test]
fn a_gauge_seen_between_a_take_and_its_add_is_none_rather_than_huge() {
    let registry = Registry::new();
    let handles = registry.gauge(&HANDLES_OPEN);
    handles.sub(1);
    assert_eq!(number(&registry.render(), "musefs_handles_open"), Some("0"));
    handles.add(3);
    assert_eq!(number(&registry.render(), "musefs_handles_open"), Some("2"));
}

#[test]
fn observers_are_asked_when_someone_looks() {
    let registry = Registry::new();
    let seen = Arc::new(std::sync::atomic::AtomicU64::new(4));
    let read = Arc::clone(&seen);
    let load = move || read.load(std::sync::atomic::Ordering::Relaxed) as f64;
    registry.observe(&PASSTHROUGH_ACTIVE, Box::new(load));
    assert_eq!(number(&registry.render(), "musefs_passthrough_active"), Some("4"));
    seen.store(9, std::sync::atomic::Ordering::Relaxed);
    assert_eq!(number(&registry.render(), "musefs_passthrough_active"), Some("9"));
}

#[test]
fn asking_twice_gives_the_same_number() {
    let registry = Registry::new();
    registry.counter(&READ_ERRORS_TOTAL).add(2);
    registry.counter(&READ_ERRORS_TOTAL).add(3);
    assert_eq!(number(&registry.render(), "musefs_read_errors_total"), Some("5"));
    registry.gauge(&TREE_NODES).set(2);
    registry.gauge(&TREE_NODES).add(3);
    assert_eq!(number(&registry.render(), "musefs_tree_nodes"), Some("5"));
}

#[test]
fn a_handle_that_this_build_does_not_report_still_counts() {
    let registry = Registry::new();
    let opens = registry.counter(&BACKING_OPENS_TOTAL);
    opens.add(2);
    assert_eq!(opens.get(), 2);
    let shown = cfg!(feature = "syscalls").then_some("2");
    assert_eq!(number(&registry.render(), "musefs_backing_opens_total"), shown);
}

#[test]
fn registries_of_two_mounts_share_nothing() {
    let (first, second) = (Registry::new(), Registry::new());
    first.gauge(&TREE_NODES).set(1);
    second.gauge(&TREE_NODES).set(2);
    assert_eq!(number(&first.render(), "musefs_tree_nodes"), Some("1"));
    assert_eq!(number(&second.render(), "musefs_tree_nodes"), Some("2"));
}

#[test]
fn the_document_is_rendered_afresh_each_time() {
    let registry = Registry::new();
    let nodes = registry.gauge(&TREE_NODES);
    let document = registry.document();
    nodes.set(1);
    assert!(String::from_utf8(document.render().unwrap()).unwrap().contains("musefs_tree_nodes 1\n"));
    nodes.set(2);
    assert!(String::from_utf8(document.render().unwrap()).unwrap().contains("musefs_tree_nodes 2\n"));
}

#[test]
fn metrics_stand_in_the_order_of_their_names() {
    let document = all_handed_out().render();
    let names: Vec<_> = document.lines().filter_map(|line| line.strip_prefix("# HELP ")).collect();
    assert!(names.is_sorted(), "{document}");
}

#[test]
fn a_panicking_observer_leaves_the_registry_usable() {
    let registry = Registry::new();
    registry.gauge(&TREE_NODES).set(3);
    registry.observe(&PASSTHROUGH_ACTIVE, Box::new(|| panic!("an observer fails")));
    let looked = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| registry.render()));
    assert!(looked.is_err());
    registry.observe(&PASSTHROUGH_ACTIVE, Box::new(|| 1.0));
    assert_eq!(number(&registry.render(), "musefs_tree_nodes"), Some("3"));
}

#[cfg(feature = "jemalloc")]
#[test]
fn the_allocators_numbers_are_read_anew() {
    let registry = Registry::new();
    let document = registry.render();
    let resident: u64 = number(&document, "musefs_alloc_resident_bytes").unwrap().parse().unwrap();
    let active: u64 = number(&document, "musefs_alloc_active_bytes").unwrap().parse().unwrap();
    assert!(resident >= active && active > 0, "{document}");
}
