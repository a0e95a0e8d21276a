# On a fresh machine: python3 (3.11 or newer) with venv, and make. Everything else is installed into .venv.

PYTHON ?= python3
VENV := .venv
PY := $(VENV)/bin/python
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help demo run test lint typecheck format bench crash chaos clean

help: ## what can be made
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-10s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(STAMP) ## bring everything up on a free port, run one job, show its counts, stop
	@$(PY) examples/demo.py

run: $(STAMP) ## python -m qcjob up
	@exec $(PY) -m qcjob up

test: $(STAMP) ## lint, types, acceptance, then unit, contract and integration tests
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .
	$(PY) -m mypy
	$(PY) -m behave --format progress features
	$(PY) -m pytest

lint: $(STAMP) ## ruff's opinion
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

typecheck: $(STAMP) ## mypy --strict on qcjob and workers
	$(PY) -m mypy

format: $(STAMP) ## let ruff lay out the code
	$(PY) -m ruff check --fix .
	$(PY) -m ruff format .

bench: $(STAMP) ## how the shared benchmark starts this system
	@cat benchmarks/system.json

crash: $(STAMP) ## kill a process at every point between two outside calls; minutes; and a longer model test
	$(PY) -m pytest -m long
	MODEL_EXAMPLES=600 $(PY) -m pytest tests/unit/test_ledger_model.py tests/integration/test_ledger_model_on_redis.py

chaos: $(STAMP) ## four minutes of faults, then a count of what became of each job; SEED= SECONDS= MINUTES= JOBS=
	@exec $(PY) -m benchmarks.chaos $(if $(SEED),--seed $(SEED)) $(if $(JOBS),--jobs $(JOBS)) \
	  $(if $(SECONDS),--seconds $(SECONDS)) $(if $(MINUTES),--minutes $(MINUTES))

clean: ## take away what was installed and cached; var/, the data, stays
	rm -rf $(VENV) .redis .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Made once, and anew when requirements.txt changes: an old package that is no longer named would stay otherwise.
$(STAMP): requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || { \
	  echo "qcjob needs Python 3.11 or newer as '$(PYTHON)'. Name another one: make PYTHON=python3.12 ..." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null || { \
	  echo "Python's venv is missing. On Debian and Ubuntu: apt install python3-venv" >&2; exit 1; }
	@rm -rf $(VENV) .redis
	$(PYTHON) -m venv $(VENV)
	$(PY) -m pip install --quiet --disable-pip-version-check --no-input --requirement requirements.txt
	@sh .ci/redis $(PY)
	@touch $@
