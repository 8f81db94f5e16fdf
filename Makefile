# The targets of this project; `make help` lists them. Everything runs on a
# machine with Go, git and make; what more a target wants, it says itself.

SHELL       := bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS   += --no-builtin-rules

# nomsgpack leaves Gin's MessagePack codec out: 2 MB of binary nobody asks for.
TAGS := nomsgpack

# Stamped into the binary. Both work without git, as in an unpacked archive.
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
COMMIT  ?= $(shell git rev-parse --verify --short=12 HEAD 2>/dev/null || echo unknown)
LDFLAGS := -X main.version=$(VERSION) -X main.commit=$(COMMIT)

# Go's own VCS stamp fails the build where git does not trust the checkout's
# owner, as in many containers; the lines above say the same and cannot fail.
export GOFLAGS := $(filter-out -buildvcs%,$(shell go env GOFLAGS 2>/dev/null)) -buildvcs=false

# How long each fuzz target runs, and how often `make race` repeats the tests and
# `make microbench` its measurements (benchstat likes ten).
FUZZTIME ?= 30s
COUNT    ?= 3

# Modules of their own, so that what they need stays out of the service's go.mod.
# ferretdb links the proxy in from internal/wireproxy, file by file.
NESTED := tools tools/ferretdb bench/peers

GOLANGCI := bin/golangci-lint
SWAG     := bin/swag

.PHONY: help
help: ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  %-14s %s\n", $$1, $$2 }' $(firstword $(MAKEFILE_LIST))

.PHONY: build
build: ## Build the static binary, bin/auto-message-sender
	CGO_ENABLED=0 go build -trimpath -tags $(TAGS) -ldflags '$(LDFLAGS)' -o bin/auto-message-sender ./cmd/auto-message-sender

.PHONY: run
run: build ## Build and serve, with the settings of .env and the environment
	bin/auto-message-sender serve

.PHONY: demo
demo: build ## Build and watch sample messages go out: no database, no settings
	@bin/auto-message-sender demo

# The last lines that this target prints are those of go test.
.PHONY: test
test: test-deps ## Run every test, with the race detector; sets up what they need
	@scripts/go-test.sh -timeout 12m ./...

.PHONY: race
race: test-deps ## Run every test COUNT times (3), only with the race detector
	@REQUIRE_RACE=true scripts/go-test.sh -timeout 60m -count=$(COUNT) ./...

# Sizes, and CHAOS_SEED to replay a run, go in the environment; see internal/chaos.
.PHONY: chaos
chaos: test-deps ## Kill, freeze and end real processes: 500 kills, 200,000 messages
	@CHAOS_KILLS=$${CHAOS_KILLS:-500} CHAOS_MESSAGES=$${CHAOS_MESSAGES:-200000} CHAOS_TERMS=$${CHAOS_TERMS:-200} \
	  CHAOS_COMMITS=$${CHAOS_COMMITS:-24} CHAOS_REPLICA_KILLS=$${CHAOS_REPLICA_KILLS:-10} CGO_ENABLED=0 \
	  go test -tags $(TAGS) -count=1 -timeout 3h -v ./internal/chaos

.PHONY: soak
soak: ## Run for SOAK (10m) with a kill a minute: memory, threads, descriptors, goroutines
	@SOAK=$${SOAK:-10m} CGO_ENABLED=0 go test -tags $(TAGS) -count=1 -timeout 24h -v -run TestSoak ./internal/chaos

# Flags go in PLANTED, as in make planted-bugs PLANTED='-only 07'; -h lists them.
.PHONY: planted-bugs
planted-bugs: test-deps ## Plant known faults one at a time in a copy, and see a test catch each
	@CGO_ENABLED=0 go run -tags $(TAGS) ./internal/plantedbugs $(PLANTED)

.PHONY: integration
integration: test-deps ## Run the tests that talk to real servers, uncached (see MONGODB_TEST_URI)
	@scripts/go-test.sh -timeout 12m -count=1 \
	  ./internal/e2e/... ./internal/dataOperations/... ./internal/middleware/... ./pkg/...

# Flags of bench go in BENCH, as in make bench BENCH='-peers=false -repeats 1'; -h lists them.
.PHONY: bench
bench: build bin/bench-peers ## Messages per second beside client loops, asynq and River: one table
	@go run -tags $(TAGS) ./bench $(BENCH)

.PHONY: bench-growth
bench-growth: build ## Cost of a message beside a million others; memory; idle processor
	@go run -tags $(TAGS) ./bench -what growth $(BENCH)

.PHONY: bench-window
bench-window: build ## How soon after its window opens a message is on the wire
	@go run -tags $(TAGS) ./bench -what window $(BENCH)

