# make run      the whole gateway on this machine, with nothing configured
# make test     everything there is to test
# make fresh    both, of the committed state, on a Debian that has nothing
GOLANGCI := v2.15.0

.PHONY: deps build run test lint fresh bench day screens

# What building and testing need; installed where it is missing and may be installed.
deps:
	@.ci/deps.sh

build:
	go build -o imgate ./cmd/imgate

run:
	@.ci/deps.sh --run
	go build -o imgate ./cmd/imgate
	./imgate trial

test: deps
	@.ci/part.sh vet go vet -tags record,screens ./...
	@.ci/part.sh tests go test -race -timeout 20m ./...

# The linter has a module of its own, outside of ours, and is compiled once for each version.
lint: .tools/golangci-lint-$(GOLANGCI)
	.tools/golangci-lint-$(GOLANGCI) run ./...

.tools/golangci-lint-$(GOLANGCI):
	GOFLAGS= GOBIN=$(CURDIR)/.tools go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(GOLANGCI)
	mv .tools/golangci-lint $@

fresh:
	@.ci/fresh.sh

# Measures: the Go benchmarks, then the whole gateway under load (docs/benchmarks). Takes two minutes.
bench: build
	go test -run '^$$' -bench . -benchmem ./...
	go run ./bench -imgate ./imgate

# A simulated day of ten thousand registrations, drawn into the documents.
day:
	go test ./bench/day -count 1 -v -people 10000 -plot $(CURDIR)/docs/benchmarks/day.svg

# A person at Psi+, on a screen that nobody sees, and pictures of it. Not in CI: it clicks where the buttons of this
# version are.
screens:
	@.ci/deps.sh psi-plus xvfb xdotool openbox dbus
	go test -tags screens ./e2e -run TestPsi -count 1 -args -screens $(CURDIR)/docs/screens
