//! `musefs inspect`: what a file is made of, and what an edit would write anew.

use crate::cli::InspectArgs;
use crate::errors::{CommandResult, Ending, Failure};
use crate::output::{counted, say};
use crate::wiring::formats;
use musefs_backing::{FileBacking, Purpose};
use musefs_contracts::anatomy::{ByteRange, Editability};
use musefs_contracts::edit::{Edit, EditValue, KeyChange};
use musefs_contracts::layout::{Layout, Segment};
use musefs_contracts::meter::NoMeter;
use musefs_contracts::probe::Probe;
use musefs_scan::{Examined, examine};
use serde_json::{Value, json};

/// Runs the command.
pub(crate) fn run(args: &InspectArgs) -> CommandResult {
    let formats = formats();
    let backing = FileBacking::new(Purpose::Scan, &NoMeter);
    let failed = |what: &str| Err(Failure::new(format!("{}: {what}", args.file.display())));
    let probe = match examine(&backing, &formats, &args.file) {
        Examined::Audio { probe, .. } => probe,
        Examined::NotAudio => return failed("it is no audio file of a kind that musefs knows; name another"),
        Examined::Vanished => return failed("there is no such file; name one that is there"),
        Examined::Unreadable(reason) => return failed(&format!("{reason}; name a file that you may read")),
    };
    let format = formats.by_id(&probe.anatomy.format);
    let name_of = |element: &_| format.map(|format| format.element_name(element)).unwrap_or_default();
    let layout = format.filter(|_| probe.anatomy.is_editable()).and_then(|f| f.layout(&probe.anatomy, &sample()).ok());
    let report = report(&probe, &name_of, layout.as_ref());
    if args.json {
        say(format!("{report:#}"));
    } else {
        print(&report);
    }
    Ok(Ending::Done)
}

/// An edit of the kind people make most.
fn sample() -> Edit {
    let title = vec![EditValue::Text("Another title".to_owned())];
    Edit { changes: vec![KeyChange { key: "title".to_owned(), values: title }], art: None }
}

fn report(
    probe: &Probe,
    name_of: &dyn Fn(&musefs_contracts::anatomy::Element) -> String,
    layout: Option<&Layout>,
) -> Value {
    let anatomy = &probe.anatomy;
    let elements = anatomy.elements.iter().map(|element| {
        json!({
            "name": name_of(element),
            "offset": element.range.offset,
            "length": element.range.len,
            "key": anatomy.key_of(element),
        })
    });
    let pictures = anatomy.pictures.iter().map(|picture| {
        json!({
            "mime": picture.mime,
            "type": picture.picture_type,
            "description": picture.description,
            "offset": picture.range.offset,
            "length": picture.range.len,
        })
    });
    let tags: serde_json::Map<String, Value> =
        probe.tags.iter().map(|(key, values)| (key.to_owned(), json!(values))).collect();
    json!({
        "format": anatomy.format.as_str(),
        "size": anatomy.size,
        "audio": { "offset": anatomy.audio.offset, "length": anatomy.audio.len },
        "served_as_it_is": match &anatomy.editability {
            Editability::Editable => None,
            Editability::Verbatim(reason) => Some(reason),
        },
        "elements": elements.collect::<Vec<_>>(),
        "tags": tags,
        "pictures": pictures.collect::<Vec<_>>(),
        "with_another_title": layout.map(rewritten),
    })
}

/// How a served file is put together.
fn rewritten(layout: &Layout) -> Value {
    let segment = |segment: &Segment| match segment {
        Segment::Backing(ByteRange { offset, len }) => json!({ "from": "file", "offset": offset, "length": len }),
        Segment::Bytes(bytes) => json!({ "from": "written anew", "length": bytes.len() }),
        Segment::Computed(computed) => json!({ "from": "computed", "length": computed.len() }),
        other => json!({ "from": "store", "length": other.len() }),
    };
    json!({ "size": layout.len(), "segments": layout.segments().map(segment).collect::<Vec<_>>() })
}

fn print(report: &Value) -> bool {
    let bytes = |length: &Value| counted(length.as_u64().unwrap_or_default(), "byte");
    let text = |value: &Value| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let list = |key: &str| report[key].as_array().cloned().unwrap_or_default();
    let mut lines = vec![
        format!("format    {}", text(&report["format"])),
        format!("size      {}", report["size"]),
        format!("audio     {} at {}", bytes(&report["audio"]["length"]), report["audio"]["offset"]),
    ];
    if let Some(reason) = report["served_as_it_is"].as_str() {
        lines.push(format!("served as it is: {reason}"));
    }
    lines.push("elements".to_owned());
    for element in list("elements") {
        let key = element["key"].as_str().map(|key| format!("  {key}")).unwrap_or_default();
        let (offset, length) = (&element["offset"], &element["length"]);
        lines.push(format!("  {offset:>10} {length:>9}  {}{key}", text(&element["name"])));
    }
    lines.push("tags".to_owned());
    for (key, values) in report["tags"].as_object().into_iter().flatten() {
        for value in values.as_array().into_iter().flatten() {
            lines.push(format!("  {key} = {}", text(value).escape_debug()));
        }
    }
    lines.push("pictures".to_owned());
    for picture in list("pictures") {
        let (offset, length) = (&picture["offset"], &picture["length"]);
        let words = format!("{} type {} {}", text(&picture["mime"]), picture["type"], text(&picture["description"]));
        lines.push(format!("  {offset:>10} {length:>9}  {}", words.trim_end().escape_debug()));
    }
    if let Some(segments) = report["with_another_title"]["segments"].as_array() {
        lines.push(format!("with another title it would be {}:", bytes(&report["with_another_title"]["size"])));
        for segment in segments {
            let offset = segment["offset"].as_u64().map(|offset| format!(" at {offset}")).unwrap_or_default();
            lines.push(format!("  {:>10}  {}{offset}", segment["length"].to_string(), text(&segment["from"])));
        }
    }
    lines.iter().all(say)
}
