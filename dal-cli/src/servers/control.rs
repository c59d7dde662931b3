//! How later commands find the process that holds the servers and talk to it: a loopback port and a
//! secret in a file that only its owner can read.

use std::fs::File;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

use super::report::Servers;

/// A reply takes no work: this long means that it is not ours.
const ANSWER_LIMIT: Duration = Duration::from_secs(5);
/// Killing both servers and removing their folders.
const STOP_LIMIT: Duration = Duration::from_secs(30);
/// No request is longer than this many bytes.
const LONGEST_REQUEST: u64 = 256;

#[derive(Serialize, Deserialize)]
struct Address {
    port: u16,
    word: String,
}

fn path(folder: &Path) -> PathBuf {
    folder.join("servers.json")
}

/// What the running process says that it holds.
pub(super) async fn running(folder: &Path) -> Option<Servers> {
    serde_json::from_str(&ask(folder, "status", ANSWER_LIMIT).await?).ok()
}

/// Stops the process and its servers; whether there was one.
pub(super) async fn stop(folder: &Path) -> Result<bool, String> {
    if running(folder).await.is_none() {
        return Ok(false);
    }
    match ask(folder, "down", STOP_LIMIT).await.as_deref() {
        Some("stopped") => Ok(true),
        _ => Err(format!(
            "the servers did not stop within {} s; their log: {}",
            STOP_LIMIT.as_secs(),
            folder.join("servers.log").display()
        )),
    }
}

async fn ask(folder: &Path, request: &str, limit: Duration) -> Option<String> {
    let text = std::fs::read_to_string(path(folder)).ok()?;
    let address: Address = serde_json::from_str(&text).ok()?;
    let asked = async {
        let mut stream = TcpStream::connect(("127.0.0.1", address.port)).await.ok()?;
        let line = format!("{} {request}\n", address.word);
        stream.write_all(line.as_bytes()).await.ok()?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.ok()?;
        Some(answer.trim_end().to_owned())
    };
    tokio::time::timeout(limit, asked).await.ok().flatten()
}

/// The holding process's end.
pub(super) struct Control {
    listener: TcpListener,
    word: String,
    path: PathBuf,
}

impl Control {
    /// Listens, and publishes where; from then on [`running`] finds it.
    pub(super) async fn publish(folder: &Path) -> Result<Self, String> {
        let listener = TcpListener::bind(("127.0.0.1", 0))
            .await
            .map_err(|e| e.to_string())?;
        let port = listener.local_addr().map_err(|e| e.to_string())?.port();
        let word: String = std::iter::repeat_with(fastrand::alphanumeric)
            .take(24)
            .collect();
        let address = Address {
            port,
            word: word.clone(),
        };
        let text = serde_json::to_string(&address).map_err(|e| e.to_string())?;
        let path = path(folder);
        write_privately(&path, &text).map_err(|e| format!("{}: {e}", path.display()))?;
        Ok(Self {
            listener,
            word,
            path,
        })
    }

    /// Answers until somebody asks to stop; that stream still waits for its answer.
    pub(super) async fn serve(&self, servers: &Servers) -> Result<Asker, String> {
        let status = serde_json::to_string(servers).map_err(|e| e.to_string())?;
        loop {
            let Ok((stream, _)) = self.listener.accept().await else {
                continue;
            };
            let asked = tokio::time::timeout(ANSWER_LIMIT, request(stream)).await;
            let Ok(Some((line, mut stream))) = asked else {
                continue;
            };
            match line.trim_end().split_once(' ') {
                Some((word, "status")) if word == self.word => {
                    let _ = stream.write_all(status.as_bytes()).await;
                }
                Some((word, "down")) if word == self.word => return Ok(Asker(stream)),
                _ => {}
            }
        }
    }
}

impl Drop for Control {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.path);
    }
}

/// Somebody who waits until the servers are gone.
pub(super) struct Asker(TcpStream);

impl Asker {
    pub(super) async fn stopped(mut self) {
        let _ = self.0.write_all(b"stopped").await;
        let _ = self.0.shutdown().await;
    }
}

async fn request(stream: TcpStream) -> Option<(String, TcpStream)> {
    let mut reader = BufReader::new(stream.take(LONGEST_REQUEST));
    let mut line = String::new();
    reader.read_line(&mut line).await.ok()?;
    Some((line, reader.into_inner().into_inner()))
}

fn write_privately(path: &Path, text: &str) -> std::io::Result<()> {
    let half = path.with_extension("half");
    let _ = std::fs::remove_file(&half);
    let mut options = File::options();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(&half)?.write_all(text.as_bytes())?;
    std::fs::rename(half, path)
}
