# Needs Python 3.10 or newer, make and git. Packages go into .venv, pinned, and the demo's model into
# ~/.cache/ramclouds.
# The stamps in .venv make the second run quick: only a change of the pins makes them outdated.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
BIN := .venv/bin
PACKAGES := ramclouds langchain_ramclouds llama_index_ramclouds
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check
UV ?= uv

export PYTHONUNBUFFERED := 1
# With it each process would compile the packages again, and each test process the tests' asserts.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help

.PHONY: help
help:  ## List the targets.
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: install
install: .venv/dev.stamp  ## Set up .venv with everything for development.

.PHONY: demo
demo: .venv/demo.stamp  ## Run chain, RAG and agents: on RamClouds with RAMCLOUDS_API_KEY, else on a local model.
	@$(BIN)/python examples/demo.py

# One process more than cores, because some tests wait for a timeout.
WORKERS ?= $(shell echo $$(( $$(getconf _NPROCESSORS_ONLN) + 1 )))

.PHONY: test
test: .venv/dev.stamp  ## Run all tests, without network.
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup -q

# nox looks for python3.10 to python3.14 in PATH. pyenv keeps its Pythons elsewhere.
PYENV_BINS := $(subst $(eval) ,:,$(wildcard $(HOME)/.pyenv/versions/3.1[0-4]*/bin))

.PHONY: test-all
test-all: .venv/dev.stamp  ## Run the tests on Python 3.10 to 3.14, as far as they are installed: ARGS="tests/unit".
	PATH="$(PATH)$(if $(PYENV_BINS),:$(PYENV_BINS))" $(BIN)/nox $(if $(ARGS),-- $(ARGS))

.PHONY: test-extras
test-extras: .venv/dev.stamp  ## Install each extra alone on each of these Pythons, and run pip check.
	PATH="$(PATH)$(if $(PYENV_BINS),:$(PYENV_BINS))" $(BIN)/nox --session extras

# The oldest versions lack LlamaIndex's payloads (0.14.23), rate limiter (0.14.16) and streaming
# text programs (0.14.22), LangChain's deltas of tool calls in events (1.7); on Python 3.10 LangGraph
# does not see the tokens of a coroutine's model.
FLOORS := tests/replay/test_ramclouds.py tests/replay/test_langchain_ramclouds.py \
	tests/replay/test_llama_index_ramclouds.py tests/langchain tests/llama_index \
	tests/client/test_transport.py tests/client/test_faults.py tests/client/test_wirecases.py
FLOORS_WITHOUT := test_the_payload_holds_facts_and_no_secret or test_what_is_stored_holds_no_key \
	or test_the_rate_limiter_is_asked_once_for_each_call or LLMTextCompletionProgram \
	or test_stream_events_tell_the_call_as_it_comes or test_async_agent_streams_its_tokens \
	or test_events_name_the_model_and_no_key

.PHONY: test-floors
test-floors: .venv-floors/floors.stamp  ## Run the adapters' and wire tests on the oldest allowed versions.
	.venv-floors/bin/python -m pytest -n auto --dist loadgroup -q $(FLOORS) \
		-m "not real_model and not process" -k "not ($(FLOORS_WITHOUT))"

.PHONY: test-ray
test-ray: .venv-ray/ray.stamp  ## Run bulk runs on a local Ray of two actors.
	.venv-ray/bin/python -m pytest -q tests/ray

.PHONY: mutants
mutants: .venv-mutants/mutants.stamp  ## Change decisions one at a time, and see what tests notice: FILES=...
	nice -n 10 .venv-mutants/bin/python -m scripts.mutants $(FILES)

.PHONY: lint
lint: .venv/dev.stamp  ## Check style, formatting, spelling and ends of files.
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/codespell
	git ls-files -z | xargs -0 $(BIN)/python -m scripts.check_files

