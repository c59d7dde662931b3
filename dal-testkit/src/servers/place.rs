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

/// The folder `name` in the cache, built by `build` into a temporary folder and renamed when it is
/// complete. A file lock lets one process build while others wait.
pub(super) fn installed(
    name: &str,
    build: impl FnOnce(&Path) -> Result<(), String>,
) -> Result<PathBuf, String> {
    let cache = cache()?;
    let done = cache.join(name);
    if done.is_dir() {
        return Ok(done);
    }
    let io = |error: std::io::Error| format!("{}: {error}", cache.display());
    fs::create_dir_all(&cache).map_err(io)?;
    let lock = fs::File::create(cache.join(format!("{name}.lock"))).map_err(io)?;
    lock.lock().map_err(io)?;
    if done.is_dir() {
        return Ok(done);
    }
    let half = tempfile::Builder::new()
        .prefix(&format!("{name}.half."))
        .tempdir_in(&cache)
        .map_err(io)?;
    super::say(&format!("dal: fetching {name} into {}", done.display()));
    let began = std::time::Instant::now();
    build(half.path())?;
    open_to_all(half.path())?;
    fs::rename(half.keep(), &done).map_err(io)?;
    super::say(&format!(
        "dal: fetched {name} in {} s",
        began.elapsed().as_secs()
    ));
    Ok(done)
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
