# Commands of this workspace. `just` lists them.

_default:
    @just --list

# Format, lint and documentation.
check:
    cargo fmt --all --check
    cargo clippy --workspace --all-targets --features userbook-server/cedar --locked -- -D warnings
    RUSTDOCFLAGS="-D warnings" cargo doc --workspace --no-deps --locked

# All tests, or those that `cargo test` selects by these arguments.
test *ARGS:
    cargo test --workspace --locked {{ARGS}}

# Compare the public API with the committed listings; `just api --write` updates them.
api *ARGS:
    .ci/api {{ARGS}}

# Everything that a submission must pass.
ci:
    .ci/run

# The slow suites, or the named steps.
full *STEP:
    .ci/full {{STEP}}

# The reference server on a new SQLite database.
server *ARGS:
    cargo run --release -p userbook-server -- {{ARGS}}

# The documentation of all crates, in a browser.
doc:
    cargo doc --workspace --no-deps --locked --open
