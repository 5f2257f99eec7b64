.DEFAULT_GOAL := help
.PHONY: help setup build test deep sanitize check demo bench fuzz install
PREFIX ?= /usr/local
SECONDS ?= 20
FLAGS := -Xswiftc -warnings-as-errors
# Tests at once. All of them would share Swift's threads, one for each core: what a connection may take then passes while others compute.
WIDTH := --experimental-maximum-parallelization-width 8
PRODUCTS := mse mse-bootstrap mse-serve

help: ## Show what can be made
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/'
setup: ## Install what is missing: Debian packages, and peers for the tests from PyPI
	@scripts/setup packages
build: setup ## Release executables in bin/
	@for product in $(PRODUCTS); do echo swift build --product $$product; swift build -c release --static-swift-stdlib --product $$product || exit 1; done
	@mkdir -p bin && clang -O2 -s -fPIE -pie -Wl,-z,relro,-z,now,-z,noexecstack -o bin/simulated-loader Sources/simulated-loader/loader.c && for product in $(PRODUCTS); do install -s -m 755 .build/release/$$product bin/; done
# Nothing is tested twice: each part by itself here, the programs as they ship in `make demo`.
test: setup ## Pass the tests of every part (first run: some ten minutes, half of them to build)
	@scripts/setup peers
	swift build --build-tests $(FLAGS)
	@scripts/tested --skip-build $(FLAGS) $(WIDTH) --skip EndToEndTests
deep: setup ## What is too long for make test: gibibyte files, soak, kill at every stage
	@scripts/setup peers
	MSE_DEEP=1 scripts/tested $(FLAGS) $(WIDTH) --skip EndToEndTests
	MSE_DEEP=1 scripts/tested --skip-build $(FLAGS) --filter EndToEndTests
	@scripts/sanitize
sanitize: setup ## Misuse what the Python host hands out, under the address and the thread sanitizer
	@scripts/sanitize
check: setup ## Format, lint, warnings as errors, API documentation
	swift format lint --strict --recursive Package.swift Sources Tests Benchmarks/Package.swift Benchmarks/Sources Fuzz/targets
	@scripts/style
	swift build --build-tests $(FLAGS)
	@scripts/documentation
demo: build ## Run the main job, every refusal, and all end-to-end tests, with the release build
	@scripts/setup peers
	@scripts/demo bin
	swift build --build-tests $(FLAGS)
	MSE_PRODUCTS=$(CURDIR)/bin scripts/tested --skip-build $(FLAGS) --filter EndToEndTests
fuzz: setup ## Fuzz the parsers: make fuzz SECONDS=600 (for each)
	@Fuzz/run $(SECONDS)
bench: build ## Run one benchmark against its peers: make bench NAME=code|dcap|measure|serve|start|verify
	@scripts/setup peers
	@Benchmarks/run $(NAME)
install: build ## Install under PREFIX
	install -d $(PREFIX)/bin $(PREFIX)/libexec/mse
	install -m 755 bin/mse $(PREFIX)/bin/
	install -m 755 bin/mse-bootstrap bin/mse-serve bin/simulated-loader $(PREFIX)/libexec/mse/
