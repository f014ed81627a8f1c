#!/usr/bin/env bash
# Opens pages of ours in a real browser: tests/browser/run.sh [PYTHON with costcalc[report]]. What it needs it installs
# where it may: chromium and npm by apt as root, playwright into a venv of its own, axe-core by npm. Where it cannot, it
# says so and is content, unless COSTCALC_BROWSER=required. Screenshots stay in tests/browser/screenshots.
set -euo pipefail
python=$(realpath -s "${1:-.venv/bin/python}")
cd "$(dirname "${BASH_SOURCE[0]}")"
tools=${COSTCALC_BROWSER_TOOLS:-$PWD/.tools}

without() {
    echo "no browser tests: $*" >&2
    [ "${COSTCALC_BROWSER:-}" = required ] && exit 1
    exit 0
}

need() { # PROGRAM PACKAGE
    command -v "$1" >/dev/null && return
    [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null || without "there is no $1, and only root on Debian installs it"
    timeout 120 apt-get -qq update &&
        DEBIAN_FRONTEND=noninteractive timeout 600 apt-get -qq install -y --no-install-recommends "$2" >/dev/null ||
        without "$2 cannot be installed"
}

need chromium chromium
need npm npm
mkdir -p "$tools"
if [ ! -x "$tools/venv/bin/python" ]; then
    python3 -m venv "$tools/venv" && timeout 300 "$tools/venv/bin/pip" install -q 'playwright>=1.49' ||
        { rm -rf "$tools/venv"; without "playwright cannot be installed"; }
fi
if [ ! -f "$tools/package/axe.min.js" ]; then
    (cd "$tools" && timeout 120 npm pack --silent axe-core@4 >/dev/null && tar -xzf axe-core-*.tgz) || without "axe-core cannot be fetched"
fi
COSTCALC_PYTHON=$python exec timeout 600 "$tools/venv/bin/python" look.py "$(command -v chromium)" "$tools/package/axe.min.js"
