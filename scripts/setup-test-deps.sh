#!/usr/bin/env bash
# Sets up what the tests need beyond Go: a redis-server to start, and a C compiler
# for the race detector. As root on Debian it installs what is missing; elsewhere
# it uses what is there and says what was left out. With CI=true nothing may be.
set -euo pipefail

missing=()

# need PROGRAM PACKAGES REASON
need() {
  local program=$1 packages=$2 reason=$3
  command -v "$program" >/dev/null && return
  if [[ $(id -u) -eq 0 ]] && command -v apt-get >/dev/null; then
    echo "installing $packages ($reason)"
    # A fresh image has no package lists; a failure here shows in the check below.
    apt-get update -qq </dev/null || true
    # shellcheck disable=SC2086 # several packages, one word each
    DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends $packages </dev/null >/dev/null || true
    command -v "$program" >/dev/null && return
  fi
  missing+=("$program: $reason (Debian: apt-get install $packages)")
}

need redis-server redis-server "tests of receipts and rate limits against a real Redis"
need gcc "gcc libc6-dev" "the race detector"

if ((${#missing[@]} > 0)); then
  echo "LEFT OUT, because it is not installed:" >&2
  printf '  %s\n' "${missing[@]}" >&2
  if [[ ${CI:-} == true ]]; then
    echo "CI=true: nothing may be left out" >&2
    exit 1
  fi
fi
