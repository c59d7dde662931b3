//! The rules of a harness: given as data, and gathered from its methods.

use std::fmt;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use dal_traits::Clock;
use serde::Serialize;

use super::{Action, Compiled, Day, Normalize, Pattern, Rule, RuleId, Rules, Scope, Work};

/// The words of one method, as the attribute wrote them.
#[derive(Clone, Copy, Debug)]
pub struct MethodRules {
    /// The entity.
    pub entity: &'static str,
    /// The method.
    pub method: &'static str,
    /// The paths of `ignore`.
    pub ignore: &'static [&'static str],
    /// The paths of `unordered`.
    pub unordered: &'static [&'static str],
    /// The paths of page tokens that are compared for presence only.
    pub presence: &'static [&'static str],
    /// The paths and functions of `normalize`.
    pub normalize: &'static [(&'static str, Normalize)],
}

/// All rules of a harness.
pub struct RuleSet {
    data: Vec<Arc<Compiled>>,
    words: Mutex<Vec<Arc<Compiled>>>,
    clock: Arc<dyn Clock>,
}

/// Why rules given as data were refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RuleError {
    /// The text is not a list of rules.
    Unreadable(String),
    /// Two rules have this id.
    Duplicate(RuleId),
    /// A rule has no id, no owner or no reason.
    Anonymous(RuleId),
    /// A path of the rule cannot be read.
    Path {
        /// The rule.
        rule: RuleId,
        /// What is wrong with the path.
        reason: String,
    },
}

impl fmt::Display for RuleError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Unreadable(reason) => write!(f, "these are not rules: {reason}"),
            Self::Duplicate(rule) => write!(f, "two rules are called `{rule}`"),
            Self::Anonymous(rule) => {
                write!(f, "rule `{rule}` must have an id, an owner and a reason")
            }
            Self::Path { rule, reason } => write!(f, "rule `{rule}`: {reason}"),
        }
    }
}

impl std::error::Error for RuleError {}

/// Reads a JSON list of rules.
///
/// # Errors
/// [`RuleError::Unreadable`] with place and reason.
pub fn rules_from_json(text: &str) -> Result<Vec<Rule>, RuleError> {
    serde_json::from_str(text).map_err(|error| RuleError::Unreadable(error.to_string()))
}

impl RuleSet {
    /// Checks the rules. The clock says when they expire.
    ///
    /// # Errors
    /// For a rule that is anonymous, named twice, or has a path that cannot be read.
    pub fn new(
        rules: impl IntoIterator<Item = Rule>,
        clock: Arc<dyn Clock>,
    ) -> Result<Self, RuleError> {
        let mut data: Vec<Arc<Compiled>> = Vec::new();
        for rule in rules {
            if data.iter().any(|other| other.rule == rule.id) {
                return Err(RuleError::Duplicate(rule.id));
            }
            data.push(Arc::new(compiled(rule)?));
        }
        Ok(Self {
            data,
            words: Mutex::default(),
            clock,
        })
    }

    /// The rules of one method: its own words, then the rules given as data that are for it. A
    /// word whose path cannot be read is never applied and reported as broken.
    pub fn for_method(&self, method: &MethodRules) -> Rules {
        let mut rules: Vec<_> = self.own(method);
        rules.extend(
            self.data
                .iter()
                .filter(|rule| rule.scope.includes(method.entity, method.method))
                .cloned(),
        );
        Rules {
            all: rules.into(),
            clock: Arc::clone(&self.clock),
            counted: true,
        }
    }

    /// The method's words as rules; the same ones when it is asked for again.
    fn own(&self, method: &MethodRules) -> Vec<Arc<Compiled>> {
        let mut known = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        words(method)
            .map(|word| {
                if let Some(same) = known.iter().find(|other| other.rule == word.rule) {
                    return Arc::clone(same);
                }
                if let Work::Broken(reason) = &word.work {
                    tracing::error!(target: "dal_shadow", rule = %word.rule, reason, "this path cannot be read: the rule is not applied");
                }
                let word = Arc::new(word);
                known.push(Arc::clone(&word));
                word
            })
            .collect()
    }

