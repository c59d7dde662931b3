//! The program `mysqld`: where its parts are, and how to start it.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::system;

/// How to start mysqld.
#[derive(Debug)]
pub(super) struct Program {
    command: Vec<OsString>,
    options: Vec<OsString>,
}

impl Program {
    /// The one on `PATH`.
    pub(super) fn on_path() -> Self {
        Self {
            command: vec!["mysqld".into()],
            options: Vec::new(),
        }
    }

    /// From packages unpacked into `root`, through that folder's own loader, wherever the packages
    /// put it.
    pub(super) fn unpacked(root: &Path) -> Result<Self, String> {
        let (loader, triplet) = if cfg!(target_arch = "aarch64") {
            ("ld-linux-aarch64.so.1", "aarch64-linux-gnu")
        } else {
            ("ld-linux-x86-64.so.2", "x86_64-linux-gnu")
        };
        let found = |name: &str| {
            let missing = || format!("the unpacked packages in {} have no {name}", root.display());
            file_named(root, name).ok_or_else(missing)
        };
        let (loader, libc) = (found(loader)?, found("libc.so.6")?);
        let lib = root.join("usr/lib");
        let mut libraries: Vec<PathBuf> =
            libc.parent().map(Path::to_path_buf).into_iter().collect();
        libraries.extend([
            lib.join(triplet),
            root.join("lib").join(triplet),
            lib.join("mysql/private"),
            lib.join("mysql"),
        ]);
        let path = std::env::join_paths(libraries).map_err(|e| e.to_string())?;
        Ok(Self {
            command: vec![
                loader.into(),
                "--library-path".into(),
                path,
                root.join("usr/sbin/mysqld").into(),
            ],
            options: vec![
                option("--basedir=", root.join("usr")),
                option("--lc-messages-dir=", root.join("usr/share/mysql")),
                option("--plugin-dir=", lib.join("mysql/plugin")),
            ],
        })
    }

    /// What `--version` prints.
    pub(super) fn version(&self) -> Result<String, String> {
        let (program, arguments) = self.command.split_first().ok_or("no program")?;
        system::output(
            Command::new(program).args(arguments).arg("--version"),
            Duration::from_mins(1),
        )
    }

    /// The command with further options, and without those of the machine.
    pub(super) fn with(&self, more: impl IntoIterator<Item = OsString>) -> Vec<OsString> {
        let mut all = self.command.clone();
        all.push("--no-defaults".into());
        all.extend(self.options.iter().cloned());
        all.extend(more);
        all
    }
}

/// `--name=value` of a value that need not be text.
pub(super) fn option(name: &str, value: impl Into<OsString>) -> OsString {
    let mut text = OsString::from(name);
    text.push(value.into());
    text
}

/// The file of this name in a tree: itself, or a link that stays in the tree.
fn file_named(root: &Path, name: &str) -> Option<PathBuf> {
    let mut folders = vec![root.canonicalize().ok()?];
    let root = folders.first()?.clone();
    let mut linked = None;
    while let Some(folder) = folders.pop() {
        let Ok(entries) = fs::read_dir(folder) else {
            continue;
        };
        for entry in entries.flatten() {
            let (path, Ok(kind)) = (entry.path(), entry.file_type()) else {
                continue;
            };
            if kind.is_dir() {
                folders.push(path);
            } else if entry.file_name() == name {
                if kind.is_file() {
                    return Some(path);
                }
                let inside = |target: &PathBuf| target.is_file() && target.starts_with(&root);
                linked = linked.or_else(|| path.canonicalize().ok().filter(inside));
            }
        }
    }
    linked
}

#[cfg(all(test, unix))]
mod tests {
    use super::*;

    #[test]
    fn the_loader_is_found_wherever_the_libc_package_put_it() {
        let name = if cfg!(target_arch = "aarch64") {
            "ld-linux-aarch64.so.1"
        } else {
            "ld-linux-x86-64.so.2"
        };
        for place in ["usr/lib64", "lib64", "lib/some-triplet", "usr/lib/triplet"] {
            let root = tempfile::tempdir().unwrap();
            let put = |place: &str, file: &str| {
                let folder = root.path().join(place);
                fs::create_dir_all(&folder).unwrap();
                fs::write(folder.join(file), "").unwrap();
            };
            put(place, name);
            put("lib/some-triplet", "libc.so.6");
            // A link out of the tree, as older packages have one, is not the loader.
            fs::create_dir_all(root.path().join("elsewhere")).unwrap();
            std::os::unix::fs::symlink("/bin/sh", root.path().join("elsewhere").join(name))
                .unwrap();
            let program = Program::unpacked(root.path()).unwrap();
            let expected = root.path().join(place).join(name);
            assert_eq!(program.command[0], expected.into_os_string());
            let path = program.command[2].to_string_lossy().into_owned();
            assert!(path.contains("lib/some-triplet"), "{path}");
        }
        let empty = tempfile::tempdir().unwrap();
        let why = Program::unpacked(empty.path()).unwrap_err();
        assert!(why.contains(name), "{why}");
    }
}

/// Refuses what is not MySQL 8 or later, by the text of its version. MariaDB has the same command and
/// differs in collations, JSON and error texts.
pub(super) fn real_and_new(version: &str) -> Result<(), String> {
    if version.contains("MariaDB") {
        return Err(format!(
            "`{}` is MariaDB, which differs from MySQL",
            version.trim()
        ));
    }
    let major = version
        .split("Ver ")
        .nth(1)
        .unwrap_or(version)
        .split('.')
        .next()
        .and_then(|n| n.trim().parse::<u32>().ok());
    match major {
        Some(8..) => Ok(()),
        _ => Err(format!("`{}` is older than MySQL 8", version.trim())),
    }
}
