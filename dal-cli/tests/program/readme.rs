//! The README of the program.

use std::process::Command;

#[test]
fn the_program_knows_every_command_of_its_readme() {
    let readme = include_str!("../../README.md");
    let commands: Vec<&str> = readme
        .lines()
        .filter_map(|line| line.strip_prefix("dal "))
        .map(|line| line.split('#').next().unwrap())
        .collect();
    assert!(!commands.is_empty());
    for command in commands {
        let output = Command::new(env!("CARGO_BIN_EXE_dal"))
            .args(command.split_whitespace())
            .arg("--help")
            .output()
            .unwrap();
        assert!(output.status.success(), "dal {command}: {output:?}");
    }
}
