//! A server that cannot outlive its owner.

use std::ffi::OsString;
use std::fs::File;
use std::io::{Read as _, Seek as _};
use std::path::Path;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

/// Kills the server when the supervisor's standard input ends, and then removes its folder; with
/// `keep`, not when the command succeeded.
const KILL_SERVER: &str = r#"
exec 3<&0
keep=$1; folder=$2; shift 2
"$@" </dev/null 3<&- &
server=$!
( read -r _ <&3; kill -9 $server ) 2>/dev/null &
reader=$!
exec 3<&-
wait $server
status=$?
kill $reader 2>/dev/null
[ "$keep$status" = keep0 ] || rm -rf "$folder"
exit $status
"#;

/// Removes a container by its name when standard input ends; more than once, because the engine may
/// still have been making it.
const REMOVE_CONTAINER: &str = r#"
read -r _
for pause in 1 1 2 0; do docker rm -f -v "$1"; sleep $pause; done >/dev/null 2>&1
"#;

/// A process that acts as soon as this one is gone, and the pipe by which it knows.
///
/// It is in a process group of its own, so that a signal to this process's group does not reach it
/// before it has done its work. No other process inherits the pipe: it is closed on exec.
#[derive(Debug)]
pub(super) struct Supervised {
    child: Child,
    alive: Option<ChildStdin>,
    log: File,
}

impl Supervised {
    /// Starts `command`, which is killed at the end of this process. `folder` is removed when the
    /// command has ended; what it writes goes to `log` in that folder.
    pub(super) fn start(command: &[OsString], folder: &Path) -> Result<Self, String> {
        Self::start_and("remove", command, folder)
    }

    /// Runs `command`, which is killed at the end of this process, and waits for its success.
    /// `folder` is removed unless it succeeds.
    pub(super) fn complete(
        command: &[OsString],
        folder: &Path,
        limit: Duration,
    ) -> Result<(), String> {
        let mut process = Self::start_and("keep", command, folder)?;
        let until = Instant::now() + limit;
        while Instant::now() < until {
            match process.child.try_wait().map_err(|e| e.to_string())? {
                Some(status) if status.success() => return Ok(()),
                Some(_) => break,
                None => std::thread::sleep(Duration::from_millis(20)),
            }
        }
        Err(process
            .ended()
            .unwrap_or_else(|| format!("no end after {} s", limit.as_secs())))
    }

    fn start_and(after: &str, command: &[OsString], folder: &Path) -> Result<Self, String> {
        let path = folder.join("log");
        let log = File::options()
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(|e| format!("{}: {e}", path.display()))?;
        let mut arguments = vec![after.into(), folder.as_os_str().to_owned()];
        arguments.extend(command.iter().cloned());
        Self::supervise(KILL_SERVER, &arguments, log)
    }

    /// Removes the container of this name at the end of this process. Started before the container.
    pub(super) fn remove_container(name: &str) -> Result<Self, String> {
        let log = tempfile::tempfile().map_err(|e| e.to_string())?;
        Self::supervise(REMOVE_CONTAINER, &[name.into()], log)
    }

    fn supervise(script: &str, arguments: &[OsString], log: File) -> Result<Self, String> {
        let copy = || log.try_clone().map_err(|e| e.to_string());
        let mut supervisor = Command::new("sh");
        supervisor
            .args(["-c", script, "dal-supervisor"])
            .args(arguments)
            .stdin(Stdio::piped())
            .stdout(copy()?)
            .stderr(copy()?);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut supervisor, 0);
        let mut child = supervisor.spawn().map_err(|e| format!("sh: {e}"))?;
        let alive = child.stdin.take();
        Ok(Self { child, alive, log })
    }

    /// The end of the log when the server has ended by itself.
    pub(super) fn ended(&mut self) -> Option<String> {
        let status = self.child.try_wait().ok().flatten()?;
        let mut log = Vec::new();
        // Its folder is gone by now, but the open file is still readable.
        let _ = self.log.rewind();
        let _ = self.log.read_to_end(&mut log);
        Some(format!(
            "ended with {status}: {}",
            super::system::tail(&String::from_utf8_lossy(&log))
        ))
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        drop(self.alive.take());
        let _ = self.child.wait();
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::Supervised;
    use std::time::{Duration, Instant};

    #[test]
    fn a_dropped_server_is_dead_and_its_folder_gone() {
        let folder = tempfile::tempdir().unwrap().keep();
        let server = Supervised::start(&["sleep".into(), "600".into()], &folder).unwrap();
        let began = Instant::now();
        drop(server);
        assert!(began.elapsed() < Duration::from_secs(5));
        assert!(!folder.exists());
    }

    #[test]
    fn a_server_that_ends_by_itself_says_why() {
        let folder = tempfile::tempdir().unwrap().keep();
        let command = ["sh", "-c", "echo port is taken >&2; exit 3"].map(Into::into);
        let mut server = Supervised::start(&command, &folder).unwrap();
        let until = Instant::now() + Duration::from_secs(10);
        let why = loop {
            if let Some(why) = server.ended() {
                break why;
            }
            assert!(Instant::now() < until, "it never ended");
            std::thread::sleep(Duration::from_millis(10));
        };
        assert!(why.contains("port is taken"), "{why}");
    }
}
