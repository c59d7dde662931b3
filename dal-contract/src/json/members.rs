//! Reading an object member by member, so that what is left over is noticed.

use super::{Node, Text, Value};
use crate::diagnostic::{
    At, DUPLICATE, Findings, MEMBER_TYPE, MEMBER_VALUE, MISSING, UNKNOWN_MEMBER,
};

/// The members of one object. `null` is the same as absent.
pub(crate) struct Members<'a> {
    at: &'a At,
    what: &'static str,
    all: &'a [(Text, Node)],
    known: Vec<&'static str>,
}

impl<'a> Members<'a> {
    /// The members of an object; another value is a finding. `what` names it: "a table".
    pub fn of(node: &'a Node, what: &'static str, findings: &mut Findings) -> Option<Self> {
        let Value::Object(members) = &node.value else {
            wrong_type(node, what, "an object", findings);
            return None;
        };
        for (i, (name, _)) in members.iter().enumerate() {
            if members
                .iter()
                .take(i)
                .any(|(other, _)| other.value == name.value)
            {
                let message = format!("`{}` occurs twice in {what}", name.value);
                findings.add(DUPLICATE, &name.at, message, "keep one of them");
            }
        }
        Some(Self {
            at: &node.at,
            what,
            all: members,
            known: Vec::new(),
        })
    }

    pub const fn at(&self) -> &'a At {
        self.at
    }

    /// The member, unless it is absent or `null`.
    pub fn take(&mut self, name: &'static str) -> Option<&'a Node> {
        self.known.push(name);
        let found = self.all.iter().find(|(found, _)| found.value == name);
        found
            .map(|(_, node)| node)
            .filter(|node| !matches!(node.value, Value::Null))
    }

    pub fn text(&mut self, name: &'static str, findings: &mut Findings) -> Option<Text> {
        text(self.take(name)?, name, findings)
    }

    /// A text that is not empty, if it is there.
    pub fn name(&mut self, name: &'static str, findings: &mut Findings) -> Option<Text> {
        let found = self.text(name, findings)?;
        if found.value.is_empty() {
            let message = format!("`{name}` is empty");
            findings.add(
                MEMBER_VALUE,
                &found.at,
                message,
                "write a name, or remove it",
            );
            return None;
        }
        Some(found)
    }

    /// A text that must be there, and is not empty.
    pub fn required(&mut self, name: &'static str, findings: &mut Findings) -> Option<Text> {
        if self.take(name).is_none() {
            self.missing(name, findings);
        }
        self.name(name, findings)
    }

    pub fn missing(&self, name: &str, findings: &mut Findings) {
        let message = format!("{} has no `{name}`", self.what);
        let help = match self.nearest(name) {
            Some(near) => format!("add `{name}`; is `{near}` meant to be it?"),
            None => format!("add `{name}`"),
        };
        findings.add(MISSING, self.at, message, help);
    }

    pub fn list(&mut self, name: &'static str, findings: &mut Findings) -> &'a [Node] {
        let Some(node) = self.take(name) else {
            return &[];
        };
        if let Value::Array(nodes) = &node.value {
            return nodes;
        }
        wrong_type(node, name, "an array", findings);
        &[]
    }

    pub fn flag(&mut self, name: &'static str, findings: &mut Findings) -> bool {
        let Some(node) = self.take(name) else {
            return false;
        };
        if let Value::Bool(flag) = node.value {
            return flag;
        }
        wrong_type(node, name, "true or false", findings);
        false
    }

    /// A whole number from 0.
    pub fn number(&mut self, name: &'static str, findings: &mut Findings) -> Option<(u64, At)> {
        let node = self.take(name)?;
        let number = match &node.value {
            // A size may be estimated as 200.0.
            Value::Number(text) => text.strip_suffix(".0").unwrap_or(text).parse().ok(),
            _ => None,
        };
        if number.is_none() {
            wrong_type(node, name, "a whole number from 0", findings);
        }
        number.map(|number| (number, node.at.clone()))
    }

    fn nearest(&self, name: &str) -> Option<&'a str> {
        let unread = self.all.iter().map(|(found, _)| found.value.as_str());
        nearest(name, unread.filter(|found| !self.known.contains(found)))
    }

    /// Every member that was not asked for is a finding.
    pub fn finish(self, findings: &mut Findings) {
        for (name, _) in self.all {
            if self.known.contains(&name.value.as_str()) {
                continue;
            }
            let message = format!(
                "{} has no member `{}`; it is not read",
                self.what, name.value
            );
            let help = match nearest(&name.value, self.known.iter().copied()) {
                Some(near) => format!("is `{near}` meant?"),
                None => format!("known members: {}", self.known.join(", ")),
            };
            findings.add(UNKNOWN_MEMBER, &name.at, message, help);
        }
    }
}

pub(crate) fn text(node: &Node, name: &str, findings: &mut Findings) -> Option<Text> {
    if let Value::Text(text) = &node.value {
        return Some(text.clone());
    }
    wrong_type(node, name, "a text", findings);
    None
}

pub(crate) fn wrong_type(node: &Node, what: &str, wanted: &str, findings: &mut Findings) {
    let found = node.value.kind();
    let message = format!("{what} must be {wanted}, and is {found}");
    findings.add(MEMBER_TYPE, &node.at, message, format!("write {wanted}"));
}

/// The name that is most like `name`, if one is like it.
pub(crate) fn nearest<'a>(name: &str, known: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let likeness =
        |found: &str| strsim::jaro_winkler(&name.to_ascii_lowercase(), &found.to_ascii_lowercase());
    known
        .map(|found| (likeness(found), found))
        .filter(|(likeness, _)| *likeness > 0.78)
        .max_by(|a, b| a.0.total_cmp(&b.0))
        .map(|(_, found)| found)
}
