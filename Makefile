# make test   installs what tests need and runs all of them
# make race   the same tests under the race detector (needs gcc)
# make generate   after a change of a .templ file

.PHONY: test race check generate build deps fuzz bench soak

# Packages that measure how close to a limit they come, or fill the machine, run one at a
# time; the others mostly wait.
ALONE = ./internal/e2e ./internal/jobs ./internal/sync/... ./test/...

test: deps check
	@failed=; \
	go test -p 2 -timeout 25m $$(go list ./... | grep -vxF "$$(go list $(ALONE))") || failed=1; \
	go test -p 1 -timeout 25m $$(go list $(ALONE)) || failed=1; \
	[ -z "$$failed" ]

race: deps
	CGO_ENABLED=1 go test -race -timeout 20m ./...

check:
	@out=$$(gofmt -l $$(git ls-files '*.go' 2>/dev/null || find . -name '*.go')); if [ -n "$$out" ]; then echo "gofmt would change:"; echo "$$out"; exit 1; fi
	go vet ./...
	@go tool templ generate -log-level error ./internal/web
	@if [ -d .git ]; then git diff --exit-code --stat -- '*_templ.go' || { echo "run make generate and commit what it changes"; exit 1; }; fi

generate:
	go tool templ generate ./internal/web

build:
	CGO_ENABLED=0 go build -trimpath -o bin/sheet24 ./cmd/sheet24

fuzz:
	go test -fuzz FuzzToCRM -fuzztime 60s -fuzzminimizetime 20x ./internal/mapping
	go test -fuzz FuzzShown -fuzztime 30s -fuzzminimizetime 20x ./internal/mapping
	go test -fuzz FuzzContacts -fuzztime 30s -fuzzminimizetime 20x ./internal/mapping
	go test -fuzz FuzzDecode -fuzztime 60s -fuzzminimizetime 20x ./internal/bitrix24
	go test -fuzz FuzzHeader -fuzztime 60s -fuzzminimizetime 20x ./internal/detect
	go test -fuzz FuzzReadCSV -fuzztime 60s -fuzzminimizetime 20x ./internal/detect
	go test -run TestModel -timeout 20m ./internal/sync -rapid.checks 20000

# Random histories against the real program, for MINUTES; SEED=… plays one of them again.
MINUTES ?= 30
SEED ?= 0
soak: deps
	go test -count 1 -timeout 0 -v -run TestHistories ./test/blackbox -minutes $(MINUTES) -histories 1000000 -seed $(SEED)

# All figures as one table, each beside its limit from the same run. Some minutes.
bench: deps
	go test -run '^$$' -bench Table -benchtime 1x -timeout 30m ./internal/bench

# What tests need beside Go: a browser, PostgreSQL, Node. On Debian they are
# installed by themselves.
deps:
	@sh scripts/test-deps.sh
