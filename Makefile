# Everything a person or CI runs. The environment is .venv, made from locks/dev.txt (hashes checked).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PORT ?= 4566
READY := $(VENV)/.ready

.PHONY: test demo up synth lint format benchmarks peers locks clean

test: $(READY) build/template.json lint
	$(BIN)/python -m pytest -n 2 --dist loadgroup

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports
	$(BIN)/mypy

format: $(READY)
	$(BIN)/ruff check --fix-only .
	$(BIN)/ruff format .

demo: $(READY) build/template.json
	$(BIN)/reco demo $(if $(DATA),--data $(DATA))

up: $(READY) build/template.json
	$(BIN)/reco up --port $(PORT) $(if $(DATA_DIR),--data-dir $(DATA_DIR))

# As it goes to AWS: builds the functions' code and the image's context first (the network once, then cached).
synth: $(READY)
	$(BIN)/python -m infra.assets
	$(BIN)/python app.py -o cdk.out

# The same stacks with stand-ins for the code, for the local stack and the tests.
build/template.json: $(READY) app.py cdk.json $(wildcard infra/*.py) reco/settings.py reco/storage/tables.py reco/storage/layout.py
	rm -rf build/cdk.new
	$(BIN)/python app.py -c placeholders=true -o build/cdk.new
	rm -rf build/cdk.out && mv build/cdk.new build/cdk.out
	cp build/cdk.out/manifest.json $@

benchmarks: $(READY) build/template.json
	$(BIN)/python -m benchmarks journey

# What the benchmarks of speed compare with, beside everything else; nothing but they may import it.
peers: $(READY)
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r locks/benchmarks.txt

# The environment: uv from one hashed wheel, then everything else by hash.
$(READY): locks/dev.txt locks/uv.txt pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install -q --disable-pip-version-check --require-hashes -r locks/uv.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --require-hashes -r locks/dev.txt
	$(BIN)/uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation -e .
	touch $@

locks: $(READY)
	for name in handlers container dev benchmarks uv; do \
	  $(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header -q \
	    -c locks/constraints.txt locks/$$name.in -o locks/$$name.txt || exit 1; done

clean:
	rm -rf build cdk.out $(VENV)
