//! `dal servers up`.

use std::fs::File;
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::{Duration, Instant};

use indicatif::ProgressBar;
use tokio::process::{Child, Command};

use super::report::Servers;
use super::{Kind, control, state_folder};

/// The first start fetches MySQL and `DynamoDB` Local; a slow line may take this long.
const LIMIT: Duration = Duration::from_mins(30);
const POLL: Duration = Duration::from_millis(100);

/// The running servers, started if need be.
pub(super) async fn up(kind: Kind) -> Result<Servers, String> {
    let folder = state_folder()?;
    std::fs::create_dir_all(&folder).map_err(|e| format!("{}: {e}", folder.display()))?;
    // Of two concurrent `up`, the second waits and finds the servers of the first.
    let lock = File::create(folder.join("servers.lock")).map_err(|e| e.to_string())?;
    lock.lock().map_err(|e| e.to_string())?;
    if let Some(servers) = control::running(&folder).await {
        if servers.has(kind.into()) {
            return Ok(servers);
        }
        return Err(format!(
            "servers are running, but with the {} DynamoDB; run `dal servers down` first",
            servers.kind()
        ));
    }
    let log = folder.join("servers.log");
    let holder = start_holder(kind, &log)?;
    wait(holder, &folder, log).await
}

/// In a process group of its own: it outlives this command and its terminal.
fn start_holder(kind: Kind, log: &Path) -> Result<Child, String> {
    let out = File::create(log).map_err(|e| format!("{}: {e}", log.display()))?;
    let program = std::env::current_exe().map_err(|e| e.to_string())?;
    let mut command = Command::new(program);
    command
        .args(["servers", "hold", "--dynamodb", kind.as_str()])
        .stdin(Stdio::null())
        .stdout(out.try_clone().map_err(|e| e.to_string())?)
        .stderr(out);
    #[cfg(unix)]
    command.process_group(0);
    command
        .spawn()
        .map_err(|e| format!("cannot start the process that holds the servers: {e}"))
}

async fn wait(mut holder: Child, folder: &Path, log: PathBuf) -> Result<Servers, String> {
    let began = Instant::now();
    let mut progress = Progress::new(log);
    let answer = loop {
        if let Some(servers) = control::running(folder).await {
            break Ok(servers);
        }
        if let Some(status) = holder.try_wait().map_err(|e| e.to_string())? {
            progress.show();
            break Err(format!("the servers did not start ({status}); see above"));
        }
        if began.elapsed() > LIMIT {
            let _ = holder.kill().await;
            break Err(format!(
                "the servers did not start within {} min",
                LIMIT.as_secs() / 60
            ));
        }
        progress.show();
        tokio::select! {
            () = tokio::time::sleep(POLL) => {}
            _ = tokio::signal::ctrl_c() => {
                let _ = holder.kill().await;
                break Err("interrupted; nothing is left running".to_owned());
            }
        }
    };
    progress.bar.finish_and_clear();
    answer
}

/// The holding process's log on this standard error, and a line with the time that has passed.
struct Progress {
    bar: ProgressBar,
    log: PathBuf,
    shown: usize,
}

impl Progress {
    fn new(log: PathBuf) -> Self {
        let bar = ProgressBar::new_spinner().with_message("starting MySQL and DynamoDB");
        bar.enable_steady_tick(POLL);
        Self { bar, log, shown: 0 }
    }

    fn show(&mut self) {
        let text = std::fs::read_to_string(&self.log).unwrap_or_default();
        let new = text.get(self.shown..).unwrap_or_default();
        let Some(end) = new.rfind('\n') else { return };
        for line in new.get(..end).unwrap_or_default().lines() {
            self.bar.suspend(|| eprintln!("{line}"));
        }
        self.shown += end + 1;
    }
}
