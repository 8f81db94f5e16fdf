#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME (30s), one after the other: go test fuzzes
# one target of one package at a time. A crasher is left in testdata/fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."

fuzztime=${FUZZTIME:-30s}
targets=$(grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' cmd internal pkg | sort || true)
if [[ -z $targets ]]; then
  echo "no fuzz targets"
  exit 0
fi

while IFS=: read -r file _ declaration; do
  name=${declaration#func }
  echo "== $name in $(dirname "$file") for $fuzztime"
  go test -tags nomsgpack -run '^$' -fuzz "^$name\$" -fuzztime "$fuzztime" "./$(dirname "$file")" </dev/null
done <<<"$targets"