.PHONY: typecheck
typecheck: .venv/dev.stamp  ## Check types, strictly.
	$(BIN)/mypy $(addprefix -p ,$(PACKAGES))
	$(BIN)/mypy examples scripts evaluation noxfile.py hatch_build.py tests/typing \
		distributions/llm-ramclouds/llm_ramclouds
	$(BIN)/python -m pyright

.PHONY: format
format: .venv/dev.stamp  ## Format the code, and correct what ruff can correct.
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

RECORDING := $(if $(INTO),--into "$(INTO)") $(if $(REPLACE),--replace)

.PHONY: record
record: .venv/dev.stamp  ## Record cassettes from the local model: INTO=FOLDER (temporary), REPLACE=1.
	@$(BIN)/python -m scripts.record $(RECORDING)

.PHONY: record-live
record-live: .venv/dev.stamp  ## The same from RamClouds, with RAMCLOUDS_API_KEY: BASE_URL=..., MODEL=...
	@$(if $(BASE_URL),RAMCLOUDS_BASE_URL="$(BASE_URL)") $(if $(MODEL),RAMCLOUDS_MODEL="$(MODEL)") \
		$(BIN)/python -m scripts.record --live $(RECORDING)

.PHONY: live
live: .venv/dev.stamp  ## Check what the docs claim of RamClouds, with RAMCLOUDS_API_KEY: BASE_URL=..., MODEL=...
	@$(if $(BASE_URL),RAMCLOUDS_BASE_URL="$(BASE_URL)") $(if $(MODEL),RAMCLOUDS_MODEL="$(MODEL)") \
		$(BIN)/python -m scripts.live

.PHONY: agents
agents: .venv/dev.stamp  ## Run both frameworks' agents with RAMCLOUDS_API_KEY: BASE_URL=..., MODEL="... ..."
	@$(if $(BASE_URL),RAMCLOUDS_BASE_URL="$(BASE_URL)") $(BIN)/python -m scripts.agents $(MODEL)

