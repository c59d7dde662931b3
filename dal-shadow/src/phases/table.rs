//! The phases of a migration and what each of them does: one pure function.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

/// One of the two stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Store {
    /// MySQL.
    MySql,
    /// DynamoDB.
    DynamoDb,
}

impl Store {
    /// The store's stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MySql => "mysql",
            Self::DynamoDb => "dynamodb",
        }
    }

    /// The other one.
    #[must_use]
    pub const fn other(self) -> Self {
        match self {
            Self::MySql => Self::DynamoDb,
            Self::DynamoDb => Self::MySql,
        }
    }
}

impl Serialize for Store {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl fmt::Display for Store {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A phase of the migration of one entity. Only steps between neighbours are legal, forward or
/// back.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[non_exhaustive]
pub enum Phase {
    /// MySQL alone.
    MySqlOnly,
    /// MySQL answers; DynamoDB is written after it.
    DualWrite,
    /// As `DualWrite`, and reads are compared with DynamoDB.
    ShadowRead,
    /// DynamoDB answers reads; MySQL is written first and still makes the ids.
    DynamoDbRead,
    /// DynamoDB answers and is written first; MySQL is written after it, so that the way back stays
    /// open.
    DynamoDbLeads,
    /// DynamoDB alone.
    DynamoDbOnly,
}

/// What a call does to the stores.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Verb {
    /// It changes nothing.
    Read,
    /// It may change something.
    Write,
}

/// What the secondary store is for in a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SecondaryRole {
    /// Nothing.
    None,
    /// It is read as well, and the answers are compared.
    Compare,
    /// It is written after the primary succeeded; the caller does not wait for it.
    Follow,
    /// It is written after the primary succeeded, and the caller waits for it: it answers the
    /// reads.
    Await,
}

/// What happens to a call.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Plan {
    /// The store that is called first, and whose answer the caller gets.
    pub primary: Store,
    /// What the other one, the secondary, is for.
    pub secondary: SecondaryRole,
}

/// What a phase does with a call. No other code asks which phase it is.
pub const fn plan(phase: Phase, verb: Verb) -> Plan {
    use Store::{DynamoDb, MySql};
    let (primary, secondary) = match (phase, verb) {
        (Phase::MySqlOnly, _) | (Phase::DualWrite, Verb::Read) => (MySql, SecondaryRole::None),
        (Phase::ShadowRead, Verb::Read) => (MySql, SecondaryRole::Compare),
        (Phase::DualWrite | Phase::ShadowRead, Verb::Write) => (MySql, SecondaryRole::Follow),
        (Phase::DynamoDbRead | Phase::DynamoDbLeads, Verb::Read) => {
            (DynamoDb, SecondaryRole::Compare)
        }
        (Phase::DynamoDbRead, Verb::Write) => (MySql, SecondaryRole::Await),
        (Phase::DynamoDbLeads, Verb::Write) => (DynamoDb, SecondaryRole::Follow),
        (Phase::DynamoDbOnly, _) => (DynamoDb, SecondaryRole::None),
    };
    Plan { primary, secondary }
}

impl Phase {
    /// Every phase, in order.
    pub const ALL: [Self; 6] = [
        Self::MySqlOnly,
        Self::DualWrite,
        Self::ShadowRead,
        Self::DynamoDbRead,
        Self::DynamoDbLeads,
        Self::DynamoDbOnly,
    ];

