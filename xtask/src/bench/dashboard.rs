//! A picture of the packaged dashboard: its panels where it has them, over numbers that a mount really reported while a
//! library was walked, read and edited.

use super::library::walk;
use super::system::{Mount, System, scan};
use super::{Places, remove_store};
use crate::{corpus, process};
use serde_json::Value;
use std::collections::HashMap;
use std::fmt::Write;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const SAMPLES: usize = 80;
const PAUSE: Duration = Duration::from_millis(250);
/// Pixels of the dashboard's units, across and down.
const ACROSS: f64 = 50.0;
const DOWN: f64 = 22.0;
const PICTURE: &str = "docs/dashboard.svg";

/// What was reported at one time.
struct Sample {
    seconds: f64,
    numbers: HashMap<String, f64>,
}

/// Runs a mount, looks at its numbers, and draws.
pub(super) fn measure(systems: &[System], places: &Places) -> Result<(), String> {
    let program = systems.iter().find_map(|system| match system {
        System::Musefs(program) => Some(program),
        _ => None,
    });
    let program = program.ok_or("there is no musefs to look at")?;
    let library = places.corpus.with_file_name("corpus-1000");
    let folder = library.to_string_lossy().into_owned();
    corpus::run(&[folder, "--tracks".into(), "1000".into(), "--formats".into(), super::FORMATS.into()])?;
    let db = places.scratch.join("dashboard.db");
    remove_store(&db);
    scan(program, &library, &db)?;
    let mount = Mount::with_numbers(program, &db, &places.scratch.join("mnt-dashboard"))?;
    let samples = look(&mount, program, &db)?;
    drop(mount);
    remove_store(&db);

    let source = process::root().join("packaging/grafana/musefs.json");
    let text = fs::read_to_string(&source).map_err(|error| format!("{}: {error}", source.display()))?;
    let dashboard = serde_json::from_str(&text).map_err(|error| format!("{}: {error}", source.display()))?;
    let picture = process::root().join(PICTURE);
    fs::write(&picture, draw(&dashboard, &samples)).map_err(|error| format!("{}: {error}", picture.display()))?;
    println!("{}", picture.display());
    Ok(())
}

/// Samples while someone walks, reads and edits.
fn look(mount: &Mount, program: &Path, db: &Path) -> Result<Vec<Sample>, String> {
    let done = AtomicBool::new(false);
    std::thread::scope(|scope| {
        let listener = scope.spawn(|| listen(mount.path(), program, db, &done));
        let began = Instant::now();
        let mut samples = Vec::new();
        for _ in 0..SAMPLES {
            let numbers = mount.document().map(|text| numbers(&text)).unwrap_or_default();
            samples.push(Sample { seconds: began.elapsed().as_secs_f64(), numbers });
            std::thread::sleep(PAUSE);
        }
        done.store(true, Ordering::Relaxed);
        listener.join().map_err(|_| "the reader of the mount panicked")??;
        Ok(samples)
    })
}

/// What a player and a tagger do: a walk now and then, tracks one after the other, an edit now and then.
fn listen(path: &Path, program: &Path, db: &Path, done: &AtomicBool) -> Result<(), String> {
    let mut tracks = Vec::new();
    files(path, &mut tracks);
    for (turn, track) in tracks.iter().cycle().enumerate() {
        if done.load(Ordering::Relaxed) {
            break;
        }
        if turn % 100 == 0 {
            walk(path)?;
            let genre = format!("genre=Turn {turn}");
            let mut edit = Command::new(program);
            edit.args(["tag", "set", "--quiet", "--db"]).arg(db).args(["id:1", "--", &genre]);
            let _ = edit.output();
        }
        // One that an edit has just moved is not there.
        let _ = fs::read(track);
        std::thread::sleep(Duration::from_millis(10));
    }
    Ok(())
}

fn files(folder: &Path, found: &mut Vec<std::path::PathBuf>) {
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() { files(&path, found) } else { found.push(path) }
    }
}

fn numbers(text: &str) -> HashMap<String, f64> {
    let lines = text.lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| line.split_once(' ')).filter_map(|(name, n)| Some((name.into(), n.parse().ok()?))).collect()
}

/// The values of a panel's expression, which is a metric or the rate of one.
fn values(expression: &str, samples: &[Sample]) -> Vec<f64> {
    let name = expression.trim_start_matches("rate(").split('{').next().unwrap_or_default();
    let known: Vec<_> = samples.iter().filter_map(|s| Some((s.seconds, *s.numbers.get(name)?))).collect();
    if !expression.starts_with("rate(") {
        return known.into_iter().map(|(_, value)| value).collect();
    }
    known.windows(2).map(|pair| (pair[1].1 - pair[0].1) / (pair[1].0 - pair[0].0)).collect()
}

