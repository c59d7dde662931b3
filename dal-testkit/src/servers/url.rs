//! The URL of a MySQL server: with another database, and all its options kept.

use std::fmt;

/// `mysql://user:password@host:port/?option=value`, without a database.
#[derive(Clone, PartialEq, Eq)]
pub(super) struct ServerUrl {
    text: String,
    /// Where the database's name goes.
    database_at: usize,
}

impl ServerUrl {
    /// Takes a URL with or without a database, which is left out.
    pub(super) fn new(url: &str) -> Result<Self, String> {
        let after_scheme = url.find("://").map(|at| at + 3).ok_or_else(|| {
            format!("`{url}` is not a URL; write mysql://user:password@host:port/")
        })?;
        let (address, rest) = url.split_at(after_scheme);
        let end = rest.find(['/', '?']).unwrap_or(rest.len());
        let (host, rest) = rest.split_at(end);
        let options = rest
            .find('?')
            .map_or("", |at| rest.get(at..).unwrap_or_default());
        let before = format!("{address}{host}/");
        Ok(Self {
            database_at: before.len(),
            text: before + options,
        })
    }

    /// Without a database.
    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    /// With this one.
    pub(super) fn with_database(&self, name: &str) -> String {
        let (before, options) = self.text.split_at(self.database_at);
        format!("{before}{name}{options}")
    }
}

/// A password is not for logs.
impl fmt::Debug for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ServerUrl").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::ServerUrl;

    #[test]
    fn a_url_keeps_its_options_and_changes_its_database() {
        for (given, server, database) in [
            ("mysql://h", "mysql://h/", "mysql://h/d"),
            ("mysql://h:1/", "mysql://h:1/", "mysql://h:1/d"),
            (
                "mysql://u:p@h/old?ssl-mode=VERIFY_CA&ssl-ca=/a/ca.pem",
                "mysql://u:p@h/?ssl-mode=VERIFY_CA&ssl-ca=/a/ca.pem",
                "mysql://u:p@h/d?ssl-mode=VERIFY_CA&ssl-ca=/a/ca.pem",
            ),
            (
                "mysql://h?socket=/s",
                "mysql://h/?socket=/s",
                "mysql://h/d?socket=/s",
            ),
        ] {
            let url = ServerUrl::new(given).unwrap();
            assert_eq!(url.as_str(), server);
            assert_eq!(url.with_database("d"), database);
        }
        assert!(
            ServerUrl::new("no url")
                .unwrap_err()
                .contains("is not a URL")
        );
    }
}
