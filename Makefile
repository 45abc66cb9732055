# Every command of the README. `make` alone lists them.
PYTHON ?= python3.11
VENV := .venv
PY := $(VENV)/bin/python
STAGE ?= dev
EMULATOR ?= moto

.PHONY: help setup run demo partner conformance test dynamodb trial version check format lint types template bench package deploy rehearse emulator clean

help:
	@grep -E '^[a-z]+:.*##' Makefile | sed 's/:.*## /\t/' | expand -t 12

PIP := $(PY) -m pip install --quiet --disable-pip-version-check

$(PY):
	@echo "making $(VENV)"
	@$(PYTHON) -m venv $(VENV) || python3 -m venv $(VENV)

# What trying an endpoint needs: the kit and the sandbox; whatever else is set up has it, too.
$(VENV)/.kit: requirements-kit.txt | $(PY)
	@echo "installing what trying an endpoint needs into $(VENV) (first use; seconds)"
	@$(PIP) -r requirements-kit.txt
	@touch $@

# What running a platform on this machine needs; a setup with everything has it, too.
$(VENV)/.run: requirements.txt requirements-run.txt | $(PY)
	@echo "installing what running a platform needs into $(VENV) (first use; about a minute)"
	@$(PIP) -r requirements-run.txt
	@touch $@

$(VENV)/.ready: requirements.txt requirements-kit.txt requirements-run.txt requirements-dev.txt | $(PY)
	@echo "installing what developing needs into $(VENV) (first use; two minutes)"
	@$(PIP) -r requirements-dev.txt
	@touch $(VENV)/.kit $(VENV)/.run $@

setup: $(VENV)/.ready ## make .venv with everything that is needed

run: $(VENV)/.run ## the whole platform on this machine (PORT=8000, KEEP=1, OCPI_SEED=1, EMULATOR=moto|ministack)
	@EMULATOR=$(EMULATOR) exec $(PY) local.py

demo: $(VENV)/.ready ## two deployments live through a roaming day, then four with a hub (DAY=hub|2.1.1|2.2.1|2.3.0)
	@$(PY) -m demo $(DAY)

partner: $(VENV)/.kit ## a sandbox partner that registers with a platform (PORT=9000, ROLE, VERSION, PLATFORM, TOKEN)
	@exec $(PY) -m sandbox

conformance: $(VENV)/.kit ## asks any OCPI endpoint what it does (URL, TOKEN; ROLE=EMSP, VERSION, WRITE=1, OPTIONS)
	@mkdir -p build/conformance
	@TOKEN='$(TOKEN)' $(PY) -m conformance '$(URL)' $(if $(ROLE),--role $(ROLE)) $(if $(VERSION),--version $(VERSION)) \
	    $(if $(WRITE),--write) --json build/conformance/report.json --junit build/conformance/report.xml \
	    --html build/conformance/report.html $(OPTIONS)

test: $(VENV)/.ready ## the whole test suite; then: do the roles allow what the functions called, and no more?
	@rm -rf build/calls
	@OCPI_RECORD_CALLS=build/calls $(PY) -m pytest -n 2 --dist loadfile -p deploy.recording
	@$(PY) -m deploy.recording build/calls

dynamodb: $(VENV)/.ready ## the tests of storage and delivery on DynamoDB Local, where there is a JVM and Maven
	@$(PY) -m tests.dynamodb_local

trial: $(VENV)/.ready ## hostile partners and a platform killed with -9, by chance; a minute
	@OCPI_TRIALS=1 $(PY) -m pytest tests/faults

check: format lint types template test ## everything CI checks

format: $(VENV)/.ready ## is the code formatted?
	@$(VENV)/bin/ruff format --check --quiet . || (echo "run: $(VENV)/bin/ruff format ." && false)

lint: $(VENV)/.ready ## ruff
	@$(VENV)/bin/ruff check --quiet .

types: $(VENV)/.ready ## mypy, strict on everything but tests, demo and bench
	@$(VENV)/bin/mypy --no-error-summary chalicelib app.py localrun stack deploy sandbox conformance local.py manage.py cli clients contract

template: $(VENV)/.ready ## package the stack and lint the template and its expansion
	@$(PY) -m stack.package build/template --check

bench: $(VENV)/.ready ## the measurements of the design, beside their targets (PEERS=1: Python OCPI libraries, too)
	@$(PY) -m bench

package: $(VENV)/.ready ## the CloudFormation package, in build/package
	@$(PY) -m stack.package build/package

deploy: $(VENV)/.ready ## deploy to AWS (STAGE=dev)
	@STAGE=$(STAGE) bash deploy/deploy.sh

rehearse: $(VENV)/.ready ## deploy the real package to an emulated AWS with IAM enforced, and use it
	@$(PY) -m deploy.rehearse

emulator: $(VENV)/.run ## just the AWS emulator (PORT=5001, EMULATOR=moto|ministack)
	@exec $(PY) -m localrun.emulator

version: $(VENV)/.ready ## the present version; VERSION=1.2.0 makes one of what is unreleased, commit and tag
	@$(PY) -m deploy.version $(VERSION)

clean: ## remove what was built (not .venv)
	@rm -rf build .pytest_cache .mypy_cache .ruff_cache
