//! How time and memory grow with the library, drawn as SVG. The stores are synthetic: a million tracks without a million
//! files, each pristine.

use super::library::walk;
use super::system::{Mount, System, scan};
use super::{Places, remove_store, store};
use crate::{corpus, process};
use std::fmt::Write;
use std::fs;
use std::path::Path;

const COUNTS: [u64; 4] = [1_000, 10_000, 100_000, 1_000_000];
const WIDTH: f64 = 640.0;
const HEIGHT: f64 = 400.0;
const MARGIN: f64 = 60.0;
const COLOURS: [&str; 5] = ["#0b6e4f", "#3b82c4", "#c4573b", "#7a4fa3", "#8a8a2b"];

/// One line of a drawing: a name, and a value for each count.
struct Curve {
    name: String,
    points: Vec<(u64, f64)>,
}

#[derive(Default)]
struct Curves {
    seconds: Vec<Curve>,
    mebibytes: Vec<Curve>,
}

/// Measures and draws into `docs/benchmarks`.
pub(super) fn measure(systems: &[System], places: &Places) -> Result<(), String> {
    let seed = places.corpus.with_file_name("corpus-1000");
    let folder = seed.to_string_lossy().into_owned();
    corpus::run(&[folder, "--tracks".into(), "1000".into(), "--formats".into(), super::FORMATS.into()])?;
    let mut curves = Curves::default();
    for system in systems {
        if let Some(program) = system.program() {
            grow(system, program, &seed, places, &mut curves)?;
        }
    }
    let folder = process::root().join("docs/benchmarks");
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for (name, title, curves) in [
        ("time.svg", "seconds by tracks", &curves.seconds),
        ("memory.svg", "MiB resident by tracks", &curves.mebibytes),
    ] {
        let path = folder.join(name);
        fs::write(&path, draw(title, curves)).map_err(|error| format!("{}: {error}", path.display()))?;
        println!("{}", path.display());
        for curve in curves {
            println!("{title}: {} {:?}", curve.name, curve.points);
        }
    }
    Ok(())
}

fn grow(system: &System, program: &Path, seed: &Path, places: &Places, curves: &mut Curves) -> Result<(), String> {
    let name = |what: &str| Curve { name: format!("{}: {what}", system.name()), points: Vec::new() };
    let (mut ready, mut first, mut later) = (name("mount to first listing"), name("first walk"), name("later walk"));
    let (mut fresh, mut walked) = (name("fresh mount"), name("after two walks"));
    let db = places.scratch.join(format!("{}-curve.db", system.name()));
    for count in COUNTS {
        eprintln!("bench: {}, {count} tracks", system.name());
        remove_store(&db);
        scan(program, seed, &db)?;
        if count > 1000 {
            store::clone_up_to(&db, count)?;
        }
        let mount = Mount::new(program, &db, &places.scratch.join("mnt-curve"))?;
        ready.points.push((count, mount.ready.as_secs_f64()));
        let rss = || mount.process().memory_mib("VmRSS").unwrap_or_default();
        fresh.points.push((count, rss()));
        // Whether the peer can walk files that do not exist is not known, so it is only mounted.
        if matches!(system, System::Musefs(_)) {
            first.points.push((count, walk(mount.path())?.0));
            later.points.push((count, walk(mount.path())?.0));
            walked.points.push((count, rss()));
        }
    }
    remove_store(&db);
    curves.seconds.extend([ready, first, later].into_iter().filter(|curve| !curve.points.is_empty()));
    curves.mebibytes.extend([fresh, walked].into_iter().filter(|curve| !curve.points.is_empty()));
    Ok(())
}

/// Curves over logarithmic axes.
fn draw(title: &str, curves: &[Curve]) -> String {
    let values = || curves.iter().flat_map(|curve| &curve.points).map(|(_, value)| value.max(1e-3).log10());
    let lowest = values().fold(f64::INFINITY, f64::min).floor();
    let highest = values().fold(f64::NEG_INFINITY, f64::max).ceil().max(lowest + 1.0);
    let across = |count: u64| MARGIN + ((count as f64).log10() - 3.0) / 3.0 * (WIDTH - 2.0 * MARGIN);
    let up = |log: f64| HEIGHT - MARGIN - (log - lowest) / (highest - lowest) * (HEIGHT - 2.0 * MARGIN);
    let mut svg = format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 {WIDTH} {HEIGHT}\" font-family=\"sans-serif\" \
         font-size=\"12\">\n<rect width=\"100%\" height=\"100%\" fill=\"white\"/>\n\
         <text x=\"{MARGIN}\" y=\"20\" font-size=\"14\">{title}</text>\n"
    );
    for count in COUNTS {
        let x = across(count);
        let _ = writeln!(svg, "<text x=\"{x:.0}\" y=\"{:.0}\" text-anchor=\"middle\">{count}</text>", HEIGHT - 40.0);
    }
    let mut log = lowest;
    while log <= highest {
        let y = up(log);
        let _ = writeln!(
            svg,
            "<line x1=\"{MARGIN}\" x2=\"{:.0}\" y1=\"{y:.0}\" y2=\"{y:.0}\" stroke=\"#ddd\"/>\
             <text x=\"{:.0}\" y=\"{:.0}\" text-anchor=\"end\">{}</text>",
            WIDTH - MARGIN,
            MARGIN - 6.0,
            y + 4.0,
            10f64.powf(log)
        );
        log += 1.0;
    }
    for (index, curve) in curves.iter().enumerate() {
        let colour = COLOURS[index % COLOURS.len()];
        let points: Vec<_> = curve
            .points
            .iter()
            .map(|(count, value)| format!("{:.1},{:.1}", across(*count), up(value.max(1e-3).log10())))
            .collect();
        let _ = writeln!(
            svg,
            "<polyline points=\"{}\" fill=\"none\" stroke=\"{colour}\" stroke-width=\"2\"/>\
             <text x=\"{:.0}\" y=\"{:.0}\" fill=\"{colour}\">{}</text>",
            points.join(" "),
            MARGIN + 10.0,
            50.0 + 16.0 * index as f64,
            curve.name
        );
    }
    svg + "</svg>\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_larger_value_stands_higher() {
        let svg = draw("t", &[Curve { name: "c".into(), points: vec![(1_000, 0.1), (1_000_000, 10.0)] }]);
        let points = svg.split("points=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let ys: Vec<f64> = points.split(' ').map(|point| point.split(',').nth(1).unwrap().parse().unwrap()).collect();
        assert!(ys[1] < ys[0] && svg.ends_with("</svg>\n"));
    }
}
