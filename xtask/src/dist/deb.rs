//! The Debian package: built by `cargo-deb`, and tried on this machine.

use crate::corpus;
use crate::process::{self, cargo, command, output, target};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Child;
use std::time::{Duration, Instant};

/// How long a mount may take to come and to go.
const PATIENCE: Duration = Duration::from_secs(60);
/// What packs, in a version that is known to.
const CARGO_DEB: &str = "cargo-deb@3.8.0";
/// The program, as the package installs it.
const PROGRAM: &str = "/usr/bin/musefs";

/// Builds the package into `folder`, in this profile of cargo.
pub(super) fn build(folder: &Path, profile: &str) -> Result<PathBuf, String> {
    let tools = target().join("tools");
    let cargo_deb = tools.join("bin/cargo-deb");
    if !cargo_deb.exists() {
        let install = ["install", CARGO_DEB, "--locked", "--no-default-features", "--features", "gzip", "--root"];
        process::run(cargo(&install).arg(&tools))?;
    }
    let folder = folder.join("debian");
    if folder.exists() {
        fs::remove_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    }
    fs::create_dir_all(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let cargo_deb = cargo_deb.to_string_lossy().into_owned();
    process::run(&mut cargo(&["build", "--package", "musefs", "--profile", profile]))?;
    let pack = ["--package", "musefs", "--no-build", "--profile", profile, "--output"];
    process::run(command(&cargo_deb, &pack).arg(&folder))?;
    let built = fs::read_dir(&folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    let package = built
        .filter_map(Result::ok)
        .map(|entry| entry.path())
        .find(|path| path.extension().is_some_and(|e| e == "deb"));
    package.ok_or_else(|| format!("cargo-deb left no package in {}", folder.display()))
}

/// Installs the package, mounts from fstab and as its unit does, and takes it away again. Only for root, and where no package of
/// that name is installed.
pub(super) fn check(package: &Path) -> Result<(), String> {
    if Path::new(PROGRAM).exists() {
        return Err(format!("{PROGRAM} is there already; the check would take it away"));
    }
    let trial = Trial::begin()?;
    process::run(command("dpkg", &["--install"]).arg(package))?;
    trial.mounts_from_fstab()?;
    trial.runs_under_its_unit()?;
    for shown in ["/usr/share/man/man1/musefs.1.gz", "/usr/share/bash-completion/completions/musefs"] {
        fs::metadata(shown).map_err(|error| format!("{shown}: {error}"))?;
    }
    process::run(&mut command("dpkg", &["--purge", "musefs"]))?;
    for gone in [PROGRAM, "/usr/sbin/mount.fuse.musefs", "/usr/lib/systemd/system/musefs@.service"] {
        if Path::new(gone).exists() {
            return Err(format!("{gone} was left behind"));
        }
    }
    eprintln!("{}: installs, mounts from fstab, runs under its unit, uninstalls", package.display());
    Ok(())
}

/// A library to try the package on. Whatever happens, the package and the mount are taken away when this is dropped.
struct Trial {
    folder: PathBuf,
}

impl Trial {
    fn begin() -> Result<Self, String> {
        let folder = std::env::temp_dir().join(format!("musefs-package-{}", std::process::id()));
        let trial = Self { folder };
        fs::create_dir_all(trial.mountpoint()).map_err(|error| format!("{}: {error}", trial.folder.display()))?;
        corpus::run(&[trial.music().to_string_lossy().into_owned(), "--tracks".into(), "20".into()])?;
        Ok(trial)
    }

    fn music(&self) -> PathBuf {
        self.folder.join("music")
    }

    fn store(&self) -> PathBuf {
        self.folder.join("library.db")
    }

    fn mountpoint(&self) -> PathBuf {
        self.folder.join("view")
    }

    fn variables(&self) -> [(&'static str, PathBuf); 3] {
        [("MUSEFS_DB", self.store()), ("MUSEFS_MOUNTPOINT", self.mountpoint()), ("MUSEFS_MUSIC", self.music())]
    }

    fn mounts_from_fstab(&self) -> Result<(), String> {
        process::run(command(PROGRAM, &["scan"]).arg(self.music()).arg("--db").arg(self.store()))?;
        let fstab = self.folder.join("fstab");
        let options = "noauto,nofail,allow_other,template=$artist/$album/$title";
        let line = format!("{} {} fuse.musefs {options} 0 0\n", self.store().display(), self.mountpoint().display());
        fs::write(&fstab, line).map_err(|error| format!("{}: {error}", fstab.display()))?;
        process::run(command("mount", &["--fstab"]).arg(&fstab).arg(self.mountpoint()))?;
        self.shows_tracks()?;
        process::run(command("umount", &[]).arg(self.mountpoint()))
    }

    fn runs_under_its_unit(&self) -> Result<(), String> {
        for words in commands("/usr/lib/systemd/system/musefs-scan@.service", &self.variables())? {
            self.run(&words)?;
        }
        let units = commands("/usr/lib/systemd/system/musefs@.service", &self.variables())?;
        let [words] = units.as_slice() else { return Err("the unit should have one command".into()) };
        let mut mount = self.spawn(words)?;
        let seen = wait_for("the mount of the unit", || self.shows_tracks().is_ok());
        // systemd ends a service in this way.
        process::run(&mut command("kill", &["-TERM", &mount.id().to_string()]))?;
        let mut status = None;
        let ended = wait_for("the end of the unit", || {
            status = mount.try_wait().ok().flatten();
            status.is_some()
        });
        if ended.is_err() {
            let _ = mount.kill();
        }
        seen.and(ended)?;
        match status {
            Some(status) if status.success() => Ok(()),
            _ => Err("the unit's command did not end well".into()),
        }
    }

    fn run(&self, words: &[String]) -> Result<(), String> {
        let arguments: Vec<&str> = words[1..].iter().map(String::as_str).collect();
        process::run(command(&words[0], &arguments).envs(self.variables()))
    }

    fn spawn(&self, words: &[String]) -> Result<Child, String> {
        let mut mount = command(&words[0], &[]);
        mount.args(&words[1..]).envs(self.variables()).spawn().map_err(|error| format!("{}: {error}", words[0]))
    }

    fn shows_tracks(&self) -> Result<(), String> {
        let listed = output(command("find", &[]).arg(self.mountpoint()).args(["-type", "f"]))?;
        if listed.lines().count() == 20 { Ok(()) } else { Err(format!("20 tracks should be shown, not:\n{listed}")) }
    }
}

impl Drop for Trial {
    fn drop(&mut self) {
        let quiet = |mut command: std::process::Command| {
            let _ = command.stderr(std::process::Stdio::null()).stdout(std::process::Stdio::null()).status();
        };
        let mut umount = command("umount", &["--lazy"]);
        umount.arg(self.mountpoint());
        quiet(umount);
        // Only what this trial installed: it does not begin where the program is there already.
        quiet(command("dpkg", &["--purge", "musefs"]));
        let _ = fs::remove_dir_all(&self.folder);
    }
}

fn wait_for(what: &str, mut condition: impl FnMut() -> bool) -> Result<(), String> {
    let since = Instant::now();
    while !condition() {
        if since.elapsed() > PATIENCE {
            return Err(format!("not in time: {what}"));
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    Ok(())
}

/// The commands of a unit, with its variables put in.
fn commands(unit: &str, variables: &[(&str, PathBuf)]) -> Result<Vec<Vec<String>>, String> {
    let text = fs::read_to_string(unit).map_err(|error| format!("{unit}: {error}"))?;
    let lines = text.lines().filter_map(|line| line.strip_prefix("ExecStart="));
    let word = |word: &str| match word.strip_prefix('$') {
        Some(name) => {
            let name = name.trim_start_matches('{').trim_end_matches('}');
            let found = variables.iter().find(|(known, _)| *known == name);
            found.map(|(_, value)| value.to_string_lossy().into_owned()).ok_or_else(|| format!("{unit}: {word}?"))
        }
        None => Ok(word.to_owned()),
    };
    lines.map(|line| line.split_whitespace().map(word).collect()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::process::root;

    #[test]
    fn the_commands_of_a_unit_are_found() {
        let unit = root().join("packaging/systemd/musefs@.service");
        let found = commands(&unit.to_string_lossy(), &[("MUSEFS_MOUNTPOINT", "/mnt/music".into())]).unwrap();
        assert_eq!(found, [[PROGRAM, "mount", "/mnt/music"].map(str::to_owned)]);
        assert!(commands(&unit.to_string_lossy(), &[]).is_err());
    }
}
