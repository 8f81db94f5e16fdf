#!/usr/bin/env bash
# Sees one message through the binary over a real MongoDB and a real Redis, which
# run already, and its receipt into Redis. Needs bin/auto-message-sender (make
# build), redis-cli, and MONGODB_URI, REDIS_HOST and REDIS_PORT in the environment.
set -euo pipefail
cd "$(dirname "$0")/.."

export MONGODB_DATABASE=smoke_$$ SERVER_PORT=18080 WEBHOOK_URL=http://127.0.0.1:19090
trap 'kill $(jobs -p) 2>/dev/null || true; wait' EXIT

bin/auto-message-sender sink --addr 127.0.0.1:19090 --quiet &
bin/auto-message-sender serve &
service=$!
sent=$(scripts/smoke.sh http://127.0.0.1:18080)
echo "$sent"

# The provider's id is the one that smoke.sh listed last, with the sent message.
id=$(grep -oE '"message_id":"[0-9a-f-]+"' <<<"$sent" | tail -n 1 | cut -d '"' -f 4)
receipt=$(redis-cli -h "$REDIS_HOST" -p "$REDIS_PORT" get "message_sent:$id")
echo "receipt: $receipt"
[[ $receipt == *"$id"* ]]

kill -TERM "$service"
wait "$service"
