//! What the operating system says of this process.

/// Resident memory of the whole process in bytes, or `None` where `/proc` does not tell.
pub(crate) fn resident_bytes() -> Option<u64> {
    resident_pages(&std::fs::read_to_string("/proc/self/statm").ok()?)?.checked_mul(rustix::param::page_size() as u64)
}

/// The second field of `/proc/PID/statm` (proc_pid_statm(5)): resident pages.
fn resident_pages(statm: &str) -> Option<u64> {
    statm.split_ascii_whitespace().nth(1)?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_second_field_of_statm_counts_resident_pages() {
        assert_eq!(resident_pages("2035 401 377 8 0 102 0\n"), Some(401));
        assert_eq!(resident_pages(""), None);
        assert_eq!(resident_pages("1 many"), None);
    }

    #[test]
    fn this_process_is_resident() {
        assert!(resident_bytes().is_some_and(|bytes| bytes > 64 << 10));
    }
}
