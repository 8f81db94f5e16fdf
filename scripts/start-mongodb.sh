#!/usr/bin/env bash
# Starts a real MongoDB on 127.0.0.1:27017 with Docker, as a replica set of one,
# and waits for its primary. Then, to run the tests against it:
#
#   MONGODB_TEST_URI='mongodb://127.0.0.1:27017/?replicaSet=rs0' make test
#
# To end it: docker rm -f auto-message-sender-mongo
set -euo pipefail

name=auto-message-sender-mongo
docker run --detach --name "$name" --publish 127.0.0.1:27017:27017 \
  mongo:8 mongod --replSet rs0 --bind_ip_all >/dev/null

# The member's host is as the tests see it: the driver follows that name.
primary='
  try {
    rs.status();
  } catch (notYet) {
    rs.initiate({ _id: "rs0", members: [{ _id: 0, host: "127.0.0.1:27017" }] });
  }
  quit(db.hello().isWritablePrimary ? 0 : 1);'

for _ in {1..60}; do
  if docker exec "$name" mongosh --quiet --eval "$primary" >/dev/null 2>&1; then
    echo "MongoDB is ready"
    exit 0
  fi
  sleep 1
done
docker logs --tail 50 "$name" >&2
echo "MongoDB did not become primary within a minute" >&2
exit 1
