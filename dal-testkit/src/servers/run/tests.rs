//! What a run's processes do with the files of a server, with a program that only sleeps in its place.

use std::process::{Child, Command};
use std::time::{Duration, Instant};

use super::*;
use crate::servers::port::reserve;

const GONE_WITHIN: Duration = Duration::from_secs(5);

/// The parent of a run, of this name, killed when it is dropped.
struct Parent(Child, Process);

impl Parent {
    fn new(name: &str) -> Self {
        let child = Command::new("sleep").arg("600").spawn().unwrap();
        let mut process = Process::of(child.id()).unwrap();
        name.clone_into(&mut process.name);
        Self(child, process)
    }

    fn turn(&self, runs: &Path) -> Turn {
        Turn::of(runs, self.1.clone(), "server").unwrap()
    }
}

impl Drop for Parent {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn published() -> Published {
    Published {
        address: "nowhere".to_owned(),
        version: "1".to_owned(),
    }
}

/// A server that was started, and is not published.
fn started(turn: &Turn) -> Supervised {
    let folder = tempfile::tempdir().unwrap().keep();
    let command = ["sleep".into(), "600".into()];
    Supervised::start(&command, &folder, Some(turn.run()), reserve().unwrap()).unwrap()
}

fn is_gone(folder: &Path) -> bool {
    let until = Instant::now() + GONE_WITHIN;
    while folder.exists() && Instant::now() < until {
        std::thread::sleep(Duration::from_millis(20));
    }
    !folder.exists()
}

#[test]
fn a_server_lives_until_its_last_user_ends() {
    let runs = tempfile::tempdir().unwrap();
    let parent = Parent::new("sh");
    let turn = parent.turn(runs.path());
    assert!(turn.found().is_none());
    let process = started(&turn);
    assert!(turn.found().is_none(), "it is not ready");
    let folder = process.folder().to_owned();
    let first = Alive::of(process, Some(&turn), &published());
    assert!(matches!(first, Alive::Run(_)), "{first:?}");
    drop(turn);

    let turn = parent.turn(runs.path());
    let (found, second) = turn.found().unwrap();
    assert_eq!(found, published());
    drop(first);
    std::thread::sleep(Duration::from_secs(3));
    assert!(turn.found().is_some(), "it is in use");
    drop(second);
    assert!(is_gone(&folder));
    assert!(turn.found().is_none());
}

#[test]
fn a_server_waits_for_more_users_as_long_as_a_runner_lives() {
    let runs = tempfile::tempdir().unwrap();
    let parent = Parent::new("cargo");
    let turn = parent.turn(runs.path());
    let process = started(&turn);
    let folder = process.folder().to_owned();
    drop(Alive::of(process, Some(&turn), &published()));
    std::thread::sleep(Duration::from_secs(5));
    assert!(turn.found().is_some());
    drop(parent);
    assert!(is_gone(&folder));
}

#[test]
fn a_start_that_is_given_up_leaves_nothing() {
    let runs = tempfile::tempdir().unwrap();
    let parent = Parent::new("cargo");
    let turn = parent.turn(runs.path());
    let process = started(&turn);
    let folder = process.folder().to_owned();
    drop(process);
    assert!(!folder.exists());
    assert!(turn.found().is_none());
}

#[test]
fn runs_do_not_find_each_others_servers_and_their_folders_go() {
    let runs = tempfile::tempdir().unwrap();
    let (one, other) = (Parent::new("sh"), Parent::new("sh"));
    let turn = one.turn(runs.path());
    let alive = Alive::of(started(&turn), Some(&turn), &published());
    assert!(turn.found().is_some());
    assert!(other.turn(runs.path()).found().is_none());
    drop((alive, turn, one));
    let _third = Parent::new("sh").turn(runs.path());
    assert_eq!(fs::read_dir(runs.path()).unwrap().count(), 2);
}
