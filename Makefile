# Two commands matter: `make demo` shows what MPR does, `make test` checks everything.
# Both set up what is missing and need Python 3.11 and nothing else.

PYTHON ?= python3.11
BIN := .venv/bin
OUT ?= .mpr/benchmarks
STAMP := .venv/.complete
TORCH_BIN := .venv-torch/bin
TORCH_STAMP := .venv-torch/.complete
MPR_SETTINGS_FOR_LINT := MPR_SECRET_KEY=lint DATABASE_URL=postgresql://localhost/lint REDIS_URL=redis://localhost
COMPILE := $(BIN)/uv pip compile -q pyproject.toml --generate-hashes --python-version 3.11 --no-emit-index-url --no-header

.DEFAULT_GOAL := help
.PHONY: help demo test test-torch fault bench-engine bench-accuracy bench-logos bench-inference bench-pages setup lint format schema lock clean

help:  ## Say what can be made
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST)

demo: setup  ## Draw a sample broadcast, analyse it, write its report
	@$(BIN)/mpr demo

test: setup lint  ## Check style, types, imports and migrations, then run every test
	$(BIN)/python -m pytest -n logical --maxprocesses 4 --dist loadfile --no-loadscope-reorder

test-torch: $(TORCH_STAMP)  ## Install the torch extra into .venv-torch (6 GB) and test ultralytics and EasyOCR on real weights
	YOLO_OFFLINE=true YOLO_AUTOINSTALL=false $(TORCH_BIN)/python -m pytest -m torch $(TESTS)

fault: setup  ## Kill workers, break broker and database, and see that nothing is lost: the long form, some minutes
	@$(BIN)/python -m tests.fault $(FAULT)

bench-engine: setup  ## Measure what the engine costs and how it scales (some twenty minutes)
	@$(BIN)/python -m benchmarks.engine --out $(OUT) $(BENCH)

bench-accuracy: setup  ## Measure what MPR sees and costs on the clips of a folder: make bench-accuracy CLIPS=folder
	@$(if $(CLIPS),,$(error Say where the clips are: make bench-accuracy CLIPS=folder))
	@$(BIN)/python -m benchmarks.accuracy $(CLIPS) --out $(OUT) $(BENCH)

bench-inference: setup  ## Measure stages on one and two inference servers against the same stages here (some three minutes)
	@$(BIN)/python -m benchmarks.inference --out $(OUT) $(BENCH)

bench-pages: setup  ## Measure server time and weight of every page on a two-hour match with 2,000 airings (some five minutes)
	@$(BIN)/python -m benchmarks.pages --out $(OUT) $(BENCH)

bench-logos: setup  ## Measure how logos are found from one picture of each (some minutes; fetches logo sets with npm)
	@$(BIN)/python -m benchmarks.logos .mpr/logos --out $(OUT) $(BENCH)

setup:  ## Make .venv as requirements/dev.lock says (at once when it is there)
	@if [ -e .venv ] && ! $(BIN)/python -c "import pip" 2>/dev/null; then rm -rf .venv; fi
	@$(MAKE) --silent --no-print-directory $(STAMP)

$(STAMP): requirements/installer.lock requirements/dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null || { \
	  echo "MPR needs Python 3.11; install it, or say where it is: make PYTHON=/path/to/python3.11" >&2; exit 1; }
	@[ -e .venv ] || $(PYTHON) -m venv .venv || { rm -rf .venv; \
	  echo "Python's venv module is not complete; on Debian and Ubuntu install the package python3.11-venv" >&2; exit 1; }
	@echo "Installing packages into .venv …"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/installer.lock
	@$(BIN)/uv pip sync --quiet --python $(BIN)/python requirements/dev.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

# pip alone finds torch; the rest is as requirements/torch.lock says, which goes on from requirements/dev.lock.
$(TORCH_STAMP): $(STAMP) requirements/torch.lock
	@[ -e .venv-torch ] || $(PYTHON) -m venv .venv-torch
	@echo "Installing PyTorch into .venv-torch: some minutes and 6 GB …"
	@$(TORCH_BIN)/python -m pip install --quiet --disable-pip-version-check \
	  $$(grep -oE '"torch(vision)?==[^"]+"' pyproject.toml | tr -d '"')
	@$(BIN)/uv pip install --quiet --python $(TORCH_BIN)/python --no-deps --require-hashes -r requirements/torch.lock
	@$(BIN)/uv pip install --quiet --python $(TORCH_BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

lint: setup  ## Check style, types, the direction of imports, and that no migration is missing
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(MPR_SETTINGS_FOR_LINT) $(BIN)/mypy mpr brands profiles detection
	$(BIN)/lint-imports --no-logo --no-cache
	$(BIN)/mpr makemigrations --check --dry-run

format: setup  ## Format the code and mend what can be mended
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

schema: setup  ## Write docs/openapi.yaml anew from the code
	$(MPR_SETTINGS_FOR_LINT) DJANGO_SETTINGS_MODULE=mpr.settings $(BIN)/python -m django spectacular \
	  --validate --fail-on-warn --file docs/openapi.yaml

lock: setup  ## Choose package versions anew, within pyproject.toml's bounds
	$(COMPILE) --upgrade -o requirements/base.lock
	$(COMPILE) --upgrade --group dev -o requirements/dev.lock
	$(COMPILE) --upgrade --extra torch --group dev --group torch --overrides requirements/torch.overrides \
	  --constraint requirements/dev.lock -o requirements/torch.lock
	echo uv | $(BIN)/uv pip compile -q - --constraint requirements/dev.lock --generate-hashes --python-version 3.11 \
	  --no-emit-index-url --no-header --no-annotate -o requirements/installer.lock

clean:  ## Remove .venv and caches; footage, reports and the database in .mpr stay
	rm -rf .venv .venv-torch .mypy_cache .ruff_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
