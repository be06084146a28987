# Shared by the scripts of this folder; sourced, never run.
set -euo pipefail
root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)"
cd "$root"

say() { printf '==> %s\n' "$*"; }
die() {
    printf '%s: %s\n' "$(basename "$0")" "$*" >&2
    exit 1
}

jobs_here() { nproc 2>/dev/null || echo 2; }

# The packages of the names given that dpkg does not have.
missing_packages() {
    local name
    for name in "$@"; do
        [ "$(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null || true)" = installed ] || printf '%s\n' "$name"
    done
}

# Installs those of the packages that are missing; asks nothing and does nothing when there are none.
need_packages() {
    command -v dpkg-query >/dev/null && command -v apt-get >/dev/null ||
        die "this needs apt (Debian 12 or a relative of it); install by other means: $*"
    local missing
    mapfile -t missing < <(missing_packages "$@")
    [ ${#missing[@]} -gt 0 ] || return 0
    local sudo=()
    if [ "$(id -u)" -ne 0 ]; then
        command -v sudo >/dev/null ||
            die "these packages are missing and only root may install them (there is no sudo): ${missing[*]}"
        sudo=(sudo)
    fi
    say "Installing with apt: ${missing[*]}"
    "${sudo[@]}" apt-get -qq update </dev/null ||
        die "apt-get update failed; check the network and /etc/apt/sources.list"
    "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends \
        -o Dpkg::Use-Pty=0 "${missing[@]}" </dev/null >"${TMPDIR:-/tmp}/hfasync-apt.$$" 2>&1 || {
        tail -n 20 "${TMPDIR:-/tmp}/hfasync-apt.$$" >&2
        rm -f "${TMPDIR:-/tmp}/hfasync-apt.$$"
        die "apt-get could not install: ${missing[*]}"
    }
    rm -f "${TMPDIR:-/tmp}/hfasync-apt.$$"
}

# configure_preset <preset> [cmake arguments]: quick when the cache is there; CMake itself notices new files.
configure_preset() {
    local preset=$1
    shift
    if [ ! -f "build/$preset/build.ninja" ] || [ $# -gt 0 ]; then
        say "Configuring build/$preset"
        mkdir -p "build/$preset"
        cmake --preset "$preset" "$@" </dev/null >"build/$preset/configure.log" 2>&1 || {
            cat "build/$preset/configure.log" >&2
            die "configuring preset '$preset' failed"
        }
    fi
}

# build_preset <preset> [targets]
build_preset() {
    local preset=$1
    shift
    say "Building build/$preset${1:+ ($*)}"
    local targets=()
    [ $# -eq 0 ] || targets=(--target "$@")
    cmake --build "build/$preset" "${targets[@]}" </dev/null
}
