# Shared by the scripts beside it: where things are, how they speak, and what they need.
# shellcheck shell=bash

set -euo pipefail
ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
BULKHEAD_TOOLS_DIR=${BULKHEAD_TOOLS_DIR:-${XDG_CACHE_HOME:-$HOME/.cache}/bulkhead}
export PATH="$BULKHEAD_TOOLS_DIR/tools/bin:$PATH"

say() { printf '==> %s\n' "$*" >&2; }
die() { printf 'error: %s\n' "$*" >&2; exit 1; }

is_root() { [ "$(id -u)" = 0 ]; }
on_debian() { command -v apt-get >/dev/null && command -v dpkg >/dev/null; }

# Installs Debian packages when that is ours to do; otherwise one sentence says what is missing.
debian_install() {
    local what=$1; shift
    if ! { is_root && on_debian; }; then
        die "$what is missing: install it (on Debian: apt-get install $*) and run this again."
    fi
    say "installing $what (apt-get install $*)"
    apt_refresh
    local output
    output=$(DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" 2>&1) \
        || { printf '%s\n' "$output" >&2; die "apt-get could not install $*."; }
}

# The lists of packages are fetched at most once for each run of a script.
apt_refresh() {
    [ -n "${apt_is_fresh:-}" ] || apt-get update -qq >&2
    apt_is_fresh=1
}

# Prints the folder that holds initdb and postgres, the newest version first.
postgres_bin() {
    local candidate
    for candidate in $(ls -d /usr/lib/postgresql/*/bin 2>/dev/null | sort -t/ -k5 -nr) \
        "$(pg_config --bindir 2>/dev/null || true)" \
        "$(dirname "$(readlink -f "$(command -v initdb || true)")" 2>/dev/null || true)"; do
        [ -x "$candidate/initdb" ] && [ -x "$candidate/postgres" ] && { echo "$candidate"; return; }
    done
    return 1
}

# Runs a command as a user whom initdb accepts: it refuses root.
unprivileged() {
    if ! is_root; then "$@"; return; fi
    local user=postgres
    getent passwd "$user" >/dev/null || user=nobody
    (cd / && setpriv --reuid="$user" --regid="$(id -g "$user")" --clear-groups "$@")
}

# One word for the contents of the files given or found in the folders given, and for their names.
fingerprint() {
    local sum=(sha256sum)
    command -v sha256sum >/dev/null || sum=(shasum -a 256)
    (cd "$ROOT" && find "$@" -name node_modules -prune -o -type f -print0 | LC_ALL=C sort -z \
        | xargs -0 "${sum[@]}" | "${sum[@]}" | cut -c1-32)
}

# Where the packer of this checkout is, or will be.
packer_path() { echo "$BULKHEAD_TOOLS_DIR/tools/bin/pack-wasm-$(fingerprint scripts/pack-wasm)"; }
