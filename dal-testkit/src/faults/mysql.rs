//! A proxy that understands just enough of MySQL's protocol to fail at a chosen command.
//!
//! It reads packets, so faults at a command need a link that is not encrypted:
//! [`MySqlProxy::url`] asks for that. On the links of [`MySqlProxy::encrypted_url`] the only fault
//! is [`MySqlProxy::vanish`].

use std::io;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Mutex as AsyncMutex, watch};
use tokio::task::{JoinHandle, JoinSet};

/// `COM_QUERY` and `COM_STMT_EXECUTE` of the protocol ("Command Phase").
const QUERY: u8 = 0x03;
const EXECUTE: u8 = 0x17;

/// `CLIENT_SSL` among the capabilities of the protocol.
const CLIENT_SSL: u8 = 0x08;

/// The command at which a fault strikes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    /// The execution of a prepared statement: what sqlx does for every query with arguments.
    Execute,
    /// A plain query whose text begins so, without regard to case, such as `COMMIT`.
    Query(&'static str),
    /// Any execution or plain query.
    Any,
}

/// What happens at the command.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LinkFault {
    /// The link is closed before the server sees the command.
    Drop,
    /// The server carries the command out; the link is closed in place of its reply.
    LoseReply,
    /// The server never sees the command and the client hears nothing.
    Hang,
    /// The command arrives late.
    Delay(Duration),
    /// The server carries the command out; the client receives bytes that are not a reply.
    Garbage,
    /// The server never sees the command; the client is answered with this error number, as a
    /// server would.
    Error(u16),
    /// As [`LinkFault::Error`], with this SQLSTATE and text.
    Refusal(u16, &'static str, &'static str),
}

#[derive(Clone, Debug)]
struct Plan {
    at: Command,
    fault: LinkFault,
    forever: bool,
}

/// How a link ends that carries whatever it is given.
#[derive(Clone, Copy, Debug, Default)]
enum Ending {
    #[default]
    Closed,
    /// It stays open, and nothing comes through any more.
    Silent,
}

#[derive(Debug, Default)]
struct Script {
    plan: Mutex<Option<Plan>>,
}

/// A proxy on a free loopback port in front of a MySQL server; gone when dropped.
#[derive(Debug)]
pub struct MySqlProxy {
    address: SocketAddr,
    script: Arc<Script>,
    /// How the open links end: the latest of [`MySqlProxy::vanish`] and [`MySqlProxy::hang_up`].
    ending: watch::Sender<Ending>,
    accepting: JoinHandle<()>,
}

impl MySqlProxy {
    /// Starts a proxy in front of the server of `url` (`mysql://user@host:port/database`).
    ///
    /// # Errors
    /// When the URL has no address or no port is free.
    pub async fn start(url: &str) -> io::Result<Self> {
        let (_, target, _) = parts(url)?;
        let target = if target.contains(':') {
            target.to_owned()
        } else {
            format!("{target}:3306")
        };
        let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
        let address = listener.local_addr()?;
        let script = Arc::new(Script::default());
        let (ending, endings) = watch::channel(Ending::default());
        let accepting = tokio::spawn(accept(listener, target, Arc::clone(&script), endings));
        Ok(Self {
            address,
            script,
            ending,
            accepting,
        })
    }

    /// The URL that leads through the proxy to the same database.
    ///
    /// # Errors
    /// When `url` has no address.
    pub fn url(&self, url: &str) -> io::Result<String> {
        self.through(url, "DISABLED")
    }

    /// The URL that leads through the proxy to the same database by TLS.
    ///
    /// # Errors
    /// When `url` has no address.
    pub fn encrypted_url(&self, url: &str) -> io::Result<String> {
        self.through(url, "REQUIRED")
    }

    fn through(&self, url: &str, ssl_mode: &str) -> io::Result<String> {
        let (before, _, after) = parts(url)?;
        let sign = if after.contains('?') { '&' } else { '?' };
        Ok(format!(
            "{before}{}{after}{sign}ssl-mode={ssl_mode}",
            self.address
        ))
    }

    /// Lets `fault` strike once, at the next command `at`, on whichever connection.
    pub fn once(&self, at: Command, fault: LinkFault) {
        self.plan(Some(Plan {
            at,
            fault,
            forever: false,
        }));
    }

    /// Lets `fault` strike at every command `at` until [`MySqlProxy::heal`].
    pub fn always(&self, at: Command, fault: LinkFault) {
        self.plan(Some(Plan {
            at,
            fault,
            forever: true,
        }));
    }

