//! Defects of what MySQL is asked, planted from outside: a proxy changes the text of a statement when
//! it is prepared. The number of its values stays the same.

use tokio::io::{self, AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use crate::model::Seam;

/// `COM_STMT_PREPARE` of the protocol ("Command Phase").
const PREPARE: u8 = 0x16;

/// A defect of what MySQL is asked.
#[derive(Clone, Copy, Debug)]
pub struct Defect(fn(&str) -> String);

/// Defects that operations on the shop show.
pub const SHOP: &[(&str, Defect)] = &[
    ("lost ORDER BY", Defect(without_order)),
    (
        "REPLACE in place of INSERT",
        Defect(|sql| sql.replacen("INSERT INTO", "REPLACE INTO", 1)),
    ),
    ("lost DESC", Defect(|sql| sql.replace(" DESC", ""))),
    (">= in the keyset", Defect(at_the_position)),
    (
        "missing byte comparison",
        Defect(|sql| sql.replace(" COLLATE utf8mb4_0900_bin", "")),
    ),
];

/// Defects that operations on a table with a column of every type show.
pub const TYPES: &[(&str, Defect)] = &[("lost IS TRUE", Defect(|sql| sql.replace(" IS TRUE", "")))];

/// A page begins with the record that ended the one before.
fn at_the_position(sql: &str) -> String {
    match sql.rsplit_once(" > ?") {
        Some((before, last)) if sql.contains(" LIMIT ") => format!("{before} >= ?{last}"),
        _ => sql.to_owned(),
    }
}

fn without_order(sql: &str) -> String {
    match (sql.find(" ORDER BY "), sql.rfind(" LIMIT ")) {
        (Some(from), Some(to)) if from < to => format!("{}{}", &sql[..from], &sql[to..]),
        _ => sql.to_owned(),
    }
}

impl Seam for Defect {
    fn mysql(&self, url: &str) -> (String, JoinSet<()>) {
        let from = url.find('@').unwrap() + 1;
        let to = from + url[from..].find('/').unwrap();
        let server = url[from..to].to_owned();
        let listener = std::net::TcpListener::bind(("127.0.0.1", 0)).unwrap();
        listener.set_nonblocking(true).unwrap();
        let proxy = listener.local_addr().unwrap();
        let sign = if url.contains('?') { '&' } else { '?' };
        let changed = format!(
            "{}{proxy}{}{sign}ssl-mode=DISABLED",
            &url[..from],
            &url[to..]
        );
        let mut task = JoinSet::new();
        let change = self.0;
        task.spawn(async move {
            let listener = TcpListener::from_std(listener).unwrap();
            let mut links = JoinSet::new();
            while let Ok((client, _)) = listener.accept().await {
                let server = server.clone();
                // Either end closing the link is how every connection ends.
                links.spawn(async move {
                    let _closed = carry(client, &server, change).await;
                });
            }
        });
        (changed, task)
    }
}

async fn carry(client: TcpStream, server: &str, change: fn(&str) -> String) -> io::Result<()> {
    let server = TcpStream::connect(server).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (from_client, mut to_client) = client.into_split();
    let (mut from_server, to_server) = server.into_split();
    tokio::select! {
        ended = forward(from_client, to_server, change) => ended,
        ended = io::copy(&mut from_server, &mut to_client) => ended.map(|_| ()),
    }
}

async fn forward(
    mut client: OwnedReadHalf,
    mut server: OwnedWriteHalf,
    change: fn(&str) -> String,
) -> io::Result<()> {
    loop {
        let mut header = [0; 4];
        client.read_exact(&mut header).await?;
        let [low, middle, high, sequence] = header;
        let length = u32::from_le_bytes([low, middle, high, 0]);
        let mut payload = vec![0; usize::try_from(length).unwrap()];
        client.read_exact(&mut payload).await?;
        if sequence == 0 && payload.first() == Some(&PREPARE) {
            let text = std::str::from_utf8(&payload[1..]).map_err(io::Error::other)?;
            let text = change(text);
            payload.truncate(1);
            payload.extend_from_slice(text.as_bytes());
        }
        let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
        server
            .write_all(&[length[0], length[1], length[2], sequence])
            .await?;
        server.write_all(&payload).await?;
    }
}
