use super::*;

fn row(id: i64, path: Option<&str>, tags: &[(&str, &[&str])]) -> Row {
    let tags = tags.iter().map(|(key, values)| {
        ((*key).to_owned(), values.iter().map(|value| (*value).to_owned()).collect::<Vec<String>>())
    });
    Row { id: Some(TrackId(id)), path: path.map(PathBuf::from), tags: tags.collect() }
}

fn awkward() -> Vec<Row> {
    vec![
        row(1, Some("/m/a, \"b\".flac"), &[("genre", &["Jazz", "Bop; Cool"]), ("lyrics", &["one\ntwo\r\n\tthree"])]),
        row(2, None, &[("genre", &["", "\\", "\\x"]), ("path", &["a tag of that name"]), ("title", &[" blanks "])]),
        row(3, Some("/m/c.flac"), &[("id", &["7"])]),
    ]
}

#[test]
fn csv_gives_back_what_was_written() {
    let rows = awkward();
    let mut columns: BTreeMap<String, usize> = BTreeMap::new();
    for (key, values) in rows.iter().flat_map(|row| &row.tags) {
        let count = columns.entry(key.clone()).or_default();
        *count = values.len().max(*count);
    }
    let mut bytes = Vec::new();
    let mut table = CsvTable::begin(&mut bytes, columns).unwrap();
    for row in &rows {
        table.write(row).unwrap();
    }
    table.finish().unwrap();
    let read = read_csv(bytes.as_slice()).unwrap();
    for (expected, (_, read)) in rows.iter().zip(&read) {
        let read = Row { tags: read.tags.clone().into_iter().filter(|(_, v)| !v.is_empty()).collect(), ..read.clone() };
        assert_eq!(&read, expected);
    }
    assert_eq!(read.len(), rows.len());
}

#[test]
fn jsonl_gives_back_what_was_written() {
    let lines: Vec<String> = awkward().iter().map(|row| document(row).to_string()).collect();
    let text = lines.join("\n");
    let read: Vec<Row> = read_jsonl(text.as_bytes()).unwrap().into_iter().map(|(_, row)| row).collect();
    assert_eq!(read, awkward());
}

#[test]
fn json_of_other_programs_is_understood() {
    let text = r#"{"path": "/a", "tags": {"Title": "x", "tracknumber": 3, "genre": null, "artist": []}, "more": 1}"#;
    let expected: &[(&str, &[&str])] = &[("title", &["x"]), ("tracknumber", &["3"]), ("genre", &[]), ("artist", &[])];
    assert_eq!(read_jsonl(text.as_bytes()).unwrap()[0].1.tags, row(1, None, expected).tags);
}

#[test]
fn what_cannot_be_read_is_named_by_line() {
    for latin in [&b"id,title\n1,Gr\xf6\n"[..], b"\xff\xfei\0d\0"] {
        assert!(read_csv(latin).unwrap_err().line().contains("UTF-8"));
        assert!(read_jsonl(latin).unwrap_err().line().contains("line 1"));
    }
    let jsonl = |text: &str| read_jsonl(text.as_bytes()).unwrap_err().line();
    assert!(jsonl("{\"id\": 1, \"tags\": {}}\n{").contains("line 2: it is no JSON"));
    assert!(jsonl("[\n").contains("one JSON object"));
    assert!(jsonl(r#"{"id": 1, "title": "x"}"#).contains("has no \"tags\""));
    assert!(jsonl(r#"{"id": "x", "tags": {}}"#).contains("\"id\""));
    assert_eq!(read_jsonl("\u{feff}{\"id\": \"7\", \"tags\": {}}".as_bytes()).unwrap()[0].1.id, Some(TrackId(7)));
    assert!(jsonl(r#"{"tags": []}"#).contains("tags"));
    assert!(jsonl(r#"{"tags": {"a": [true]}}"#).contains("values of a"));
    let csv = |text: &str| read_csv(text.as_bytes()).unwrap_err().line();
    assert!(csv("title,genre\na,b\n").contains("path or id"));
    assert!(csv("id,title\nx,b\n").contains("line 2"));
    assert!(csv("id,\n1,b\n").contains("without a name"));
    assert!(read_csv("id,title,,\n1,b,,\n".as_bytes()).is_ok(), "columns that are empty throughout");
    assert!(csv("id,title\n1,One, and more\n").contains("line 2: \" and more\""), "a comma that nobody quoted");
    assert!(read_csv("id,title\n1,b,,\n,,\n".as_bytes()).unwrap().len() == 1, "a row that is empty throughout");
    assert!(csv("id;title\n1;b\n").contains("commas"));
    assert!(csv("id,a\u{1}b\n1,b\n").contains("cannot be a key"));
    assert!(read_csv("\u{feff}path,title\n/a,b\n".as_bytes()).is_ok(), "a byte order mark");
}
