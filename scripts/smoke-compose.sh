#!/usr/bin/env bash
# Builds the image, starts compose.yaml as a newcomer would, and sees one message
# through: accepted, sent to the sink, listed. Needs a Docker engine.
set -euo pipefail
cd "$(dirname "$0")/.."

trap 'docker compose down --volumes' EXIT
docker compose config --quiet
if ! docker compose up --build --detach --wait --wait-timeout 180; then
  docker compose logs >&2
  exit 1
fi

api=http://127.0.0.1:8080
curl -fsS "$api/readyz"
curl -fsS -X POST "$api/api/v1/messages" -H 'Content-Type: application/json' \
  -d '{"to":"+905551111111","content":"smoke"}'
curl -fsS -X POST "$api/api/v1/scheduler/start"

sent=""
for _ in {1..30}; do
  sent=$(curl -fsS "$api/api/v1/messages/sent")
  [[ $sent == *'"total":1'* ]] && break
  sleep 1
done
echo "$sent"
[[ $sent == *'"total":1'* ]]

# Ends in order: the exit code of a drained service is 0.
docker compose stop app
code=$(docker inspect --format '{{.State.ExitCode}}' "$(docker compose ps --all --quiet app)")
echo "exit code $code"
[[ $code == 0 ]]
