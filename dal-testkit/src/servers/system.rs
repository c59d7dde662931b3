//! Running programs of the system, and installing a missing one when that was asked for.

use std::ffi::OsStr;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

/// Whether this process runs as root.
pub(super) fn is_root() -> bool {
    uid_of(None).as_deref() == Some("0")
}

/// The numeric id of an account, or of this process.
pub(super) fn uid_of(account: Option<&str>) -> Option<String> {
    let output = Command::new("id").arg("-u").args(account).output().ok()?;
    output
        .status
        .success()
        .then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
}

/// What a program wrote to its standard output; the end of what it wrote at all when it failed or
/// took too long.
pub(super) fn output(command: &mut Command, limit: Duration) -> Result<String, String> {
    let name = command.get_program().to_string_lossy().into_owned();
    let out = tempfile::NamedTempFile::new().map_err(|e| e.to_string())?;
    let err = tempfile::NamedTempFile::new().map_err(|e| e.to_string())?;
    let mut child = command
        .stdin(Stdio::null())
        .stdout(out.reopen().map_err(|e| e.to_string())?)
        .stderr(err.reopen().map_err(|e| e.to_string())?)
        .spawn()
        .map_err(|error| format!("{name}: {error}"))?;
    let until = Instant::now() + limit;
    let status = loop {
        if let Some(status) = child.try_wait().map_err(|e| e.to_string())? {
            break status;
        }
        if Instant::now() > until {
            let _ = child.kill();
            let _ = child.wait();
            return Err(format!("{name}: no end after {} s", limit.as_secs()));
        }
        std::thread::sleep(Duration::from_millis(20));
    };
    let read = |file: &tempfile::NamedTempFile| std::fs::read(file.path()).unwrap_or_default();
    let text = String::from_utf8_lossy(&read(&out)).into_owned();
    if status.success() {
        return Ok(text);
    }
    let all = format!("{text}\n{}", String::from_utf8_lossy(&read(&err)));
    Err(format!("{name}: {status}: {}", tail(&all)))
}

/// The last lines of a text, in one line.
pub(super) fn tail(text: &str) -> String {
    let lines: Vec<&str> = text.lines().filter(|l| !l.trim().is_empty()).collect();
    let from = lines.len().saturating_sub(6);
    lines.get(from..).unwrap_or_default().join(" | ")
}

/// Whether a program is on `PATH`.
pub(super) fn on_path(program: &str) -> bool {
    std::env::var_os("PATH").is_some_and(|path| {
        std::env::split_paths(&path).any(|folder| folder.join(program).is_file())
    })
}

/// Whether system packages may be installed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Consent {
    /// A person asked for it.
    Given,
    /// Only with `DAL_INSTALL=1`.
    ByEnvironment,
}

impl Consent {
    fn given(self) -> bool {
        self == Self::Given || std::env::var("DAL_INSTALL").as_deref() == Ok("1")
    }
}

/// Makes sure of a program: present, or installed from its package with consent, as root, on a
/// Debian-like system; otherwise the error is the command to run.
pub(super) fn need(program: &str, package: &str, consent: Consent) -> Result<(), String> {
    if on_path(program) {
        return Ok(());
    }
    let by_hand = format!("`{program}` is missing; run: apt-get install -y {package}");
    if !consent.given() {
        return Err(format!("{by_hand} (or set DAL_INSTALL=1)"));
    }
    if !is_root() || !on_path("apt-get") {
        return Err(by_hand);
    }
    super::say(&format!(
        "dal: installing the system package {package} with apt-get, as asked"
    ));
    let apt = |args: &[&str]| {
        output(
            Command::new("apt-get")
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(args.iter().map(OsStr::new)),
            Duration::from_mins(10),
        )
    };
    let install = ["install", "-y", "--no-install-recommends", package];
    if apt(&install).is_err() {
        apt(&["update"])?;
        apt(&install)?;
    }
    if on_path(program) {
        Ok(())
    } else {
        Err(format!(
            "{package} is installed, but `{program}` is still missing"
        ))
    }
}
