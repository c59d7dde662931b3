//! Where fetched programs live: one folder for each, complete or absent, shared by concurrent runs.

use std::fs;
use std::path::{Path, PathBuf};

pub(super) const CHOICES: &str = "  - set DAL_CACHE_DIR to a folder that you can write to
  - set HOME";

/// The user's cache folder of dal: `DAL_CACHE_DIR`, else the platform's usual place. For root it is
/// `/var/cache/dal`: the unprivileged account that runs the server cannot pass root's home.
pub(super) fn cache() -> Result<PathBuf, String> {
    if let Some(dir) = std::env::var_os("DAL_CACHE_DIR") {
        return Ok(PathBuf::from(dir));
    }
    if super::system::is_root() {
        return Ok(PathBuf::from("/var/cache/dal"));
    }
    if let Some(dir) = std::env::var_os("XDG_CACHE_HOME") {
        return Ok(PathBuf::from(dir).join("dal"));
    }
    std::env::var_os("HOME")
        .map(|home| PathBuf::from(home).join(".cache").join("dal"))
        .ok_or_else(|| "neither DAL_CACHE_DIR nor HOME is set".to_owned())
}

/// The folder `name` in the cache, built by `build` when it is not there yet.
pub(super) fn installed(
    name: &str,
    build: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let there = |cache: &Path| Some(cache.join(name)).filter(|folder| folder.is_dir());
    found_or_built(name, there, |folder| {
        build(folder).map(|()| name.to_owned())
    })
}

/// The newest folder `name-version` in the cache; built by `build`, which returns the version, when
/// there is none yet.
pub(super) fn installed_version(
    name: &str,
    build: impl FnOnce(&Path) -> Result<String, String>,
) -> Result<PathBuf, String> {
    let there = |cache: &Path| newest_version(cache, name);
    found_or_built(name, there, |folder| {
        build(folder).map(|version| format!("{name}-{}", plain(&version)))
    })
}

/// Builds into a temporary folder, which is renamed when it is complete. A file lock lets one process
/// build while others wait.
fn found_or_built(
    what: &str,
    there: impl Fn(&Path) -> Option<PathBuf>,
    build: impl FnOnce(&Path) -> Result<String, String>,
) -> Result<PathBuf, String> {
    let cache = cache()?;
    if let Some(folder) = there(&cache) {
        return Ok(folder);
    }
    let io = |error: std::io::Error| format!("{}: {error}", cache.display());
    fs::create_dir_all(&cache).map_err(io)?;
    let lock = fs::File::create(cache.join(format!("{what}.lock"))).map_err(io)?;
    lock.lock().map_err(io)?;
    if let Some(folder) = there(&cache) {
        return Ok(folder);
    }
    let half = tempfile::Builder::new()
        .prefix(&format!("{HALF}{what}."))
        .tempdir_in(&cache)
        .map_err(io)?;
    super::say(&format!("dal: fetching {what} into {}", cache.display()));
    let began = std::time::Instant::now();
    let name = build(half.path())?;
    open_to_all(half.path())?;
    let done = cache.join(&name);
    fs::rename(half.keep(), &done).map_err(io)?;
    super::say(&format!(
        "dal: fetched {name} in {} s",
        began.elapsed().as_secs()
    ));
    Ok(done)
}

/// How the name of a folder begins that is not complete.
const HALF: &str = "half.";

fn newest_version(cache: &Path, name: &str) -> Option<PathBuf> {
    let versions = fs::read_dir(cache).ok()?.flatten().filter(|entry| {
        let text = entry.file_name();
        let version = text.to_str().and_then(|text| text.strip_prefix(name));
        entry.path().is_dir() && version.is_some_and(|version| version.starts_with('-'))
    });
    versions
        .max_by_key(|entry| entry.metadata().and_then(|data| data.modified()).ok())
        .map(|entry| entry.path())
}

/// A version as part of a file's name: an epoch's colon is not for paths.
fn plain(version: &str) -> String {
    let keep = |c: char| c.is_ascii_alphanumeric() || ".+-~".contains(c);
    version
        .chars()
        .map(|c| if keep(c) { c } else { '_' })
        .collect()
}

#[cfg(unix)]
fn open_to_all(folder: &Path) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o755)).map_err(|e| e.to_string())
}

#[cfg(not(unix))]
fn open_to_all(_: &Path) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_complete_folder_with_a_version_is_found_and_a_half_one_is_not() {
        let cache = tempfile::tempdir().unwrap();
        for name in ["half.mysql.x1", "mysql", "mysqlx-1", "dynamodb-local-3.3.1"] {
            fs::create_dir(cache.path().join(name)).unwrap();
        }
        fs::write(cache.path().join("mysql-1.lock"), "").unwrap();
        assert_eq!(newest_version(cache.path(), "mysql"), None);
        let folder = cache.path().join(format!("mysql-{}", plain("1:9.7.4-2")));
        fs::create_dir(&folder).unwrap();
        assert!(folder.ends_with("mysql-1_9.7.4-2"));
        assert_eq!(newest_version(cache.path(), "mysql"), Some(folder));
    }
}
