//! Sequences that once failed, kept as JSON in a file beside the user's tests.
//!
//! The file is a list of sequences, a sequence a list of steps, a step `{"rename": {"id": 0, "name":
//! "Ann"}}`, `{"to": "dynamodb-leads"}` or `{"secondary": "transfers"}`. It is data and not Rust, because `Debug` writes no Rust for
//! the types of other crates, and because a file of data can be appended to by the check itself.

mod layout;

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Seek, Write};
use std::path::{Path, PathBuf};

use dal_shadow::ops::data::{named, under};
use dal_shadow::ops::{NotData, Operation};
use serde_json::Value;

use super::Step;

/// The variable that keeps a check from writing the file.
const VARIABLE: &str = "DAL_CHECK_REGRESSIONS";

/// The name of a step that changes the phase.
const TO: &str = "to";

/// The name and the value of the step after which the secondary store is written by transfers only.
const ONLY_TRANSFERS: (&str, &str) = ("secondary", "transfers");

/// The file of a check, and what was in it at the start.
pub(super) struct Regressions<O> {
    path: Option<PathBuf>,
    writable: bool,
    pub(super) sequences: Vec<Vec<Step<O>>>,
}

impl<O: Operation> Regressions<O> {
    /// Reads the file; one that does not exist yet holds nothing.
    ///
    /// # Errors
    /// With the line that cannot be read, and what to do.
    pub(super) fn read(path: Option<PathBuf>) -> Result<Self, String> {
        let writable = match std::env::var(VARIABLE).as_deref() {
            Err(_) | Ok("" | "append") => true,
            Ok("read-only") => false,
            Ok(other) => {
                return Err(format!(
                    "{VARIABLE}: `{other}` is neither `append` nor `read-only`"
                ));
            }
        };
        let sequences = match &path {
            None => Vec::new(),
            Some(path) => sequences(path)?,
        };
        Ok(Self {
            path,
            writable,
            sequences,
        })
    }

    /// Keeps the steps of a failure that was found by chance, if they fail whenever they are run; says
    /// in a sentence where they are, or how to keep them.
    pub(super) fn keep(&self, steps: &[Step<O>], lasts: bool) -> String {
        let sequence = match data(steps) {
            Ok(sequence) => sequence,
            Err(error) => return format!("the sequence cannot be kept as data: {error}"),
        };
        let Some(path) = &self.path else {
            return "to run this sequence first from now on, write `.regressions(\"tests/inc/NAME.regressions.json\")` on the check, and this into that file:".to_owned();
        };
        let shown = path.display();
        if !lasts || !self.writable {
            return format!(
                "to run this sequence first from now on, add it to the list in {shown}:"
            );
        }
        match append(path, sequence) {
            Ok(true) => format!(
                "appended to {shown}: it runs first from now on; commit the file ({VARIABLE}=read-only leaves it alone)"
            ),
            Ok(false) => format!("the sequence is in {shown} already"),
            Err(error) => format!(
                "{shown} cannot be written ({error}): to run this sequence first from now on, add it to the list there:"
            ),
        }
    }
}

/// The text of a file that holds these steps as its only sequence.
///
/// # Errors
/// When an argument cannot be kept as data.
pub(super) fn file_of<O: Operation>(steps: &[Step<O>]) -> Result<String, NotData> {
    data(steps).map(|sequence| layout::text(&[sequence]))
}

fn data<O: Operation>(steps: &[Step<O>]) -> Result<Value, NotData> {
    steps
        .iter()
        .map(|step| match step {
            Step::Call(call) => call.to_data(),
            Step::To(phase) => Ok(under(TO, Value::from(phase.as_str()))),
            Step::OnlyTransfers => {
                let (name, value) = ONLY_TRANSFERS;
                Ok(under(name, Value::from(value)))
            }
        })
        .collect::<Result<Vec<_>, _>>()
        .map(Value::Array)
}

fn step<O: Operation>(data: &Value) -> Result<Step<O>, String> {
    match named(data)? {
        (TO, Value::String(phase)) => phase.parse().map(Step::To),
        (name, Value::String(value)) if (name, value.as_str()) == ONLY_TRANSFERS => {
            Ok(Step::OnlyTransfers)
        }
        _ => O::from_data(data).map(Step::Call),
    }
}

fn sequences<O: Operation>(path: &Path) -> Result<Vec<Vec<Step<O>>>, String> {
    let text = match text(path) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(format!("{} cannot be read: {error}", path.display())),
    };
    let shown = path.display();
    let all = parse(&text).map_err(|reason| format!("{shown}, {reason}"))?;
    let mut sequences = Vec::new();
    for (number, sequence) in all.iter().enumerate() {
        let Value::Array(steps) = sequence else {
            let line = layout::line_of(&text, number, None);
            return Err(format!(
                "{shown}, line {line}: a sequence is a list of steps, and this is {sequence}"
            ));
        };
        let read = |(place, data)| {
            step(data).map_err(|reason| {
                let line = layout::line_of(&text, number, Some(place));
                format!(
                    "{shown}, line {line}: {reason}; write the step as the trait is now, or delete the sequence"
                )
            })
        };
        sequences.push(
            steps
                .iter()
                .enumerate()
                .map(read)
                .collect::<Result<_, _>>()?,
        );
    }
    Ok(sequences)
}

/// What is in the file, while no other check appends to it.
fn text(path: &Path) -> io::Result<String> {
    let mut file = File::open(path)?;
    file.lock_shared()?;
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    Ok(text)
}

/// The sequences in a text; an empty one holds none.
fn parse(text: &str) -> Result<Vec<Value>, String> {
    if text.trim().is_empty() {
        return Ok(Vec::new());
    }
    serde_json::from_str(text).map_err(|error| {
        format!(
            "line {}: the file is not a JSON list of sequences ({error}); mend the line or delete the file",
            error.line().max(1)
        )
    })
}

/// Adds a sequence to the file; `false` when it is there already.
fn append(path: &Path, sequence: Value) -> io::Result<bool> {
    if let Some(folder) = path
        .parent()
        .filter(|folder| !folder.as_os_str().is_empty())
    {
        std::fs::create_dir_all(folder)?;
    }
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(path)?;
    // Tests fail at the same time, in one process or in several.
    file.lock()?;
    let added = add(&mut file, sequence);
    file.unlock()?;
    added
}

fn add(file: &mut File, sequence: Value) -> io::Result<bool> {
    let mut text = String::new();
    file.read_to_string(&mut text)?;
    let mut all = parse(&text).map_err(io::Error::other)?;
    if all.contains(&sequence) {
        return Ok(false);
    }
    all.push(sequence);
    file.rewind()?;
    file.set_len(0)?;
    file.write_all(layout::text(&all).as_bytes())?;
    Ok(true)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// As when two tests fail at once, which both read the file before.
    #[test]
    fn a_sequence_that_another_check_has_appended_meanwhile_is_not_appended_again() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("users.json");
        let (one, other) = (json!([{"get": {"id": 0}}]), json!([{"get": {"id": 1}}]));
        assert!(append(&file, one.clone()).unwrap());
        assert!(!append(&file, one.clone()).unwrap());
        assert!(append(&file, other.clone()).unwrap());
        let text = text(&file).unwrap();
        assert_eq!(parse(&text).unwrap(), [one, other]);
    }
}
