//! Which process is which: ids are used again, an id with its time of start is not.

use std::fs;

/// A process of this machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Process {
    pub(super) id: u32,
    /// In clock ticks since the machine's start.
    pub(super) start: u64,
    pub(super) name: String,
    parent: u32,
}

impl Process {
    /// The one that started this one; none when that has ended, or where there is no `/proc`.
    pub(super) fn parent() -> Option<Self> {
        let parent = Self::read("self")?.parent;
        // The process 1 takes the children of those that have ended, and is nobody's run.
        Self::of(parent).filter(|parent| parent.id > 1)
    }

    /// The one with this id.
    pub(super) fn of(id: u32) -> Option<Self> {
        Self::read(&id.to_string())
    }

    /// What [`Process::has_ended`] takes.
    pub(super) fn key(&self) -> String {
        format!("{}-{}", self.id, self.start)
    }

    /// Whether the process of this [key](Process::key) has ended.
    pub(super) fn has_ended(key: &str) -> bool {
        key.split_once('-').is_some_and(|(id, start)| {
            Self::read(id).is_none_or(|process| process.start.to_string() != start)
        })
    }

    fn read(id: &str) -> Option<Self> {
        Self::parse(&fs::read_to_string(format!("/proc/{id}/stat")).ok()?)
    }

    /// The name is in brackets, and can contain brackets and spaces itself.
    fn parse(line: &str) -> Option<Self> {
        let (id, rest) = line.split_once(" (")?;
        let (name, rest) = rest.rsplit_once(") ")?;
        let mut fields = rest.split(' ');
        // The fields 4 and 22 of the whole line, which `rest` begins with the third of.
        let parent = fields.nth(1)?.parse().ok()?;
        let start = fields.nth(17)?.parse().ok()?;
        Some(Self {
            id: id.parse().ok()?,
            start,
            name: name.to_owned(),
            parent,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::Process;

    #[test]
    fn a_process_is_read_whatever_its_name_is() {
        let stat = "77 (a) b (c) S 42 77 77 0 -1 4194304 1 2 3 4 5 6 7 8 20 0 1 0 9001 10 11";
        let process = Process::parse(stat).unwrap();
        assert_eq!((process.id, process.parent, process.start), (77, 42, 9_001));
        assert_eq!(process.name, "a) b (c");
        assert_eq!(process.key(), "77-9001");
    }

    #[cfg(target_os = "linux")]
    #[test]
    fn an_id_that_is_used_again_is_another_process() {
        let own = Process::read("self").unwrap();
        assert_eq!(own.id, std::process::id());
        assert!(!Process::has_ended(&own.key()));
        assert!(Process::has_ended(&format!("{}-{}", own.id, own.start + 1)));
        assert!(!Process::has_ended("another file"));
    }
}
