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
elsewhere=
stripe=

main() {
    cd "$ROOT/end2end"
    rm -rf "$output"
    mkdir -p "$output"
    trap stop_server EXIT
    python_client
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
    start_elsewhere
    start_stripe
    certificate
    (
        unset DATABASE_URL BULKHEAD_OWNER_DATABASE_URL BULKHEAD_SYSTEM_DATABASE_URL BULKHEAD_PUBLIC_URL
        export BULKHEAD_ADDR=127.0.0.1:0 BULKHEAD_DATA_DIR=$data/data BULKHEAD_SITE_DIR=${BULKHEAD_SITE_DIR:-$ROOT/target/site}
        export BULKHEAD_SIGN_IN_PROVIDERS_FILE=$data/providers.toml BULKHEAD_SSO_INNER_ISSUERS=true BULKHEAD_DNS_SERVER=$dns
        # The tests wait for tokens to expire, and clients show documents that are on this machine.
        export BULKHEAD_ACCESS_TOKEN_SECONDS=5 BULKHEAD_OAUTH_INNER_DOCUMENTS=true
        export BULKHEAD_OAUTH_DOCUMENT_CA_FILE=$BULKHEAD_E2E_CERTIFICATE/authority.pem
        # Browsers say where they come from: sign-ins are counted by address.
        export BULKHEAD_TRUSTED_PROXIES=127.0.0.1/32
        # The service that accounts are connected at.
        BULKHEAD_INNER_HOSTS=${BULKHEAD_E2E_ELSEWHERE//http:\/\//}
        export BULKHEAD_INNER_HOSTS=${BULKHEAD_INNER_HOSTS// /,}
        # Through which tenants pay.
        export BULKHEAD_STRIPE_SECRET_KEY=sk_test_fake BULKHEAD_STRIPE_WEBHOOK_SECRET=whsec_fake
        export BULKHEAD_STRIPE_API_BASE=$BULKHEAD_E2E_STRIPE
        export BULKHEAD_OPERATORS=operator@example.com
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

# A service with an authorization server and an API, and a receiver of webhooks, which support/elsewhere.mjs has.
start_elsewhere() {
    local tries
    node support/elsewhere.mjs >"$output/elsewhere.out" 2>"$output/elsewhere.log" &
    elsewhere=$!
    for tries in $(seq 100); do
        read -r BULKHEAD_E2E_ELSEWHERE <"$output/elsewhere.out" && break
        sleep 0.1
    done
    [ -n "${BULKHEAD_E2E_ELSEWHERE:-}" ] || die "the service elsewhere did not start: see $output/elsewhere.log"
    export BULKHEAD_E2E_ELSEWHERE
}

# A Stripe with a clock, a ledger and a page to pay on, which crates/stripe-fake has.
start_stripe() {
    local tries binary=${BULKHEAD_E2E_STRIPE_BINARY:-${CARGO_TARGET_DIR:-$ROOT/target}/debug/stripe-fake}
    [ -x "$binary" ] || (cd "$ROOT" && cargo build --quiet --package stripe-fake)
    "$binary" >"$output/stripe.out" 2>"$output/stripe.log" &
    stripe=$!
    for tries in $(seq 100); do
        read -r BULKHEAD_E2E_STRIPE <"$output/stripe.out" && break
        sleep 0.1
    done
    [ -n "${BULKHEAD_E2E_STRIPE:-}" ] || die "Stripe's fake did not start: see $output/stripe.log"
    export BULKHEAD_E2E_STRIPE
}

# Of https://localhost, where support/documents.mjs serves what clients say of themselves, by an authority of its own.
certificate() {
    export BULKHEAD_E2E_CERTIFICATE=$data/certificate
    mkdir "$BULKHEAD_E2E_CERTIFICATE"
    command -v openssl >/dev/null || die "openssl is missing: install it (on Debian: apt-get install openssl)."
    (
        cd "$BULKHEAD_E2E_CERTIFICATE"
        make_key() { openssl ecparam -name prime256v1 -genkey -noout -out "$1"; }
        make_key authority.key && make_key server.key
        openssl req -x509 -new -key authority.key -subj "/CN=Authority of the tests" -days 2 -out authority.pem
        openssl req -new -key server.key -subj /CN=localhost -out server.csr
        printf 'subjectAltName = DNS:localhost, IP:127.0.0.1\n' >server.ext
        openssl x509 -req -in server.csr -CA authority.pem -CAkey authority.key -CAcreateserial -days 2 \
            -extfile server.ext -out server.pem
    ) >"$output/certificate.log" 2>&1 || die "openssl made no certificate: see $output/certificate.log"
}

# The official client for Python, with packages of its own.
python_client() {
    local folder
    folder=$BULKHEAD_TOOLS_DIR/python-$(fingerprint end2end/requirements.txt)
    export BULKHEAD_E2E_PYTHON=$folder/bin/python
    if [ -e "$folder/complete" ]; then return; fi
    python3 -c 'import ensurepip, venv' 2>/dev/null \
        || debian_install "Python (3.10 or newer, with venv)" python3 python3-venv
    say "installing the official MCP client for Python (once a machine)"
    rm -rf "$folder"
    python3 -m venv "$folder"
    "$BULKHEAD_E2E_PYTHON" -m pip install --quiet --disable-pip-version-check --requirement requirements.txt >&2 \
        || die "pip could not install the packages of end2end/requirements.txt."
    touch "$folder/complete"
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
    local helper
    for helper in $provider $elsewhere $stripe; do kill "$helper" 2>/dev/null || true; done
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