    /// Every rule with its hits so far: those given as data, then those of the methods that have
    /// been asked for.
    pub fn report(&self) -> Vec<RuleReport> {
        let now = self.clock.now();
        let words = self.words.lock().unwrap_or_else(PoisonError::into_inner);
        let report = |rule: &Arc<Compiled>| {
            let hits = rule.hits.load(Ordering::Relaxed);
            RuleReport {
                id: rule.rule.clone(),
                owner: rule.owner.clone(),
                reason: rule.reason.clone(),
                scope: rule.scope.to_string(),
                expires: rule.expires,
                hits,
                state: match &rule.work {
                    Work::Broken(_) => RuleState::Broken,
                    _ if rule.expires.is_some_and(|day| day.is_over(now)) => RuleState::Expired,
                    _ if hits == 0 => RuleState::Unused,
                    _ => RuleState::Used,
                },
            }
        };
        self.data.iter().chain(words.iter()).map(report).collect()
    }
}

impl fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.report()).finish()
    }
}

/// What became of a rule.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct RuleReport {
    /// The rule.
    pub id: RuleId,
    /// Who answers for it.
    pub owner: String,
    /// Why it is there.
    pub reason: String,
    /// The calls it is for, as `entity.method`, with `*` for all.
    pub scope: String,
    /// Its last day.
    pub expires: Option<Day>,
    /// Comparisons that would have ended otherwise without it, since the start of the process.
    pub hits: u64,
    /// Whether it is of use.
    pub state: RuleState,
}

/// Whether a rule is of use.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RuleState {
    /// It had hits.
    Used,
    /// It had none: remove it, or find out why.
    Unused,
    /// Its last day is over: it no longer applies.
    Expired,
    /// Its path cannot be read: it never applies.
    Broken,
}

fn compiled(rule: Rule) -> Result<Compiled, RuleError> {
    if [rule.id.as_str(), &rule.owner, &rule.reason]
        .iter()
        .any(|text| text.trim().is_empty())
    {
        return Err(RuleError::Anonymous(rule.id));
    }
    let path = |text: &str| {
        Pattern::parse(text).map_err(|reason| RuleError::Path {
            rule: rule.id.clone(),
            reason,
        })
    };
    let work = match rule.action {
        Action::Ignore(text) => Work::Ignore(path(&text)?),
        Action::Unordered(text) => Work::Unordered(path(&text)?),
        Action::Presence(text) => Work::Presence(path(&text)?),
        Action::Numeric(text) => Work::Numeric(path(&text)?),
        Action::Errors { primary, secondary } => Work::Errors(primary, secondary),
    };
    Ok(Compiled {
        rule: rule.id,
        owner: rule.owner,
        reason: rule.reason,
        scope: rule.scope,
        expires: rule.expires,
        work,
        hits: AtomicU64::new(0),
    })
}

/// The method's words, each as a rule of its own.
fn words(method: &MethodRules) -> impl Iterator<Item = Compiled> {
    let ignore = method.ignore.iter().map(|path| ("ignore", *path, None));
    let normalize = method
        .normalize
        .iter()
        .map(|(path, function)| ("normalize", *path, Some(*function)));
    let unordered = method
        .unordered
        .iter()
        .map(|path| ("unordered", *path, None));
    let presence = method.presence.iter().map(|path| ("token", *path, None));
    let MethodRules { entity, method, .. } = *method;
    ignore
        .chain(presence)
        .chain(normalize)
        .chain(unordered)
        .map(move |(word, path, function)| Compiled {
            rule: RuleId::new(format!("{entity}.{method}: {word} = \"{path}\"")),
            owner: "the trait".to_owned(),
            reason: format!("`{word}` on the method"),
            scope: Scope {
                entity: Some(entity.to_owned()),
                method: Some(method.to_owned()),
            },
            expires: None,
            work: match (Pattern::parse(path), function) {
                (Err(reason), _) => Work::Broken(reason),
                (Ok(pattern), Some(function)) => Work::Normalize(pattern, function),
                (Ok(pattern), None) if word == "ignore" => Work::Ignore(pattern),
                (Ok(pattern), None) if word == "token" => Work::Presence(pattern),
                (Ok(pattern), None) => Work::Unordered(pattern),
            },
            hits: AtomicU64::new(0),
        })
}
