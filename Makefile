# On a fresh machine: python3 (3.11 or newer) with venv, and make. Everything else is installed into .venv: what runs
# qcjob by `demo` and `run`, all that there is by the others.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
PIP_INSTALL = $(PY) -m pip install --quiet --disable-pip-version-check --no-input
NEW := $(VENV)/.new
BASE := $(VENV)/.installed
ALL := $(VENV)/.installed-all

.DEFAULT_GOAL := help
.PHONY: help demo run test lint typecheck acceptance format bench bench-queue bench-batches bench-compiling correctness crash chaos fuzz iqm clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(BASE) ## bring everything up on a free port, run one job, show its counts, stop
	@$(PY) examples/demo.py

run: $(BASE) ## python -m qcjob up
	@exec $(PY) -m qcjob up

test: $(ALL) ## lint, types, acceptance, then unit, contract and integration tests
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	@$(MAKE) --no-print-directory --jobs 2 typecheck acceptance
	$(PY) -m pytest -n auto --ignore tests/integration
	$(PY) -m pytest -n auto --dist loadscope --no-loadscope-reorder -m "not long and not alone" tests/integration
	$(PY) -m pytest -m "alone and not long" tests/integration

lint: $(ALL) ## ruff's opinion
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

typecheck: $(ALL) ## mypy --strict on qcjob and workers
	$(PY) -m mypy

acceptance: $(ALL) ## what users were promised, end to end, in their words
	$(PY) -m behave --format progress features

format: $(ALL) ## let ruff lay out the code
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(ALL) ## how the shared benchmark starts this system
	@cat benchmarks/system.json

correctness: $(ALL) ## the corpus at every level, and 300 made-up programs for each test of a device; minutes
	CORRECTNESS_EXAMPLES=300 $(PY) -m pytest tests/correctness -m "long or not long"

bench-queue: $(ALL) ## what a queue of a thousand, 100 thousand and a million jobs costs; ten minutes; LENGTHS=
	@exec $(PY) -m benchmarks.queue $(if $(LENGTHS),--lengths $(LENGTHS))

bench-batches: $(ALL) ## batches of a thousand jobs beside single submits; five minutes; LENGTHS=
	@exec $(PY) -m benchmarks.queue.batches $(if $(LENGTHS),--lengths $(LENGTHS))

bench-compiling: $(ALL) ## the answer of a compile over HTTP beside Qiskit alone, and Qiskit in a fork; three minutes; ROUNDS=
	@exec $(PY) -m benchmarks.compiling $(if $(ROUNDS),--rounds $(ROUNDS))

crash: $(ALL) ## kill a process at every point between two outside calls; minutes; and longer tests of the ledger by the dice
	$(PY) -m pytest -m long --ignore tests/correctness
	MODEL_EXAMPLES=600 $(PY) -m pytest tests/unit/test_ledger_model.py tests/integration/test_ledger_model_on_redis.py
	FAIR_TRIALS=60 $(PY) -m pytest tests/unit/test_fair_bound.py -k share

chaos: $(ALL) ## four minutes of faults, then a count of what became of each job; SEED= SECONDS= MINUTES= JOBS=
	@exec $(PY) -m benchmarks.chaos $(if $(SEED),--seed $(SEED)) $(if $(JOBS),--jobs $(JOBS)) \
	  $(if $(SECONDS),--seconds $(SECONDS)) $(if $(MINUTES),--minutes $(MINUTES))

fuzz: $(ALL) ## look for programs that break what reads them, with a fuzzer; ten minutes; SECONDS= SEED=
	@exec $(PY) -m tests.attack.fuzzing $(if $(SECONDS),--seconds $(SECONDS)) $(if $(SEED),--seed $(SEED))

iqm: $(ALL) ## IQM's fake backends, which want an older Qiskit than the house, in a venv of their own
	$(PYTHON) -m venv $(VENV)/iqm
	$(VENV)/iqm/bin/python -m pip install --quiet --disable-pip-version-check --no-input \
	  'iqm-client[qiskit]==36.0.0' qiskit-aer==0.17.2 pytest
	$(VENV)/iqm/bin/python -m pytest --noconftest tests/contract/test_iqm_fakes.py

clean: ## take away what was installed and cached; var/, the data, stays
	rm -rf $(VENV) .redis .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made once, and anew when either list changes: an old package that is no longer named would stay otherwise.
$(NEW): deploy/requirements.txt requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "qcjob needs Python 3.11 or newer as '$(PYTHON)'. Name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "Python's venv is missing. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@rm -rf $(VENV) .redis
	$(PYTHON) -m venv $(VENV)
	@touch $@

# What runs qcjob, and no more: a third of what the tests want.
$(BASE): $(NEW)
	@echo "Installing into $(VENV): 450 MB, half a minute or more ..."
	$(PIP_INSTALL) --requirement deploy/requirements.txt
	@sh .ci/redis $(PY)
	@touch $@

# And what tests and the drivers of other people's devices want.
$(ALL): $(NEW)
	@echo "Installing all there is, with tests and tools, into $(VENV): 1.3 GB, a minute or more ..."
	$(PIP_INSTALL) --requirement requirements.txt
	@sh .ci/redis $(PY)
	@touch $(BASE) $@
