# `make demo` shows the program at work; `make test` runs what CI runs.

CARGO ?= cargo
ARGS ?=
ONLY ?=
SCALE ?= m
SOAK_MINUTES ?= 60
SOAK_CASES ?= 4096
SOAK_REQUESTS ?= 10000

.PHONY: help demo test validator browser lint docs deny advisories bench bench-peer soak

help: ## This list
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /  make \1\t/' | expand -t 20

demo: ## An invented territory, served on 127.0.0.1:8080 (ARGS="--listen 127.0.0.1:9000")
	@.ci/tools cc
	$(CARGO) run --release --locked --package ror -- demo $(ARGS)

test: lint docs ## Everything CI runs: format, lints, repository checks, documentation, tests, validator, browser
	$(CARGO) test --workspace --locked
	@$(MAKE) --no-print-directory validator
	@$(MAKE) --no-print-directory browser

validator: ## What the API serves, judged by independent FHIR R4 validators (ONLY="broken" runs this file)
	@.ci/validator $(ONLY)

browser: ## The portal in a real browser (ONLY="hostile layout" runs these files)
	@.ci/browser $(ONLY)

lint: ## Format, clippy with warnings refused, repository checks, licences
	@.ci/tools cc git
	$(CARGO) fmt --all --check
	$(CARGO) clippy --workspace --all-targets --locked -- -D warnings
	$(CARGO) xtask tidy
	@$(MAKE) --no-print-directory deny

docs: ## Documentation of the code, warnings refused
	RUSTDOCFLAGS="-D warnings" $(CARGO) doc --workspace --no-deps --locked

deny: ## cargo-deny, where it is installed: duplicate and banned crates, licences, origins
	@if $(CARGO) deny --version >/dev/null 2>&1; then \
		$(CARGO) deny --offline check bans licenses sources; \
	else \
		echo "cargo-deny is not installed: skipped (licences and origins were checked by cargo xtask tidy)"; \
	fi

advisories: ## Known vulnerabilities of dependencies; needs cargo-deny and the network
	$(CARGO) deny check advisories

bench: ## Ratios against nginx and against the disk, in one run; installs nginx and wrk if missing
	@.ci/tools cc nginx wrk
	$(CARGO) bench --package ror-benches --locked

bench-peer: ## The query mix beside PostgreSQL holding the same, as a ratio (SCALE=xs, s or m); installs PostgreSQL if missing
	@.ci/tools cc psql
	ROR_PEER=$(SCALE) $(CARGO) bench --package ror-benches --locked --bench peer

soak: ## All tests again and again, property tests with many more cases, 10 000 requests per audience, for SOAK_MINUTES (60); never in CI
	@echo "soak: $(SOAK_MINUTES) minutes, $(SOAK_CASES) cases per property, $(SOAK_REQUESTS) requests per audience, new random inputs at each turn"
	@end=$$(( $$(date +%s) + 60 * $(SOAK_MINUTES) )); turn=0; \
	while [ $$(date +%s) -lt $$end ]; do \
		turn=$$(( turn + 1 )); echo "soak: turn $$turn"; \
		ROR_SEED=$$turn ROR_REQUESTS=$(SOAK_REQUESTS) $(CARGO) test --package ror-testkit --locked --test http_interference || exit 1; \
		PROPTEST_CASES=$(SOAK_CASES) $(CARGO) test --workspace --locked --quiet || exit 1; \
	done
