//! A loopback port that no other run of these tests takes.

use std::fs::{File, TryLockError};
use std::net::TcpListener;

use super::place;

/// Below the ports that operating systems hand out to outgoing connections (Linux: from 32,768).
const RANGE: std::ops::Range<u16> = 20_000..30_000;
const ATTEMPTS: u32 = 200;

/// A free port, reserved against concurrent runs by a file lock.
#[derive(Debug)]
pub(super) struct Port {
    pub(super) number: u16,
    lock: File,
}

impl Port {
    /// The port is reserved for as long as a process has this file open.
    pub(super) fn into_reservation(self) -> File {
        self.lock
    }
}

/// A port that is free now and reserved by us.
pub(super) fn reserve() -> Result<Port, String> {
    let folder = place::cache()?.join("ports");
    let io = |error: std::io::Error| format!("{}: {error}", folder.display());
    std::fs::create_dir_all(&folder).map_err(io)?;
    for _ in 0..ATTEMPTS {
        let number = fastrand::u16(RANGE);
        let lock = File::create(folder.join(number.to_string())).map_err(io)?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => continue,
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        if TcpListener::bind(("127.0.0.1", number)).is_ok() {
            return Ok(Port { number, lock });
        }
    }
    Err(format!(
        "no free port after {ATTEMPTS} attempts in {RANGE:?}"
    ))
}

#[cfg(test)]
mod tests {
    use super::reserve;

    #[test]
    fn a_reserved_port_is_not_given_twice() {
        let ports: Vec<_> = (0..64).map(|_| reserve().unwrap()).collect();
        let mut numbers: Vec<u16> = ports.iter().map(|port| port.number).collect();
        numbers.sort_unstable();
        numbers.dedup();
        assert_eq!(numbers.len(), 64);
    }
}