    /// Ends the faults. Connections that hang stay as they are.
    pub fn heal(&self) {
        self.plan(None);
    }

    /// Lets the server vanish from the links that are open: they stay open, and nothing comes
    /// through any more. New links work.
    pub fn vanish(&self) {
        self.ending.send_replace(Ending::Silent);
    }

    /// Closes the links that are open, in both directions. New links work.
    pub fn hang_up(&self) {
        self.ending.send_replace(Ending::Closed);
    }

    /// Whether the fault that was planned by [`MySqlProxy::once`] has struck (or none was planned).
    pub fn is_spent(&self) -> bool {
        self.script.lock().is_none()
    }

    fn plan(&self, plan: Option<Plan>) {
        *self.script.lock() = plan;
    }
}

impl Drop for MySqlProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

impl Script {
    fn lock(&self) -> std::sync::MutexGuard<'_, Option<Plan>> {
        self.plan.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn fault_at(&self, sequence: u8, payload: &[u8]) -> Option<LinkFault> {
        let mut plan = self.lock();
        let current = plan.as_ref()?;
        // A command starts a new sequence; log-in packets and continuations do not.
        if sequence != 0 || !current.at.matches(payload) {
            return None;
        }
        let fault = current.fault;
        if !current.forever {
            *plan = None;
        }
        Some(fault)
    }
}

impl Command {
    fn matches(&self, payload: &[u8]) -> bool {
        let Some((&command, text)) = payload.split_first() else {
            return false;
        };
        match self {
            Self::Execute => command == EXECUTE,
            Self::Any => command == EXECUTE || command == QUERY,
            Self::Query(start) => {
                command == QUERY
                    && text
                        .get(..start.len())
                        .is_some_and(|text| text.eq_ignore_ascii_case(start.as_bytes()))
            }
        }
    }
}

/// Everything up to the address, the address, everything from the path on.
fn parts(url: &str) -> io::Result<(&str, &str, &str)> {
    let wrong = || io::Error::new(io::ErrorKind::InvalidInput, "the URL has no address");
    let scheme = url.find("://").ok_or_else(wrong)? + 3;
    let rest = url.get(scheme..).ok_or_else(wrong)?;
    let path = rest.find(['/', '?']).unwrap_or(rest.len());
    let authority = rest.get(..path).ok_or_else(wrong)?;
    let host = authority.rfind('@').map_or(0, |at| at + 1);
    let before = url.get(..scheme + host).ok_or_else(wrong)?;
    let after = rest.get(path..).ok_or_else(wrong)?;
    match authority.get(host..) {
        Some(target) if !target.is_empty() => Ok((before, target, after)),
        _ => Err(wrong()),
    }
}

async fn accept(
    listener: TcpListener,
    target: String,
    script: Arc<Script>,
    endings: watch::Receiver<Ending>,
) {
    let mut links = JoinSet::new();
    loop {
        tokio::select! {
            accepted = listener.accept() => {
                let Ok((client, _)) = accepted else { return };
                let (target, script) = (target.clone(), Arc::clone(&script));
                let mut endings = endings.clone();
                endings.mark_unchanged();
                links.spawn(async move {
                    // Either end closing the link is how every connection ends.
                    let _closed = carry(client, &target, &script, endings).await;
                });
            }
            Some(_) = links.join_next() => {}
        }
    }
}

async fn carry(
    client: TcpStream,
    target: &str,
    script: &Script,
    mut endings: watch::Receiver<Ending>,
) -> io::Result<()> {
    let server = TcpStream::connect(target).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (mut from_client, to_client) = client.into_split();
    let (from_server, to_server) = server.into_split();
    let replies = Replies::default();
    let to_client = AsyncMutex::new(to_client);
    tokio::select! {
        ended = forward(&mut from_client, to_server, &to_client, script, &replies) => return ended,
        ended = answer(from_server, &to_client, &replies) => return ended,
        // An error means that the proxy is gone, and its links with it.
        changed = endings.changed() => changed.map_err(io::Error::other)?,
    }
    let ending = *endings.borrow();
    match ending {
        Ending::Closed => Ok(()),
        Ending::Silent => until_closed(from_client).await,
    }
}

/// What becomes of the server's next bytes.
#[derive(Default)]
struct Replies {
    lose: AtomicBool,
    garble: AtomicBool,
}