fn draw(dashboard: &Value, samples: &[Sample]) -> String {
    let panels = dashboard["panels"].as_array().cloned().unwrap_or_default();
    let place = |panel: &Value, side: &str| panel["gridPos"][side].as_f64().unwrap_or_default();
    let height = panels.iter().map(|panel| place(panel, "y") + place(panel, "h")).fold(0.0, f64::max) * DOWN;
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {} {height}\" font-family=\"sans-serif\" \
         font-size=\"12\" fill=\"#ccccdc\">\n<rect width=\"100%\" height=\"100%\" fill=\"#111217\"/>\n",
        24.0 * ACROSS
    );
    for panel in &panels {
        let (left, top) = (place(panel, "x") * ACROSS, place(panel, "y") * DOWN);
        let title = panel["title"].as_str().unwrap_or_default();
        if panel["type"] == "row" {
            let _ = writeln!(svg, "<text x=\"8\" y=\"{:.0}\" font-weight=\"bold\">{title}</text>", top + 16.0);
            continue;
        }
        let (width, height) = (place(panel, "w") * ACROSS - 6.0, place(panel, "h") * DOWN - 6.0);
        let values = values(panel["targets"][0]["expr"].as_str().unwrap_or_default(), samples);
        let unit = panel["fieldConfig"]["defaults"]["unit"].as_str().unwrap_or_default();
        let last = values.last().map_or("no data".to_owned(), |value| told(*value, unit));
        let _ = writeln!(
            svg,
            "<g transform=\"translate({left:.0} {top:.0})\"><rect width=\"{width:.0}\" height=\"{height:.0}\" rx=\"2\" \
             fill=\"#181b1f\" stroke=\"#2e3036\"/><text x=\"8\" y=\"18\">{title}</text>\
             <text x=\"{:.0}\" y=\"18\" text-anchor=\"end\" fill=\"#73bf69\">{last}</text>{}</g>",
            width - 8.0,
            line(&values, width - 16.0, height - 40.0)
        );
    }
    svg + "</svg>\n"
}

/// A line from zero up to the largest value.
fn line(values: &[f64], width: f64, height: f64) -> String {
    let highest = values.iter().copied().fold(0.0, f64::max);
    let scale = if highest > 0.0 { height / highest } else { 0.0 };
    let step = width / values.len().saturating_sub(1).max(1) as f64;
    let point =
        |(at, value): (usize, &f64)| format!("{:.0},{:.1}", 8.0 + at as f64 * step, 30.0 + height - value * scale);
    let points: Vec<_> = values.iter().enumerate().map(point).collect();
    format!("<polyline points=\"{}\" fill=\"none\" stroke=\"#73bf69\" stroke-width=\"1.5\"/>", points.join(" "))
}

fn told(value: f64, unit: &str) -> String {
    let short = |steps: &[&str], by: f64| {
        let step = (0..steps.len()).rev().find(|step| value.abs() >= by.powi(*step as i32)).unwrap_or(0);
        let number = format!("{:.2}", value / by.powi(step as i32));
        format!("{}{}", number.trim_end_matches('0').trim_end_matches('.'), steps[step])
    };
    match unit {
        "bytes" => short(&[" B", " KiB", " MiB", " GiB"], 1024.0),
        "Bps" => short(&[" B/s", " kB/s", " MB/s", " GB/s"], 1000.0),
        "cps" => short(&[" /s", " k/s", " M/s"], 1000.0),
        "s" => format!("{value:.0} s"),
        _ => short(&["", " k", " M"], 1000.0),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn samples(name: &str, numbers: [f64; 3]) -> Vec<Sample> {
        let sample = |(at, number)| Sample { seconds: at as f64 * 2.0, numbers: [(name.to_owned(), number)].into() };
        numbers.into_iter().enumerate().map(sample).collect()
    }

    #[test]
    fn rates_are_differences_and_gauges_are_not() {
        let samples = samples("reads_total", [2.0, 6.0, 6.0]);
        assert_eq!(values("reads_total{instance=~\"a\"}", &samples), [2.0, 6.0, 6.0]);
        assert_eq!(values("rate(reads_total{instance=~\"a\"}[5m])", &samples), [2.0, 0.0]);
        assert_eq!(values("other", &samples), [0.0; 0]);
    }

    #[test]
    fn panels_say_their_last_value_or_that_there_is_none() {
        let panel = |expr: &str, x: u8| {
            serde_json::json!({"type": "timeseries", "title": expr, "gridPos": {"x": x, "y": 0, "w": 6, "h": 6},
                "fieldConfig": {"defaults": {"unit": "bytes"}}, "targets": [{"expr": expr}]})
        };
        let dashboard = serde_json::json!({"panels": [panel("held", 0), panel("gone", 6)]});
        let svg = draw(&dashboard, &samples("held", [0.0, 1.0, 1_536.0]));
        assert!(svg.contains(">1.5 KiB<") && svg.contains(">no data<"), "{svg}");
    }

    #[test]
    fn a_document_is_read_by_its_lines() {
        assert_eq!(numbers("# HELP a b\na 1\nb_total 2.5\n"), [("a".into(), 1.0), ("b_total".into(), 2.5)].into());
    }
}
