#!/usr/bin/env bash
# Sets up what the tests need beyond Go: a redis-server to start, a C compiler for the
# race detector, promtool, a browser, and axe-core for it. As root on Debian it installs
# what is missing; elsewhere it uses what is there and says what was left out. With
# CI=true nothing may be.
set -euo pipefail
cd "$(dirname "$0")/.."

missing=()

# need PROGRAM PACKAGES REASON
need() {
  local program=$1 packages=$2 reason=$3
  command -v "$program" >/dev/null && return
  if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
    echo "installing $packages ($reason)"
    # A failure here shows in the check below.
    # shellcheck disable=SC2086 # several packages, one word each
    scripts/apt-install.sh $packages >/dev/null || true
    command -v "$program" >/dev/null && return
  fi
  missing+=("$program: $reason (Debian: apt-get install $packages)")
}

need redis-server redis-server "tests of receipts and rate limits against a real Redis"
need gcc "gcc libc6-dev" "the race detector"
need promtool prometheus "the checks of alert rules and of the dashboard's queries"
# Chrome will do. Fonts, since a browser without any draws nothing.
command -v google-chrome >/dev/null || need chromium "chromium fonts-dejavu-core" "the tests of the page in a browser"

if [[ ! bin/axe.min.js -nt scripts/get-axe.sh ]]; then
  if ! command -v npm >/dev/null && ! command -v wget >/dev/null; then
    need curl "curl ca-certificates" "getting axe-core"
  fi
  scripts/get-axe.sh || missing+=("bin/axe.min.js: the checks of the page for accessibility (scripts/get-axe.sh gets it)")
fi

if ((${#missing[@]} > 0)); then
  echo "LEFT OUT, because it is not installed:" >&2
  printf '  %s\n' "${missing[@]}" >&2
  if [[ ${CI:-} == true ]]; then
    echo "CI=true: nothing may be left out" >&2
    exit 1
  fi
fi
