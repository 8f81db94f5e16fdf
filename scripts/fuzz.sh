#!/usr/bin/env bash
# Runs every fuzz target for FUZZTIME (30s), FUZZJOBS (2) at a time with one worker
# each: go test fuzzes one target at a time, and one target gains little from a
# second core. A crasher is left in testdata/fuzz.
set -euo pipefail
cd "$(dirname "$0")/.."

export FUZZTIME=${FUZZTIME:-30s}
targets=$(grep -rnoE --include='*_test.go' '^func Fuzz[A-Za-z0-9_]+' cmd internal pkg | sort || true)
if [[ -z $targets ]]; then
  echo "no fuzz targets" >&2
  exit 1
fi

pairs=()
while IFS=: read -r file _ declaration; do
  pairs+=("./$(dirname "$file")" "${declaration#func }")
done <<<"$targets"

# Compiled first, one after the other: two builds at once would do the same work twice.
printf '%s\n' "${pairs[@]}" | grep '^\./' | sort -u | while read -r package; do
  echo "building $package"
  go test -tags nomsgpack -c -fuzz Fuzz -o /dev/null "$package"
done

fuzz() {
  local package=$1 name=$2 log
  log=$(mktemp)
  # A target that is not found is only a warning to go test.
  if go test -tags nomsgpack -run '^$' -fuzz "^$name\$" -fuzztime "$FUZZTIME" -parallel 1 "$package" >"$log" 2>&1 </dev/null &&
    grep -q 'now fuzzing' "$log"; then
    echo "== $name in $package: $(grep -o 'execs: [0-9]*' "$log" | tail -n 1)"
    rm "$log"
  else
    echo "== $name in $package FAILED" >&2
    cat "$log" >&2
    rm "$log"
    return 1
  fi
}
export -f fuzz
printf '%s\n' "${pairs[@]}" | xargs -n 2 -P "${FUZZJOBS:-2}" bash -euo pipefail -c 'fuzz "$@"' fuzz
