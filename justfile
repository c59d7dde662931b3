# Everyday commands. `just` lists them.
default:
    @just --list

# Every suite on every engine, set-up included
test:
    DAL_INSTALL=1 cargo test --workspace

# The suites that need no server
test-memory:
    DAL_TEST=memory cargo test --workspace

# The long run: eight times the sequences, every seed and setting
nightly:
    DAL_INSTALL=1 DAL_CHECK=nightly cargo test --workspace

# One suite (engines, shop or live), and a filter: `just suite shop users`
suite NAME *FILTER:
    DAL_INSTALL=1 cargo test --workspace --test {{NAME}} {{FILTER}}

# The demonstration on a private MySQL and embedded DynamoDB
demo *ARGS:
    cargo run --release --bin dal -- demo {{ARGS}}

# Format, lints, documentation, dependency rules
lint:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets -- -D warnings
    RUSTDOCFLAGS='-D warnings' cargo doc --workspace --no-deps
    .ci/columns
    .ci/dependencies
    .ci/licences

# Licences and advisories (needs cargo-deny)
deny:
    cargo deny check

# Criterion benches
bench:
    cargo bench --package dal-shadow
    cargo bench --package dal-tests

# Both servers for as long as you like
servers *ARGS='status':
    cargo run --bin dal -- servers {{ARGS}}

# All of continuous integration
ci:
    .ci/run