.PHONY: bench-replicas
bench-replicas: build ## Speed and pace of 1, 2 and 4 processes on one embedded store
	@go run -tags $(TAGS) ./bench -what replicas $(BENCH)

.PHONY: bench-api
bench-api: build ## How soon the API answers beside a million messages, and while 5,000 a second go out
	@go run -tags $(TAGS) ./bench -what api $(BENCH)

.PHONY: bench-guard
bench-guard: build bin/bench-peers ## Fail when a ratio is worse than bench/baseline.json accepts
	@go run -tags $(TAGS) ./bench -guard bench/baseline.json $(BENCH)

# Pictures of all screens are left in PICTURES, a directory.
.PHONY: pictures
pictures: test-deps ## Take the README's pictures, and one of every screen (PICTURES=bin/pictures)
	@CGO_ENABLED=0 go test -tags $(TAGS) -count=1 -run 'TestReadme|TestScreens' ./internal/browsertest \
	  -update -pictures $(abspath $(or $(PICTURES),bin/pictures))

.PHONY: first-paint
first-paint: test-deps ## Time the page in a browser beside MESSAGES (1000000) messages
	@FIRST_PAINT=$${MESSAGES:-1000000} CGO_ENABLED=0 go test -tags $(TAGS) -count=1 -v -run TestFirstPaint ./internal/browsertest

.PHONY: microbench
microbench: ## Time claim, record, checks, JSON and the call, COUNT times (3), as benchstat reads it
	@go test -tags $(TAGS) -run '^$$' -bench '^Benchmark(Claim|Record)$$' -benchtime 100x -count $(COUNT) \
	  ./internal/dataOperations/sqlitestore
	@go test -tags $(TAGS) -run '^$$' -bench . -count $(COUNT) ./internal/sms ./internal/webhook ./internal/handlers

.PHONY: fuzz
fuzz: test-deps ## Run every fuzz target for FUZZTIME (30s)
	@FUZZTIME=$(FUZZTIME) scripts/fuzz.sh

.PHONY: lint
lint: $(GOLANGCI) ## Check style, import direction, formatting and the module files
	CGO_ENABLED=0 go vet -tags $(TAGS) ./...
	CGO_ENABLED=0 $(GOLANGCI) run --allow-serial-runners --build-tags $(TAGS) ./...
	@for module in $(NESTED); do \
	  echo "$(GOLANGCI) run in $$module"; \
	  (cd $$module && CGO_ENABLED=0 $(CURDIR)/$(GOLANGCI) run --allow-serial-runners --config $(CURDIR)/.golangci.yml ./...); \
	done
	$(GOLANGCI) fmt --diff
	go mod verify
	@for module in . $(NESTED); do \
	  echo "go mod tidy -diff in $$module"; \
	  (cd $$module && go mod tidy -diff) || { echo "run make tidy and commit what it changes" >&2; exit 1; }; \
	done

.PHONY: tidy
tidy: ## Tidy go.mod and go.sum, of the nested modules too
	@for module in . $(NESTED); do (cd $$module && go mod tidy); done

.PHONY: docs
docs: $(SWAG) page ## Regenerate the OpenAPI documents in docs/, and the page
	@scripts/generate-docs.sh

.PHONY: page
page: ## Bundle the page's sources, internal/dashboard/assets/, into internal/dashboard/dist/
	@cd tools && CGO_ENABLED=0 go run ./page ../internal/dashboard/assets ../internal/dashboard/dist

# What the tests need beyond Go, and the stand-in for MongoDB unless there is a real one.
.PHONY: test-deps
test-deps: $(if $(MONGODB_TEST_URI),,bin/ferretdb)
	@scripts/setup-test-deps.sh

# Tools are built into bin/ once per change of their modules.
bin/golangci-lint: tools/go.mod tools/go.sum
	cd tools && CGO_ENABLED=0 go build -o ../$@ github.com/golangci/golangci-lint/v2/cmd/golangci-lint
	@touch $@

bin/swag: tools/go.mod tools/go.sum
	cd tools && CGO_ENABLED=0 go build -o ../$@ github.com/swaggo/swag/cmd/swag
	@touch $@

# Other people's senders, which bench measures beside ours.
bin/bench-peers: $(wildcard bench/peers/*.go) bench/peers/go.mod bench/peers/go.sum
	cd bench/peers && CGO_ENABLED=0 go build -trimpath -o ../../$@ .
	@touch $@

# The stand-in comes with our proxy in front of it, which makes its writes atomic.
bin/ferretdb: $(wildcard tools/ferretdb/* internal/wireproxy/*.go)
	cd tools/ferretdb && CGO_ENABLED=0 go build -o ../../$@ .
	@touch $@
