//! Totals, for containers that hold a number and its total in one element.

use musefs_contracts::anatomy::Anatomy;
use musefs_contracts::edit::{Edit, EditValue, KeyChange};
use musefs_contracts::tags::{NUMBERS_AND_TOTALS, digest_values};
use std::borrow::Cow;

/// The edit as a container writes it that holds a number and its total in one element: a changed total becomes part of its
/// number (`tracknumber` 2 and `tracktotal` 10 are `2/10`).
///
/// A total that the file itself holds by its own name is changed there as well. What is no number stays a key of its own.
/// Where the file says the same in its own way already, there is nothing to change.
pub fn with_totals<'a>(anatomy: &Anatomy, edit: &'a Edit) -> Cow<'a, Edit> {
    let mut folded = Cow::Borrowed(edit);
    for (number, total) in NUMBERS_AND_TOTALS {
        let Some(of_total) = edit.change(total) else { continue };
        let in_file = |key: &str| anatomy.keys.iter().find(|known| known.key == key).map(|known| known.digest);
        let Some(both) = together(edit.change(number), of_total) else {
            // The number may have been brought along by its total alone: what is not written together stays as it is.
            if edit.change(number).and_then(texts).is_some_and(|values| in_file(number) == Some(digest_values(values)))
            {
                folded.to_mut().changes.retain(|change| change.key != number);
            }
            continue;
        };
        let changes = &mut folded.to_mut().changes;
        let is_own = in_file(total).is_some_and(|digest| digest != digest_values([]));
        changes.retain(|change| change.key != number && (change.key != total || is_own));
        if in_file(number) != Some(digest_values([both.as_str()])) {
            let at = changes.partition_point(|change| change.key.as_str() < number);
            changes.insert(at, KeyChange { key: number.to_owned(), values: vec![EditValue::Text(both)] });
        }
    }
    folded
}

/// Number and total in one value. A number that is not known is 0, as it is in files of all containers.
fn together(number: Option<&KeyChange>, total: &KeyChange) -> Option<String> {
    let total = single(total).filter(|total| is_number(total))?;
    let number = match number.filter(|number| !number.values.is_empty()) {
        Some(number) => single(number)?.split('/').next().map(str::trim)?,
        None => "0",
    };
    is_number(number).then(|| format!("{number}/{total}"))
}

/// The values, if all of them are text.
fn texts(change: &KeyChange) -> Option<Vec<&str>> {
    change.values.iter().map(EditValue::text).collect()
}

fn single(change: &KeyChange) -> Option<&str> {
    match change.values.as_slice() {
        [EditValue::Text(text)] => Some(text.trim()),
        _ => None,
    }
}

fn is_number(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[cfg(test)]
#[path = "totals_tests.rs"]
mod tests;
