# Every command of this repository. `make verify` never changes a file; `make fix` does.

CARGO ?= cargo
# Whatever is built is built as the workspace: another selection has other features, and compiles the dependencies anew.
BUILD := $(CARGO) build -q --workspace --all-targets
built := $(or $(CARGO_TARGET_DIR),target)/debug
examples := $(built)/examples

.PHONY: help
help: ## What can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: verify
verify: format lint test ## All that a change must pass: format, lint, test. Changes no file

.PHONY: format
format: ## Fail where a file is not formatted
	$(CARGO) fmt --all --check

.PHONY: lint
lint: ## Fail on any warning
	$(CARGO) clippy --workspace --all-targets -- -D warnings

.PHONY: test
test: ## Run every test that needs only Rust and a C compiler
	$(CARGO) test --workspace

.PHONY: tidy
tidy: ## Floors, door plates, sizes, licences; prints the largest files and functions
	$(CARGO) test --workspace --test tidy -- --nocapture --test-threads 1

.PHONY: fix
fix: protocol reference ## Write all generated files again, and format
	$(CARGO) fmt --all

.PHONY: protocol
protocol: ## Generate the wire messages from their schema
	$(BUILD)
	$(built)/esker-protocol-generator generate

.PHONY: reference
reference: ## Generate config/REFERENCE.md and config/METRICS.md from the code
	$(BUILD)
	$(examples)/config_reference > config/REFERENCE.md.new
	mv config/REFERENCE.md.new config/REFERENCE.md
	$(examples)/metrics_reference > config/METRICS.md.new
	mv config/METRICS.md.new config/METRICS.md

.PHONY: crash-images
crash-images: ## Recover a partition from 100,000 states that a power cut can leave (IMAGES=100000)
	ESKER_CRASH_IMAGES=$(or $(IMAGES),100000) $(CARGO) test --workspace --lib crash_test -- --nocapture

.PHONY: crash-matrix
crash-matrix: ## Meet every step of tiering with every answer of a store, survived or not
	ESKER_CRASH_MATRIX=full $(CARGO) test --workspace --lib every_step_met_by_every_answer -- --nocapture

.PHONY: simulation
simulation: ## Thirty million steps of leaders, followers, sleepers and lost answers of a tiered partition (SEEDS=2200)
	ESKER_SIM_FROM=$(or $(FROM),1000) ESKER_SIM_SEEDS=$(or $(SEEDS),2200) $(CARGO) test --workspace --lib nothing_is_lost -- --nocapture

.PHONY: rot
rot: ## Spoil 10,000 files of a partition in 70 ways; no wrong byte may be served, none deleted (SEEDS=143 of each)
	ESKER_ROT_SEEDS=$(or $(SEEDS),143) $(CARGO) test --workspace --lib rot_in_any_file -- --nocapture

.PHONY: fuzz
fuzz: ## Feed spoiled messages to every decoder for a minute (SECONDS=60)
	$(BUILD)
	$(built)/esker-protocol-fuzz --seconds $(or $(SECONDS),60)

.PHONY: kafka-schema
kafka-schema: ## Compare the wire messages with Kafka's own (needs Java and Maven)
	integration/kafka-schema/check

.PHONY: kafka-config
kafka-config: ## Compare the configuration keys with Kafka's own (needs Java and Maven)
	integration/kafka-config/check

.PHONY: compose
compose: ## Check docker-compose.yml against the Compose specification (needs Go)
	integration/compose/check

.PHONY: clients
clients: broker ## Run the suites of other clients and of Kafka's tools (installs them; needs Java, Python, Node.js, Go)
	integration/clients/run

.PHONY: clients-long
clients-long: broker ## The suites that have a long version: exactly-once, Streams and Connect under many kills of both sides
	integration/clients/run --long exactly-once streams connect

.PHONY: differential
differential: broker ## Compare answers with Apache Kafka's, which are recorded (needs Python 3; to record anew, Java and Maven)
	integration/differential/run

.PHONY: hostile
hostile: broker ## Send bad input over raw sockets, with a good client beside it (needs Python 3)
	integration/hostile/run

.PHONY: librdkafka
librdkafka: broker ## Every codec through the tier, and kill -9 under load (needs a C compiler and make)
	integration/librdkafka/run

.PHONY: minio
minio: broker ## The tier on a real MinIO, and its outage (needs Go and Python 3; ten minutes to build MinIO once)
	integration/minio/run

.PHONY: bad-days
bad-days: broker ## Five minutes without MinIO, and five in which three of ten requests to it go wrong
	integration/minio/run --full outage storm

.PHONY: endless
endless: broker ## An hour of load on a topic that keeps everything on MinIO, replayed beside it; draws target/endless.svg
	HISTORY_PICTURE=$(CURDIR)/target/endless.svg integration/minio/run --full history

.PHONY: stores
stores: ## All that a tier needs, on emulators of Google Cloud Storage and Azure (installs them; needs Go, Node.js, Python 3)
	integration/stores/run

.PHONY: broker
broker: ## Build the broker for the suites
	$(BUILD)

.PHONY: ci
ci: ## What CI runs, with minutes per stage
	.ci/run
