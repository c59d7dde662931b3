//! The shop on a loopback port, and a small HTTP/1.1 client for it.

use std::net::SocketAddr;
use std::time::Duration;

use serde_json::Value;
use shop::http::App;
use shop::service::{self, Ended};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::JoinHandle;

/// A running shop.
pub struct Running {
    pub client: Client,
    stop: oneshot::Sender<()>,
    ended: JoinHandle<std::io::Result<Ended>>,
}

impl Running {
    /// Serves `app` on a free port.
    pub async fn start(app: App) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let client = Client(listener.local_addr().unwrap());
        let (stop, stopped) = oneshot::channel();
        let ended = tokio::spawn(service::run(
            listener,
            app,
            Duration::from_secs(10),
            async move {
                let _ = stopped.await;
            },
        ));
        Self {
            client,
            stop,
            ended,
        }
    }

    /// Asks it to stop, as SIGTERM does, and waits.
    pub async fn stop(self) -> Ended {
        self.stop.send(()).unwrap();
        self.ended.await.unwrap().unwrap()
    }
}

/// Sends each request on a connection of its own.
#[derive(Clone, Copy, Debug)]
pub struct Client(pub SocketAddr);

/// An answer.
#[derive(Clone, Debug)]
pub struct Reply {
    pub status: u16,
    pub head: String,
    pub body: String,
}

impl Reply {
    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or(Value::Null)
    }

    /// The value of a header, by its name in small letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| {
            let (found, value) = line.split_once(':')?;
            (found.to_ascii_lowercase() == name).then_some(value.trim())
        })
    }

    /// The code of an error answer.
    pub fn code(&self) -> String {
        let json = self.json();
        let code = json.pointer("/error/code").and_then(Value::as_str);
        code.unwrap_or_default().to_owned()
    }
}

impl Client {
    pub async fn get(&self, path: &str) -> Reply {
        self.send("GET", path, None).await
    }

    pub async fn delete(&self, path: &str) -> Reply {
        self.send("DELETE", path, None).await
    }

    pub async fn post(&self, path: &str, body: Value) -> Reply {
        self.send("POST", path, Some(body.to_string())).await
    }

    pub async fn put(&self, path: &str, body: Value) -> Reply {
        self.send("PUT", path, Some(body.to_string())).await
    }

    /// Sends a request; `body` is sent as JSON.
    pub async fn send(&self, method: &str, path: &str, body: Option<String>) -> Reply {
        self.send_with(method, path, "", body).await
    }

    /// The same with further header lines.
    pub async fn send_with(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: Option<String>,
    ) -> Reply {
        let body = body.unwrap_or_default();
        let request = format!(
            "{method} {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n{headers}\
             content-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        );
        let mut stream = TcpStream::connect(self.0).await.unwrap();
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((&answer, ""));
        let status = head.split(' ').nth(1).and_then(|code| code.parse().ok());
        Reply {
            status: status.unwrap_or_default(),
            head: head.to_owned(),
            body: body.to_owned(),
        }
    }
}