    /// The phase's stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::MySqlOnly => "mysql-only",
            Self::DualWrite => "dual-write",
            Self::ShadowRead => "shadow-read",
            Self::DynamoDbRead => "dynamodb-read",
            Self::DynamoDbLeads => "dynamodb-leads",
            Self::DynamoDbOnly => "dynamodb-only",
        }
    }

    /// The phase after it.
    pub fn next(self) -> Option<Self> {
        let mut phases = Self::ALL.into_iter();
        phases.find(|phase| *phase > self)
    }

    /// Whether one step leads from one to the other.
    pub fn is_adjacent(self, other: Self) -> bool {
        self.number().abs_diff(other.number()) == 1
    }

    /// Whether a secondary write can be lost in this phase, as long as nothing keeps it durably.
    pub fn writes_both(self) -> bool {
        plan(self, Verb::Write).secondary != SecondaryRole::None
    }

    /// Whether the step to `to` changes the store that answers reads or is written first: such a
    /// step lets no write begin until those under way are in both stores.
    pub fn hands_over_to(self, to: Self) -> bool {
        [Verb::Read, Verb::Write]
            .into_iter()
            .any(|verb| plan(self, verb).primary != plan(to, verb).primary)
    }

    /// The secondary store for writes, when it gains a role in the step to `to`: it answers
    /// reads, or is written first, after it. A step back to the store that was written first needs
    /// nothing of the other one, so that it succeeds while that one hangs.
    pub(crate) fn gains(self, to: Self) -> Option<Store> {
        let behind = plan(self, Verb::Write).primary.other();
        [Verb::Read, Verb::Write]
            .into_iter()
            .any(|verb| plan(to, verb).primary == behind && plan(self, verb).primary != behind)
            .then_some(behind)
    }

    /// The phase that the four flags of the published five-phase workflow stand for.
    ///
    /// | read MySQL | read DynamoDB | write MySQL | write DynamoDB | phase |
    /// |---|---|---|---|---|
    /// | yes | no | yes | no | `mysql-only` |
    /// | yes | no | yes | yes | `dual-write` |
    /// | yes | yes | yes | yes | `shadow-read` |
    /// | no | yes | yes | yes | `dynamodb-read` |
    /// | no | yes | no | yes | `dynamodb-only` |
    ///
    /// # Errors
    /// The reason why the combination is none of these.
    pub fn from_flags(flags: Flags) -> Result<Self, String> {
        let Flags {
            read_mysql,
            read_dynamodb,
            write_mysql,
            write_dynamodb,
        } = flags;
        match (read_mysql, read_dynamodb, write_mysql, write_dynamodb) {
            (true, false, true, false) => Ok(Self::MySqlOnly),
            (true, false, true, true) => Ok(Self::DualWrite),
            (true, true, true, true) => Ok(Self::ShadowRead),
            (false, true, true, true) => Ok(Self::DynamoDbRead),
            (false, true, false, true) => Ok(Self::DynamoDbOnly),
            (_, _, false, false) => Err("nothing is written: set WRITE_MYSQL or WRITE_DDB".into()),
            (false, false, ..) => Err("nothing is read: set READ_MYSQL or READ_DDB".into()),
            (true, _, false, _) => {
                Err("READ_MYSQL without WRITE_MYSQL would read what is not written".into())
            }
            (_, true, _, false) => {
                Err("READ_DDB without WRITE_DDB would read what is not written".into())
            }
        }
    }

    pub(crate) const fn number(self) -> u8 {
        match self {
            Self::MySqlOnly => 0,
            Self::DualWrite => 1,
            Self::ShadowRead => 2,
            Self::DynamoDbRead => 3,
            Self::DynamoDbLeads => 4,
            Self::DynamoDbOnly => 5,
        }
    }
}

