#!/usr/bin/env bash
# Builds the image, starts compose.yaml as a newcomer would, sees one message
# through, and stops it in order. Needs a Docker engine.
set -euo pipefail
cd "$(dirname "$0")/.."

trap 'docker compose down --volumes' EXIT
docker compose config --quiet
if ! docker compose up --build --detach --wait --wait-timeout 180; then
  docker compose logs >&2
  exit 1
fi
scripts/smoke.sh http://127.0.0.1:8080

# The exit code of a service that has drained is 0.
docker compose stop app
code=$(docker inspect --format '{{.State.ExitCode}}' "$(docker compose ps --all --quiet app)")
echo "exit code $code"
[[ $code == 0 ]]
