use super::super::TAG;
use super::*;

/// A history of `edits` commands of three entries each, a minute apart, the last one now.
fn history(edits: i64) -> Connection {
    let connection = Connection::open_in_memory().unwrap();
    connection.execute_batch(include_str!("../contract.sql")).unwrap();
    connection.execute_batch(include_str!("../side.sql")).unwrap();
    for edit in 0..edits {
        for place in 0..3 {
            let at = now_ms() - (edits - 1 - edit) * 60_000;
            connection
                .execute(
                    "INSERT INTO musefs_history (at, track_id, kind, flags, key, ordinal, new_value, edit)
                     VALUES (?1, 1, ?2, 2, 'k' || ?3, 0, 'a value', ?4)",
                    params![at, TAG, place, edit * 3 + 1],
                )
                .unwrap();
        }
    }
    connection
}

/// The entries that are left within the bounds.
#[track_caller]
fn check(bounds: Bounds, left: &[i64]) {
    let connection = history(4);
    for _ in 0..2 {
        trim_to(&connection, bounds).unwrap();
        let mut statement = connection.prepare("SELECT DISTINCT edit FROM musefs_history ORDER BY seq").unwrap();
        let edits: Vec<i64> = statement.query_map([], |row| row.get(0)).unwrap().map(Result::unwrap).collect();
        assert_eq!(edits, left, "{bounds:?}");
        let entries: i64 = connection.query_row("SELECT count(*) FROM musefs_history", [], |row| row.get(0)).unwrap();
        assert_eq!(entries as usize, left.len() * 3, "an edit goes as a whole");
    }
}

const WIDE: Bounds = Bounds { age_ms: 3_600_000, entries: 1_000, bytes: 1 << 20 };

#[test]
fn within_the_bounds_nothing_is_forgotten() {
    check(WIDE, &[1, 4, 7, 10]);
}

#[test]
fn the_oldest_edits_are_forgotten_by_age_count_and_size() {
    check(Bounds { age_ms: 90_000, ..WIDE }, &[7, 10]);
    check(Bounds { entries: 7, ..WIDE }, &[7, 10]);
    check(Bounds { bytes: 6 * 71, ..WIDE }, &[7, 10]);
}

#[test]
fn the_latest_edit_stays_whatever_it_holds() {
    check(Bounds { entries: 1, ..WIDE }, &[10]);
    check(Bounds { bytes: 0, ..WIDE }, &[10]);
}
