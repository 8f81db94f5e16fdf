#!/usr/bin/env bash
# smoke.sh URL: sees one message through a running service: accepted, sent, listed.
# The service's store must be empty, and nobody may ask for a key.
set -euo pipefail
api=$1/api/v1

ready=false
for _ in {1..60}; do
  if curl -fsS "$1/readyz" 2>/dev/null; then
    ready=true
    break
  fi
  sleep 1
done
echo
[[ $ready == true ]] || { echo "the service at $1 is not ready within a minute" >&2; exit 1; }

curl -fsS -X POST "$api/messages" -H 'Content-Type: application/json' \
  -d '{"to":"+905551111111","content":"smoke"}'
echo
curl -fsS -X POST "$api/scheduler/start"
echo

for _ in {1..30}; do
  sent=$(curl -fsS "$api/messages/sent")
  if [[ $sent == *'"total":1,'* ]]; then
    echo "$sent"
    exit 0
  fi
  sleep 1
done
echo "the message was not sent within 30 s: $sent" >&2
exit 1