/// The four flags of the published workflow: `READ_MYSQL`, `READ_DDB`, `WRITE_MYSQL`, `WRITE_DDB`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "the workflow has four flags, and a phase is made of them at once"
)]
pub struct Flags {
    /// `READ_MYSQL`.
    pub read_mysql: bool,
    /// `READ_DDB`.
    pub read_dynamodb: bool,
    /// `WRITE_MYSQL`.
    pub write_mysql: bool,
    /// `WRITE_DDB`.
    pub write_dynamodb: bool,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl FromStr for Phase {
    type Err = String;

    fn from_str(name: &str) -> Result<Self, String> {
        Self::ALL
            .into_iter()
            .find(|phase| phase.as_str() == name)
            .ok_or_else(|| {
                let names = Self::ALL.map(Self::as_str).join(", ");
                format!("`{name}` is no phase; there are {names}")
            })
    }
}

impl Serialize for Phase {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

impl<'de> Deserialize<'de> for Phase {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let name = String::deserialize(deserializer)?;
        name.parse().map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_plan_is_the_table_of_phases() {
        use SecondaryRole::{Await, Compare, Follow, None};
        use Store::{DynamoDb, MySql};
        let table = [
            (Phase::MySqlOnly, (MySql, None), (MySql, None)),
            (Phase::DualWrite, (MySql, None), (MySql, Follow)),
            (Phase::ShadowRead, (MySql, Compare), (MySql, Follow)),
            (Phase::DynamoDbRead, (DynamoDb, Compare), (MySql, Await)),
            (
                Phase::DynamoDbLeads,
                (DynamoDb, Compare),
                (DynamoDb, Follow),
            ),
            (Phase::DynamoDbOnly, (DynamoDb, None), (DynamoDb, None)),
        ];
        for (phase, read, write) in table {
            let of = |verb| {
                let plan = plan(phase, verb);
                (plan.primary, plan.secondary)
            };
            assert_eq!((of(Verb::Read), of(Verb::Write)), (read, write), "{phase}");
        }
    }

    #[test]
    fn only_neighbours_are_one_step_apart() {
        for (a, one) in Phase::ALL.into_iter().enumerate() {
            for (b, other) in Phase::ALL.into_iter().enumerate() {
                assert_eq!(one.is_adjacent(other), a.abs_diff(b) == 1);
            }
        }
    }

    #[test]
    fn the_steps_that_hand_over_are_those_into_and_out_of_the_middle() {
        let hands_over: Vec<_> = Phase::ALL
            .windows(2)
            .filter(|pair| pair[0].hands_over_to(pair[1]))
            .map(|pair| pair[1])
            .collect();
        assert_eq!(hands_over, [Phase::DynamoDbRead, Phase::DynamoDbLeads]);
    }

    #[test]
    fn the_way_back_from_a_store_that_hangs_needs_nothing_of_it() {
        use Phase::{DynamoDbLeads, DynamoDbOnly, DynamoDbRead, ShadowRead};
        let dynamodb = Some(Store::DynamoDb);
        assert_eq!(ShadowRead.gains(DynamoDbRead), dynamodb);
        assert_eq!(DynamoDbRead.gains(ShadowRead), None);
        assert_eq!(DynamoDbRead.gains(DynamoDbLeads), dynamodb);
        let mysql = Some(Store::MySql);
        assert_eq!(DynamoDbLeads.gains(DynamoDbRead), mysql);
        assert_eq!(DynamoDbLeads.gains(DynamoDbOnly), None);
    }

    #[test]
    fn sixteen_combinations_of_flags_are_five_phases_and_eleven_reasons() {
        let mut phases = Vec::new();
        for bits in 0..16_u8 {
            let bit = |place: u8| bits & (1 << place) != 0;
            let flags = Flags {
                read_mysql: bit(0),
                read_dynamodb: bit(1),
                write_mysql: bit(2),
                write_dynamodb: bit(3),
            };
            match Phase::from_flags(flags) {
                Ok(phase) => phases.push(phase),
                Err(reason) => assert!(!reason.is_empty()),
            }
        }
        phases.sort();
        assert_eq!(
            phases,
            [
                Phase::MySqlOnly,
                Phase::DualWrite,
                Phase::ShadowRead,
                Phase::DynamoDbRead,
                Phase::DynamoDbOnly
            ]
        );
    }

    #[test]
    fn a_phase_is_known_by_its_name() {
        for phase in Phase::ALL {
            assert_eq!(phase.to_string().parse(), Ok(phase));
        }
        assert!("dual".parse::<Phase>().unwrap_err().contains("dual-write"));
    }
}
