//! What `dal --help` says beyond the list of commands.

/// Below `dal -h`.
pub const SHORT: &str = "\
Try:  dal demo            (nothing to install or set first)
      dal demo --plant    (finds a planted defect)

      dal check migrationContract.json
      dal differences differences.jsonl
      dal phase check phases.json --in-force phases.last.json

More: dal --help";

/// Below `dal --help`.
pub const LONG: &str = "\
Examples:
  dal demo                          compare MySQL and DynamoDB on an online shop for 10 seconds
  dal demo --plant                  plant a subtle defect into the DynamoDB code, and see it found
  dal demo --plant lost-lines       another one; `dal demo --help` lists them
  dal demo --seconds 60 --json report.json
  dal check migrationContract.json --catalog catalog.json
                                    is the contract understood, and if not, where and why
  dal catalog --mysql mysql://… > catalog.json
                                    the schema that contracts are checked against
  dal copy migrationContract.json --mysql mysql://… --create-tables --state copy.json
                                    make the items of MySQL's rows
  dal generate rust migrationContract.json --catalog catalog.json --output src/records.rs
                                    structs for `Store`; with `--check`: is the file up to date?
  dal differences differences.jsonl what a JsonLinesSink found, one row for each defect
  dal phase check phases.json --in-force phases.last.json
                                    is it valid, and which step does each entity take
  dal servers up                    a MySQL and AWS's DynamoDB Local, until `dal servers down`
  dal servers up --json             the same; their addresses as JSON, for a script
  dal servers clean --dry-run       what killed test runs have left on servers of yours

Exit codes:
  0  done; in a comparison: all answers were equal
  1  ran, and the answer is no: answers differed, an entity of a contract is refused, a row has no
     item, generated code is stale, a phase file is not valid or takes a step that is refused, or no
     servers are running
  2  could not run, or compared too little to say; standard error says what to do

A build without the feature `kit` (cargo install … --no-default-features) has `check`, `catalog`,
`copy`, `generate`, `differences` and `phase` only, and contains no database.

Environment:
  DAL_MYSQL_URL      use this MySQL 8 or later (mysql://user:password@host:port/) and start none;
                     only databases whose names begin with dal_test_ are made and dropped
  DAL_DYNAMODB_URL   use this DynamoDB Local for `servers` and tests, and start none
  DAL_SERVERS        `local` or `containers`: start servers only in this way
  DAL_CACHE_DIR      where fetched programs are kept (default: the user's cache folder)
  DAL_STATE_DIR      where `servers up` notes what it started (default: the cache folder)
  DAL_INSTALL        1: install missing system packages (as root on Debian or Ubuntu)";
