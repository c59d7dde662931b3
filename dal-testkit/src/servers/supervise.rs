//! A server that cannot outlive its owner: a process, or a run of several.

use std::ffi::OsString;
use std::fs::File;
use std::io::{self, Read as _, Seek as _};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{Duration, Instant};

use super::port::Port;
use super::system;

/// Waits until the server is not needed any more: until no process has the pipe open that is standard
/// input, and for a server that the processes of a run share, see `run.rs`. It lingers for more of
/// them: as long as the run's own process lives, if that is a runner, and else a moment.
const WAIT_FOR_END: &str = r#"
exec 3<&0 4>&1 </dev/null >&2
folder=$1 parent=$2 since=$3 runner=$4; shift 4
runs() {
    stat=$(cat "/proc/$parent/stat") || return 1
    set -- ${stat##*) }
    [ "$1" != Z ] && [ "${20}" = "$since" ]
}
unused() { while read -r _ <&3; do :; done; }
wait_for_end() {
    unused
    while [ -f "$folder/published" ] && runs; do
        sleep 2
        [ "$runner" ] || read -r _ <&3 || break
        unused
    done
    rm -f "$folder/published"
    unused
}
"#;

/// Kills the server at that end, and then removes its folder; with `keep`, not when the command
/// succeeded. The server's end is waited for, and the port held, by a process that does not hold the
/// pipe: its lock says that there is one which waits for that end.
const KILL_SERVER: &str = r#"
keep=$1; shift
"$@" </dev/null 3<&- 4>&- &
server=$!
( wait_for_end; kill -9 $server ) 4>&- 2>/dev/null &
waiting=$!
exec 3<&-
wait $server
status=$?
kill $waiting 2>/dev/null
[ "$keep$status" = keep0 ] || rm -rf "$folder"
exit $status
"#;

/// Removes a container by its name at that end; more than once, because the engine may still have
/// been making it.
const REMOVE_CONTAINER: &str = r#"
wait_for_end 2>/dev/null
for pause in 1 1 2 0; do docker rm -f -v "$1"; sleep $pause; done >/dev/null 2>&1
rm -rf "$folder"
"#;

/// A process that acts as soon as this one is gone, or this one's run, and the pipe by which it knows.
///
/// It is in a process group of its own, so that a signal to this process's group does not reach it
/// before it has done its work. No other process inherits the pipe: it is closed on exec.
#[derive(Debug)]
pub(super) struct Supervised {
    child: Child,
    /// Taken at the end only.
    alive: Option<Lifeline>,
    log: File,
    folder: PathBuf,
}

/// The end of a pipe that keeps a server alive.
#[derive(Debug)]
pub(super) enum Lifeline {
    /// Only this process has it.
    Own(#[expect(dead_code, reason = "held")] ChildStdin),
    /// The processes of a run have it: a named pipe in the server's folder.
    Named(#[expect(dead_code, reason = "held")] File),
}

impl Lifeline {
    /// The file in a server's folder that says where it is.
    pub(super) const PUBLISHED: &str = "published";
    const NAME: &str = "alive";

    /// Opens the named pipe of a server, both ways: opening one end waits for the other one.
    pub(super) fn open(folder: &Path) -> io::Result<File> {
        let mut options = File::options();
        options.read(true).write(true).open(folder.join(Self::NAME))
    }

    /// Makes the named pipe, and returns the end that keeps it, and the one to be read to the end.
    fn make(folder: &Path) -> Result<(Self, File), String> {
        let path = folder.join(Self::NAME);
        let mut make = Command::new("mkfifo");
        system::output(make.args(["-m", "600"]).arg(&path), A_MOMENT)?;
        let io = |e: io::Error| format!("{}: {e}", path.display());
        let kept = Self::open(folder).map_err(io)?;
        let read = File::open(&path).map_err(io)?;
        // For the next process of the run: it is held for as long as somebody can read the pipe.
        read.lock_shared().map_err(io)?;
        Ok((Self::Named(kept), read))
    }
}

const A_MOMENT: Duration = Duration::from_secs(20);

impl Supervised {
    /// Starts `command`, which is killed at the end of this process, or of its run when it is started
    /// for one (its process, its start, and whether that is a runner). `folder` is removed when the command has ended; what it writes goes to
    /// `log` in that folder. The port is reserved until then.
    pub(super) fn start(
        command: &[OsString],
        folder: &Path,
        run: Option<[String; 3]>,
        port: Port,
    ) -> Result<Self, String> {
        let script = [WAIT_FOR_END, KILL_SERVER].concat();
        let mut arguments: Vec<OsString> = vec!["remove".into()];
        arguments.extend(command.iter().cloned());
        let out = port.into_reservation();
        Self::supervise(&script, &arguments, folder, run, Some(out))
    }

    /// Runs `command`, which is killed at the end of this process, and waits for its success.
    /// `folder` is removed unless it succeeds.
    pub(super) fn complete(
        command: &[OsString],
        folder: &Path,
        limit: Duration,
    ) -> Result<(), String> {
        let script = [WAIT_FOR_END, KILL_SERVER].concat();
        let mut arguments: Vec<OsString> = vec!["keep".into()];
        arguments.extend(command.iter().cloned());
        let mut process = Self::supervise(&script, &arguments, folder, None, None)?;
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

    /// Removes the container of this name at the end of this process, or of its run. Started before
    /// the container. `folder` is removed, too.
    pub(super) fn remove_container(
        name: &str,
        folder: &Path,
        run: Option<[String; 3]>,
    ) -> Result<Self, String> {
        let script = [WAIT_FOR_END, REMOVE_CONTAINER].concat();
        Self::supervise(&script, &[name.into()], folder, run, None)
    }

    fn supervise(
        script: &str,
        arguments: &[OsString],
        folder: &Path,
        run: Option<[String; 3]>,
        out: Option<File>,
    ) -> Result<Self, String> {
        let path = folder.join("log");
        let io = |e: io::Error| format!("{}: {e}", path.display());
        let log = File::options()
            .create(true)
            .truncate(true)
            .read(true)
            .write(true)
            .open(&path)
            .map_err(io)?;
        let copy = || log.try_clone().map_err(io);
        let named = run.as_ref().map(|_| Lifeline::make(folder)).transpose()?;
        let (named, stdin) = named.map_or((None, Stdio::piped()), |(kept, read)| {
            (Some(kept), read.into())
        });
        let mut supervisor = Command::new("sh");
        supervisor
            .args(["-c", script, "dal-supervisor"])
            .arg(folder)
            .args(run.unwrap_or_default())
            .args(arguments)
            .stdin(stdin)
            .stdout(out.map_or_else(copy, Ok)?)
            .stderr(copy()?);
        #[cfg(unix)]
        std::os::unix::process::CommandExt::process_group(&mut supervisor, 0);
        let mut child = supervisor.spawn().map_err(|e| format!("sh: {e}"))?;
        let alive = named.or_else(|| child.stdin.take().map(Lifeline::Own));
        Ok(Self {
            child,
            alive,
            log,
            folder: folder.to_path_buf(),
        })
    }

    pub(super) fn folder(&self) -> &Path {
        &self.folder
    }

    /// Leaves the server to all who have the pipe open.
    pub(super) fn release(mut self) -> Option<Lifeline> {
        self.alive.take()
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
            system::tail(&String::from_utf8_lossy(&log))
        ))
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        if let Some(alive) = self.alive.take() {
            drop(alive);
            let _ = self.child.wait();
        }
    }
}

#[cfg(all(test, unix))]
mod tests {
    use super::Supervised;
    use crate::servers::port::reserve;
    use std::time::{Duration, Instant};

    #[test]
    fn a_dropped_server_is_dead_and_its_folder_gone() {
        let folder = tempfile::tempdir().unwrap().keep();
        let command = ["sleep".into(), "600".into()];
        let server = Supervised::start(&command, &folder, None, reserve().unwrap()).unwrap();
        let began = Instant::now();
        drop(server);
        assert!(began.elapsed() < Duration::from_secs(5));
        assert!(!folder.exists());
    }

    #[test]
    fn a_server_that_ends_by_itself_says_why() {
        let folder = tempfile::tempdir().unwrap().keep();
        let command = ["sh", "-c", "echo port is taken >&2; exit 3"].map(Into::into);
        let mut server = Supervised::start(&command, &folder, None, reserve().unwrap()).unwrap();
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