async fn forward(
    mut client: impl AsyncRead + Unpin,
    mut server: impl AsyncWrite + Unpin,
    to_client: &AsyncMutex<impl AsyncWrite + Unpin>,
    script: &Script,
    replies: &Replies,
) -> io::Result<()> {
    loop {
        let mut header = [0; 4];
        client.read_exact(&mut header).await?;
        let [low, middle, high, sequence] = header;
        let length = u32::from_le_bytes([low, middle, high, 0]);
        let mut payload = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        client.read_exact(&mut payload).await?;
        match script.fault_at(sequence, &payload) {
            None => {}
            Some(LinkFault::Drop) => return Ok(()),
            // A client that has had enough takes its link to the server along.
            Some(LinkFault::Hang) => return until_closed(client).await,
            Some(LinkFault::Error(number)) => {
                refuse(to_client, number, "HY000", "planted").await?;
                continue;
            }
            Some(LinkFault::Refusal(number, state, text)) => {
                refuse(to_client, number, state, text).await?;
                continue;
            }
            Some(LinkFault::Delay(time)) => tokio::time::sleep(time).await,
            Some(LinkFault::LoseReply) => replies.lose.store(true, Ordering::SeqCst),
            Some(LinkFault::Garbage) => replies.garble.store(true, Ordering::SeqCst),
        }
        server.write_all(&header).await?;
        server.write_all(&payload).await?;
        if asks_for_tls(sequence, &payload) {
            return tokio::io::copy(&mut client, &mut server).await.map(drop);
        }
    }
}

/// Whether this is the `SSLRequest` of the protocol, after which everything is encrypted.
fn asks_for_tls(sequence: u8, payload: &[u8]) -> bool {
    sequence == 1
        && payload.len() == 32
        && payload.get(1).is_some_and(|flags| flags & CLIENT_SSL != 0)
}

async fn until_closed(mut client: impl AsyncRead + Unpin) -> io::Result<()> {
    let mut unheard = [0; 1024];
    while client.read(&mut unheard).await? > 0 {}
    Ok(())
}

async fn refuse(
    to_client: &AsyncMutex<impl AsyncWrite + Unpin>,
    number: u16,
    state: &str,
    text: &str,
) -> io::Result<()> {
    let packet = error_packet(number, state, text);
    to_client.lock().await.write_all(&packet).await
}

/// `ERR_Packet` of the protocol, as the first reply to a command.
fn error_packet(number: u16, state: &str, text: &str) -> Vec<u8> {
    let mut body = vec![0xff];
    body.extend(number.to_le_bytes());
    body.push(b'#');
    body.extend(state.bytes());
    body.extend(text.bytes());
    let length = u8::try_from(body.len()).unwrap_or(u8::MAX);
    let mut packet = vec![length, 0, 0, 1];
    packet.extend(body);
    packet
}

async fn answer(
    mut server: impl AsyncRead + Unpin,
    client: &AsyncMutex<impl AsyncWrite + Unpin>,
    replies: &Replies,
) -> io::Result<()> {
    let mut buffer = vec![0; 16 * 1024];
    loop {
        let count = server.read(&mut buffer).await?;
        let Some(bytes) = buffer.get(..count).filter(|bytes| !bytes.is_empty()) else {
            return Ok(());
        };
        if replies.lose.load(Ordering::SeqCst) {
            return Ok(());
        }
        if replies.garble.swap(false, Ordering::SeqCst) {
            // A complete packet whose first byte no reply has, and nothing more.
            client
                .lock()
                .await
                .write_all(b"\x04\x00\x00\x01\xfenot")
                .await?;
            return Ok(());
        }
        client.lock().await.write_all(bytes).await?;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_url_is_led_through_the_proxy_with_everything_else_kept() {
        assert_eq!(
            parts("mysql://root:p@ss@host:3306/db?x=1").unwrap(),
            ("mysql://root:p@ss@", "host:3306", "/db?x=1")
        );
        assert_eq!(parts("mysql://host").unwrap(), ("mysql://", "host", ""));
        assert!(parts("mysql:///db").is_err());
    }

    #[test]
    fn a_fault_strikes_at_its_command_and_only_once() {
        let script = Script::default();
        *script.lock() = Some(Plan {
            at: Command::Query("commit"),
            fault: LinkFault::Drop,
            forever: false,
        });
        assert_eq!(script.fault_at(0, b"\x03BEGIN"), None);
        assert_eq!(script.fault_at(1, b"\x03COMMIT"), None);
        assert_eq!(script.fault_at(0, b"\x03COMMIT"), Some(LinkFault::Drop));
        assert_eq!(script.fault_at(0, b"\x03COMMIT"), None);
    }
}
