#!/usr/bin/env bash
# go-test.sh ARGUMENTS...: go test with the flags that every run of ours shares.
# The race detector is left out, and that is said, only where there is no C
# compiler; never with CI=true or REQUIRE_RACE=true.
set -euo pipefail
cd "$(dirname "$0")/.."

race=(-race)
if ! command -v "$(go env CC)" >/dev/null; then
  if [[ ${CI:-} == true || ${REQUIRE_RACE:-} == true ]]; then
    echo "no C compiler ($(go env CC)): the race detector cannot run" >&2
    exit 1
  fi
  echo "RUNNING WITHOUT THE RACE DETECTOR: no C compiler ($(go env CC))" >&2
  race=()
else
  export CGO_ENABLED=1
fi

# exec: the last lines are those of go test.
exec go test "${race[@]}" -shuffle=on -tags nomsgpack "$@"
