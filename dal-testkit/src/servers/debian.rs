//! A private copy of MySQL, unpacked from the operating system's packages without installing them.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use super::program::{Program, real_and_new};
use super::system::Consent;
use super::{place, system};

/// The folder with the unpacked packages; fetched when absent.
pub(super) fn mysql_root(consent: Consent) -> Result<PathBuf, String> {
    if !cfg!(target_os = "linux") {
        return Err("only on Debian and Ubuntu".to_owned());
    }
    place::installed_version("mysql", |folder| {
        system::need("apt-get", "apt", consent)?;
        system::need("dpkg-deb", "dpkg", consent)?;
        let source = Source::of_this_machine()?;
        let mut why = String::new();
        for package in source.packages {
            match fetch(&source, package, folder) {
                Ok(version) => {
                    real_and_new(&Program::unpacked(folder)?.version()?)?;
                    return Ok(version);
                }
                Err(error) => why = error,
            }
        }
        Err(why)
    })
}

/// Where packages come from: the mirror that this machine already uses.
#[derive(Debug, PartialEq)]
struct Source {
    mirror: String,
    keyring: String,
    suite: String,
    packages: &'static [&'static str],
}

impl Source {
    fn of_this_machine() -> Result<Self, String> {
        let release = fs::read_to_string("/etc/os-release").map_err(|e| e.to_string())?;
        let field = |name: &str| {
            release
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix('='))
                .map(|value| value.trim_matches('"').to_owned())
        };
        let codename = field("VERSION_CODENAME").ok_or("/etc/os-release names no version")?;
        let mut texts = Vec::new();
        let mut files = vec![PathBuf::from("/etc/apt/sources.list")];
        if let Ok(folder) = fs::read_dir("/etc/apt/sources.list.d") {
            files.extend(folder.flatten().map(|entry| entry.path()));
        }
        for file in files {
            let extension = file.extension().and_then(|e| e.to_str()).map(str::to_owned);
            if let (Some(kind @ ("list" | "sources")), Ok(text)) =
                (extension.as_deref(), fs::read_to_string(&file))
            {
                texts.push((kind == "sources", text));
            }
        }
        let mirror = texts
            .iter()
            .find_map(|(deb822, text)| mirror_of(*deb822, text, &codename))
            .ok_or("no package source of this release in /etc/apt")?;
        match field("ID").as_deref() {
            Some("debian") => Ok(Self {
                mirror,
                keyring: "/usr/share/keyrings/debian-archive-keyring.gpg".to_owned(),
                suite: "sid".to_owned(),
                packages: &["mysql-server-core"],
            }),
            Some("ubuntu") => Ok(Self {
                mirror,
                keyring: "/usr/share/keyrings/ubuntu-archive-keyring.gpg".to_owned(),
                suite: codename,
                packages: &[
                    "mysql-server-core",
                    "mysql-server-core-8.4",
                    "mysql-server-core-8.0",
                ],
            }),
            other => Err(format!(
                "only on Debian and Ubuntu, not on {}",
                other.unwrap_or("this system")
            )),
        }
    }
}

/// The address of the first source whose suite is exactly the release and that has `main`.
fn mirror_of(deb822: bool, text: &str, codename: &str) -> Option<String> {
    if !deb822 {
        return text.lines().find_map(|line| {
            let line = line.trim();
            let rest = line.strip_prefix("deb ")?.trim();
            let rest = match rest.strip_prefix('[') {
                Some(options) => options.split_once(']')?.1.trim(),
                None => rest,
            };
            let mut words = rest.split_whitespace();
            let uri = words.next()?;
            (words.next()? == codename && words.any(|word| word == "main")).then(|| uri.to_owned())
        });
    }
    text.split("\n\n").find_map(|stanza| {
        let field = |name: &str| {
            stanza
                .lines()
                .find_map(|line| line.strip_prefix(name)?.strip_prefix(':'))
                .map(str::trim)
        };
        let has = |name: &str, word: &str| {
            field(name).is_some_and(|v| v.split_whitespace().any(|w| w == word))
        };
        (has("Types", "deb") && has("Suites", codename) && has("Components", "main"))
            .then(|| field("URIs")?.split_whitespace().next().map(str::to_owned))
            .flatten()
    })
}