.PHONY: dist
dist: .venv/dev.stamp  ## Build all distributions into dist/, the same bytes each time, and check them.
	@rm -rf dist
	@for folder in . distributions/*; do \
		(cd $$folder && $(CURDIR)/$(BIN)/python -m hatchling build -d $(CURDIR)/dist) || exit 1; \
	done
	$(BIN)/twine check --strict dist/*

.PHONY: fuzz
fuzz: .venv/dev.stamp  ## Look for responses that break the client, for FUZZ_SECONDS (600).
	@$(BIN)/python -m tests.fuzz

.PHONY: soak
soak: .venv/dev.stamp  ## 25,000 calls and 5,000 streams with faults, cancels and interrupts: SCALE=0.1.
	@$(BIN)/python -m scripts.soak $(SCALE)

.PHONY: eval
eval: .venv/dev.stamp  ## Count valid tool calls per way of asking: like demo; MODEL=FILE.gguf asks that one.
	@$(if $(MODEL),env -u RAMCLOUDS_API_KEY RAMCLOUDS_LOCAL_MODEL="$(MODEL)") \
		$(BIN)/python -m evaluation $(EVAL_FLAGS)

.PHONY: bench
bench: .venv-bench/bench.stamp  ## Measure cost beside the peers: results in benchmarks/results.
	@.venv-bench/bin/python -m benchmarks $(BENCH_FLAGS)

.PHONY: load
load: .venv-bench/bench.stamp  ## Show what limits of a gateway cost, beside the peers: LOAD_FLAGS=--real.
	@PYTHONPATH=. .venv-bench/bin/python -m scripts.load $(LOAD_FLAGS)

.PHONY: why
why: .venv-bench/bench.stamp  ## Show what ChatOpenAI and ChatRamClouds do in the same four cases.
	@PYTHONPATH=. .venv-bench/bin/python -m benchmarks.why

.PHONY: docs
docs: .venv-docs/docs.stamp  ## Build the site into site/, with warnings as errors, and check its links.
	NO_MKDOCS_2_WARNING=1 PYTHONPATH=. .venv-docs/bin/mkdocs build --strict --quiet
	.venv-docs/bin/python -m scripts.links site

.PHONY: pages
pages: .venv/dev.stamp  ## Write the tables of docs/ that come from the code.
	@$(BIN)/python -m scripts.pages

.PHONY: pins
pins:  ## Pin the newest allowed versions (needs uv: UV=/path/to/uv).
	$(UV) pip compile $(PIN_FLAGS) --extra langchain --extra llama-index --extra local --group demo -o requirements/demo.txt
	$(UV) pip compile $(PIN_FLAGS) --extra all --group dev -c requirements/demo.txt -o requirements/dev.txt
	$(UV) pip compile $(PIN_FLAGS) --extra langchain --extra llama-index --group bench \
		-c requirements/demo.txt -o requirements/bench.txt
	$(UV) pip compile $(PIN_FLAGS) --extra all --group docs -c requirements/demo.txt -o requirements/docs.txt
	$(UV) pip compile $(PIN_FLAGS) --extra ray -c requirements/dev.txt -o requirements/ray.txt
	$(UV) pip compile requirements/floors.in $(filter-out pyproject.toml,$(PIN_FLAGS)) -o requirements/floors.txt

# One file for all Pythons and platforms, without the URL of an index, so that any index will do.
PIN_FLAGS := pyproject.toml --quiet --universal --python-version 3.10 --no-emit-index-url \
	--custom-compile-command "make pins"

.venv/python.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed")'
	$(PYTHON) -m venv .venv
	@touch $@

.venv/demo.stamp: .venv/python.stamp requirements/demo.txt pyproject.toml
	@echo "Installing the packages of the demo into .venv (once, takes minutes)"
	$(PIP) -r requirements/demo.txt
	$(PIP) --no-deps --editable .
	@$(BIN)/python -m ramclouds.local fetch
	@touch $@

.venv/dev.stamp: .venv/demo.stamp requirements/dev.txt
	@echo "Installing the packages for development into .venv (once, takes minutes)"
	$(PIP) -r requirements/dev.txt
	@touch $@

# The peers have an environment of their own, so that the tests never see them.
.venv-bench/bench.stamp: requirements/bench.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 10) and "Python 3.10 or newer is needed")'
	$(PYTHON) -m venv .venv-bench
	@echo "Installing the peers into .venv-bench (once)"
	.venv-bench/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/bench.txt
	@touch $@

.venv-docs/docs.stamp: requirements/docs.txt
	$(PYTHON) -m venv .venv-docs
	@echo "Installing what builds the site into .venv-docs (once)"
	.venv-docs/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/docs.txt
	@touch $@

# The oldest Python that the project supports, if it is installed.
FLOORS_PYTHON ?= $(shell python3.10 --version >/dev/null 2>&1 && echo python3.10 || echo $(PYTHON))

.venv-floors/floors.stamp: requirements/floors.txt
	$(FLOORS_PYTHON) -m venv .venv-floors
	@echo "Installing the oldest allowed versions into .venv-floors (once)"
	.venv-floors/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/floors.txt
	@touch $@

.venv-ray/ray.stamp: requirements/dev.txt requirements/ray.txt
	$(PYTHON) -m venv .venv-ray
	@echo "Installing Ray beside the packages for development into .venv-ray (once)"
	.venv-ray/bin/python -m pip install --quiet --disable-pip-version-check \
		-r requirements/dev.txt -r requirements/ray.txt
	@touch $@

.venv-mutants/mutants.stamp: requirements/dev.txt
	$(PYTHON) -m venv .venv-mutants
	@echo "Installing mutmut beside the packages for development into .venv-mutants (once)"
	.venv-mutants/bin/python -m pip install --quiet --disable-pip-version-check -r requirements/dev.txt \
		mutmut==3.8.1
	@touch $@
