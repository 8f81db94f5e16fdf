#!/usr/bin/env bash
# Regenerates docs/ from the annotations beside the route table and on the handlers.
# Needs bin/swag; make docs builds it.
set -euo pipefail
cd "$(dirname "$0")/.."
export CGO_ENABLED=0

# The general description is in the first folder; a field is required unless it says
# that it may be left out.
describe() {
  bin/swag init --quiet --generalInfo router.go --dir ./cmd/auto-message-sender,./internal/handlers \
    --parseInternal --requiredByDefault "$@"
}

# Swagger 2.0: docs.go, swagger.json, swagger.yaml. It knows one base path, and the
# probes are outside of it.
describe --tags '!probes' --output docs

# OpenAPI 3.0: all of it, by way of a Swagger 2.0 document that is not kept.
everything=$(mktemp -d)
trap 'rm -rf "$everything"' EXIT
describe --outputTypes json --output "$everything"
(cd tools && go run ./openapi "$everything/swagger.json" ../docs/openapi.json)

# The table of settings in the README, and that of metrics.
go test -count=1 ./internal/config -run TestReadme_HasTheTableOfSettings -update >/dev/null
go test -count=1 ./internal/metrics -run TestDocumentation_ListsWhatCanBeScrapedAndNothingElse -update >/dev/null
