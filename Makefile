.PHONY: help quick test race lint check format generate build deploy deps fuzz bench soak

help: ## say what there is
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-9s %s\n", $$1, $$2}'

# All packages but those whose tests play histories, measure, or start a browser,
# PostgreSQL or Node.
LONG := /(sync|jobs|sqlstore|bitrix24|sim|script|bench|e2e|blackbox)(/|$$)
quick: format ## vet, format, and the tests that need Go alone: under a minute
	go vet ./...
	go test -skip TestManyColumns $$(go list ./... | grep -vE '$(LONG)')

# Packages that measure how close to a limit they come, or fill the machine, run one at a
# time; the others mostly wait.
ALONE = ./internal/e2e ./internal/jobs ./internal/sync/... ./test/...

test: deps check ## all tests; installs what they need first (browser, PostgreSQL, Node)
	@failed=; \
	go test -p 2 -timeout 25m $$(go list ./... | grep -vxF "$$(go list $(ALONE))") || failed=1; \
	go test -p 1 -timeout 25m $$(go list $(ALONE)) || failed=1; \
	[ -z "$$failed" ]

race: deps ## the same tests under the race detector (needs gcc)
	CGO_ENABLED=1 go test -race -timeout 20m ./...

# The linter is a module of its own, so that what it needs is no part of the program. It is
# built from source the first time, which takes some minutes.
lint: ## golangci-lint by .golangci.yml
	go tool -modfile=tools/lint/go.mod golangci-lint run

check: format ## vet, format, and whether the generated code is today's
	go vet ./...
	@go tool templ generate -include-version=false -log-level error ./internal/web
	@if [ -e .git ]; then git diff --exit-code --stat -- '*_templ.go' || { echo "run make generate and commit what it changes"; exit 1; }; fi

# Whoever formats .templ files formats them in place, and says by its exit code that it did.
format:
	@out=$$(gofmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go')); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi
	@go tool templ fmt -fail -log-level error internal/web || { echo "templ fmt changed .templ files: run make generate and commit what it changes"; exit 1; }

generate: ## after a change of a .templ file: format it, generate its code
	go tool templ fmt -log-level error internal/web
	go tool templ generate -include-version=false ./internal/web

# The same source and version make the same bytes.
VERSION ?= $(shell git describe --tags --always --match 'v*' 2>/dev/null || echo devel)
build: ## bin/sheet24, static; VERSION=… is stamped
	CGO_ENABLED=0 go build -trimpath -buildvcs=false -ldflags "-s -w -buildid= -X main.stamp=$(VERSION)" -o bin/sheet24 ./cmd/sheet24

# Caddy and systemd check their files themselves, where they are.
deploy: ## whether the files of deploy/ are what their programs read
	go test -count 1 -v ./deploy

fuzz: ## minutes of fuzzing of all that takes what people typed
	go test -fuzz FuzzToCRM -fuzztime 60s -fuzzminimizetime 20x ./internal/mapping
	go test -fuzz FuzzShown -fuzztime 30s -fuzzminimizetime 20x ./internal/mapping
	go test -fuzz FuzzContacts -fuzztime 30s -fuzzminimizetime 20x ./internal/mapping
	go test -fuzz FuzzDecode -fuzztime 60s -fuzzminimizetime 20x ./internal/bitrix24
	go test -fuzz FuzzHeader -fuzztime 60s -fuzzminimizetime 20x ./internal/detect
	go test -fuzz FuzzReadCSV -fuzztime 60s -fuzzminimizetime 20x ./internal/detect
	go test -run TestModel -timeout 20m ./internal/sync -rapid.checks 20000

# SEED=… plays one of the histories again.
MINUTES ?= 30
SEED ?= 0
soak: deps ## random histories against the real program, for MINUTES=30
	go test -count 1 -timeout 0 -v -run TestHistories ./test/blackbox -minutes $(MINUTES) -histories 1000000 -seed $(SEED)

bench: deps ## all figures as one table, each beside its limit; some minutes
	go test -run '^$$' -bench Table -benchtime 1x -timeout 30m ./internal/bench

deps: ## what tests need beside Go: Chromium, PostgreSQL, Node; on Debian it installs them
	@sh scripts/test-deps.sh
