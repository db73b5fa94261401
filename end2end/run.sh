#!/usr/bin/env bash
# Acts out the whole story against the release build: a fresh server with a PostgreSQL of its own,
# Chromium, and the official MCP clients. Ends with "N passed, N failed".
#
#   end2end/run.sh [TEST FILE…]     all of end2end/tests by default
#   BULKHEAD_E2E_URL=http://…       a server that runs already, instead of a fresh one
#   BULKHEAD_E2E_BINARY=…           another build of the server, such as target/debug/bulkhead
#   BULKHEAD_SITE_DIR=…             the browser's files of another place
. "$(dirname "$0")/../scripts/lib.sh"

output=$ROOT/end2end/output
server=
provider=

main() {
    cd "$ROOT/end2end"
    rm -rf "$output"
    mkdir -p "$output"
    trap stop_server EXIT
    [ -n "${BULKHEAD_E2E_URL:-}" ] || start_server
    export BULKHEAD_E2E_URL BULKHEAD_E2E_OUTPUT=$output BULKHEAD_E2E_OUTBOX=${BULKHEAD_E2E_OUTBOX:-${data:-}/data/outbox}
    export CHROMIUM=${CHROMIUM:-$(command -v chromium || command -v chromium-browser || echo /usr/bin/chromium)}
    local tests=("$@") status=0
    [ $# -gt 0 ] || tests=(tests/*.test.mjs)
    # The machine is small and Chromium is not: two files at a time.
    node --test --test-concurrency=2 --test-timeout=600000 \
        --test-reporter=spec --test-reporter-destination=stdout \
        --test-reporter=tap --test-reporter-destination="$output/results.tap" \
        "${tests[@]}" || status=$?
    summary
    return $status
}

start_server() {
    local binary=${BULKHEAD_E2E_BINARY:-$ROOT/target/release/bulkhead}
    [ -x "$binary" ] || die "$binary is missing: make build"
    data=$(mktemp -d "${TMPDIR:-/tmp}/bulkhead-e2e.XXXXXX")
    # The private PostgreSQL may run as another user, who must be able to get there.
    chmod 755 "$data"
    touch "$output/server.out"
    start_provider
    (
        unset DATABASE_URL BULKHEAD_OWNER_DATABASE_URL BULKHEAD_SYSTEM_DATABASE_URL BULKHEAD_PUBLIC_URL
        export BULKHEAD_ADDR=127.0.0.1:0 BULKHEAD_DATA_DIR=$data/data BULKHEAD_SITE_DIR=${BULKHEAD_SITE_DIR:-$ROOT/target/site}
        export BULKHEAD_SIGN_IN_PROVIDERS_FILE=$data/providers.toml BULKHEAD_SSO_INNER_ISSUERS=true BULKHEAD_DNS_SERVER=$dns
        export BULKHEAD_LOG_FORMAT=json RUST_LOG=${RUST_LOG:-info}
        exec "$binary" >"$output/server.out" 2>"$output/server.log"
    ) &
    server=$!
    wait_until_ready
}

# A real OpenID provider and a name server, which support/provider.mjs has.
start_provider() {
    local tries
    node support/provider.mjs >"$output/provider.out" 2>"$output/provider.log" &
    provider=$!
    for tries in $(seq 100); do
        read -r BULKHEAD_E2E_PROVIDER dns <"$output/provider.out" && break
        sleep 0.1
    done
    [ -n "${dns:-}" ] || die "the OpenID provider did not start: see $output/provider.log"
    export BULKHEAD_E2E_PROVIDER
    cat >"$data/providers.toml" <<-END
	[[provider]]
	id = "example"
	name = "Example Inc."
	kind = "oidc"
	issuer = "$BULKHEAD_E2E_PROVIDER"
	client_id = "bulkhead"
	client_secret = "a-secret-of-the-tests-alone"
	END
}

wait_until_ready() {
    local tries
    for tries in $(seq 300); do
        kill -0 "$server" 2>/dev/null || break
        BULKHEAD_E2E_URL=$(sed -n 's/^Bulkhead is ready at //p' "$output/server.out")
        if [ -n "$BULKHEAD_E2E_URL" ] && curl -fsS "$BULKHEAD_E2E_URL/readyz" >/dev/null 2>&1; then
            say "serving at $BULKHEAD_E2E_URL"
            return
        fi
        sleep 0.1
    done
    tail -n 20 "$output/server.out" "$output/server.log" >&2
    die "the server did not become ready within $((tries / 10)) seconds."
}

stop_server() {
    [ -z "$provider" ] || kill "$provider" 2>/dev/null || true
    [ -n "$server" ] || return 0
    kill "$server" 2>/dev/null || true
    wait "$server" 2>/dev/null || true
    rm -rf "$data"
}

summary() {
    count() { sed -n "s/^# $1 //p" "$output/results.tap" | tail -n 1; }
    printf '%s passed, %s failed\n' "$(count pass)" "$(($(count fail) + $(count cancelled)))"
}

main "$@"
