//! What a run found, for people.

use std::fmt::{self, Write as _};

use super::findings::Finding;
use super::report::{Report, Verdict};

/// At most so many findings are shown; the JSON report has all.
const SHOWN: usize = 5;
/// At most so many characters of one value are shown.
const VALUE: usize = 120;

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = self.head();
        self.methods_into(&mut text);
        self.errors_into(&mut text);
        for finding in self.differences.iter().take(SHOWN) {
            finding_into(&mut text, finding);
        }
        if self.differences.len() > SHOWN {
            let _ = writeln!(
                text,
                "\n… and {} more; --json FILE writes all",
                self.differences.len() - SHOWN
            );
        }
        self.steps_into(&mut text);
        write!(f, "{text}\n{}", self.end())
    }
}

impl Report {
    fn head(&self) -> String {
        let (mysql, dynamodb) = (&self.engines.mysql, &self.engines.dynamodb);
        let mut text = format!(
            "{} {} and {} {}, phase {}, {:.1} s, {} workers, seed {}\n",
            mysql.name,
            mysql.version,
            dynamodb.name,
            dynamodb.version,
            self.phase,
            self.seconds,
            self.workers,
            self.seed
        );
        if let Some(defect) = &self.planted {
            let _ = writeln!(text, "planted in the DynamoDB code: {defect}");
        }
        text
    }

    fn methods_into(&self, text: &mut String) {
        let _ = writeln!(
            text,
            "\n{:<24}{:>7}{:>10}{:>8}{:>11}{:>14}{:>14}{:>6}{:>8}  {:>17}  {:>17}",
            "",
            "calls",
            "compared",
            "equal",
            "different",
            "acknowledged",
            "inconclusive",
            "shed",
            "errors",
            "MySQL p50/p99 ms",
            "DynamoDB p50/p99"
        );
        for (name, method) in &self.methods {
            let errors: u64 = method.errors.values().sum();
            let _ = writeln!(
                text,
                "{name:<24}{:>7}{:>10}{:>8}{:>11}{:>14}{:>14}{:>6}{errors:>8}  {:>17}  {:>17}",
                method.calls,
                method.counts.compared,
                method.counts.equal,
                method.counts.different,
                method.counts.acknowledged,
                method.counts.inconclusive,
                method.counts.shed,
                times(&method.latency.mysql),
                times(&method.latency.dynamodb),
            );
        }
        let all = &self.counts;
        let _ = writeln!(
            text,
            "{:<24}{:>7}{:>10}{:>8}{:>11}{:>14}{:>14}{:>6}{:>8}",
            "all",
            all.calls,
            all.counts.compared,
            all.counts.equal,
            all.counts.different,
            all.counts.acknowledged,
            all.counts.inconclusive,
            all.counts.shed,
            all.errors
        );
    }

    fn errors_into(&self, text: &mut String) {
        let kinds: Vec<String> = self
            .error_kinds
            .iter()
            .map(|(kind, count)| format!("{kind} {count}"))
            .collect();
        let _ = writeln!(text, "\nerror answers: {}", kinds.join(", "));
    }

    fn steps_into(&self, text: &mut String) {
        let _ = writeln!(text, "\nmay the next step be taken?");
        for step in &self.may_step {
            let _ = writeln!(text, "{step}");
        }
    }

    fn end(&self) -> String {
        let all = &self.counts;
        match &self.verdict {
            Verdict::Equal => format!(
                "EQUAL: {} calls compared, none different ({} writes and {} error answers in {} calls)",
                all.counts.compared, all.writes, all.errors, all.calls
            ),
            Verdict::Different => format!(
                "DIFFERENT: {} of {} compared calls",
                all.counts.different, all.counts.compared
            ),
            Verdict::Inconclusive(why) => format!("INCONCLUSIVE: {why}"),
        }
    }
}

fn times(times: &dal_shadow::Percentiles) -> String {
    let ms = |us: u64| format!("{}.{:02}", us / 1_000, us % 1_000 / 10);
    format!("{} / {}", ms(times.p50_us), ms(times.p99_us))
}

fn finding_into(text: &mut String, finding: &Finding) {
    let times = if finding.count == 1 { "time" } else { "times" };
    let _ = writeln!(
        text,
        "\n{} {} ({} {times})",
        finding.method, finding.outcome, finding.count
    );
    for field in &finding.fields {
        let side = |side: &Option<String>| match side {
            Some(value) => value.chars().take(VALUE).collect(),
            None => "absent".to_owned(),
        };
        let path = if field.path.is_empty() {
            "the answer"
        } else {
            field.path.as_str()
        };
        let _ = writeln!(text, "  {path}");
        let _ = writeln!(text, "    MySQL     {}", side(&field.mysql));
        let _ = writeln!(text, "    DynamoDB  {}", side(&field.dynamodb));
    }
    for line in finding.diff.lines() {
        let line: String = line.chars().take(VALUE).collect();
        let _ = writeln!(text, "  | {line}");
    }
}