/// Downloads a package with all it needs by a private apt state, and unpacks each into `folder`.
/// Returns the package's version.
fn fetch(source: &Source, package: &str, folder: &Path) -> Result<String, String> {
    let io = |e: std::io::Error| e.to_string();
    if !Path::new(&source.keyring).is_file() {
        return Err(format!("the keyring {} is missing", source.keyring));
    }
    let work = tempfile::Builder::new()
        .prefix("dal-apt.")
        .tempdir()
        .map_err(io)?;
    let at = |name: &str| work.path().join(name);
    for name in ["lists/partial", "cache/archives/partial", "state"] {
        fs::create_dir_all(at(name)).map_err(io)?;
    }
    let line = format!(
        "deb [signed-by={}] {} {} main\n",
        source.keyring, source.mirror, source.suite
    );
    fs::write(at("sources.list"), line).map_err(io)?;
    let mut options = String::new();
    for (name, value) in [
        ("Dir::State", at("state")),
        ("Dir::State::lists", at("lists")),
        ("Dir::State::status", PathBuf::from("/dev/null")),
        ("Dir::Cache", at("cache")),
        ("Dir::Etc::sourcelist", at("sources.list")),
        ("Dir::Etc::sourceparts", PathBuf::from("/dev/null")),
        ("Dir::Etc::preferencesparts", PathBuf::from("/dev/null")),
    ] {
        let _ = writeln!(options, "{name} \"{}\";", value.display());
    }
    options.push_str(
        "APT::Sandbox::User \"\";\nAcquire::Languages \"none\";\nAcquire::Retries \"3\";\n",
    );
    fs::write(at("apt.conf"), options).map_err(io)?;
    let apt = |arguments: &[&str]| {
        system::output(
            Command::new("apt-get")
                .env("APT_CONFIG", at("apt.conf"))
                .env("DEBIAN_FRONTEND", "noninteractive")
                .args(arguments),
            Duration::from_mins(15),
        )
    };
    apt(&["update", "-q"])?;
    apt(&[
        "install",
        "-q",
        "-y",
        "--download-only",
        "--no-install-recommends",
        package,
    ])?;
    let mut version = None;
    for entry in fs::read_dir(at("cache/archives")).map_err(io)?.flatten() {
        if entry.path().extension().is_some_and(|e| e == "deb") {
            let own = entry
                .file_name()
                .to_string_lossy()
                .starts_with(&format!("{package}_"));
            if own {
                let mut ask = Command::new("dpkg-deb");
                ask.arg("-f").arg(entry.path()).arg("Version");
                let told = system::output(&mut ask, Duration::from_secs(30))?;
                version = Some(told.trim().to_owned());
            }
            system::output(
                Command::new("dpkg-deb")
                    .arg("-x")
                    .arg(entry.path())
                    .arg(folder),
                Duration::from_mins(2),
            )?;
        }
    }
    version.ok_or_else(|| format!("apt-get downloaded nothing for {package}"))
}

#[cfg(test)]
mod tests {
    use super::mirror_of;

    #[test]
    fn the_mirror_is_the_one_of_this_release_not_of_a_third_party() {
        let deb822 = "Types: deb\nURIs: http://other.example\nSuites: nodistro\nComponents: main\n\n\
                      Types: deb\n# a comment\nURIs: http://mirror.example/debian\nSuites: bookworm bookworm-updates\nComponents: main\n";
        assert_eq!(
            mirror_of(true, deb822, "bookworm").as_deref(),
            Some("http://mirror.example/debian")
        );
        let list = "# deb http://old.example bookworm main\ndeb [arch=amd64 signed-by=/k] http://mirror.example/ubuntu noble main universe\n";
        assert_eq!(
            mirror_of(false, list, "noble").as_deref(),
            Some("http://mirror.example/ubuntu")
        );
        assert_eq!(mirror_of(false, list, "jammy"), None);
    }
}
