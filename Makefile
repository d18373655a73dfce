# Everything below works on a fresh clone with Python 3.11+ and make; each target does its own set-up.
PYTHON ?= python3
NAME ?=
PORT ?= 8000
TORCH_BACKEND ?=
BIN := .venv/bin
READY := .venv/.ready

.PHONY: help book test serve chapter notebooks bench lint lock vendor screenshots clean

help: ## list the targets
	@grep -E '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:[^#]*## /\t/' | expand -t 14

book: $(READY) ## execute the chapters and build the site into _build/html
	$(BIN)/python -m book.tools.build

test: $(READY) lint book ## prove it: lint, build, and all tests
	$(BIN)/python -m book.tools.browser
	$(BIN)/python -m pytest -n 2 --dist worksteal

serve: book ## show the site on this machine
	@echo "http://127.0.0.1:$(PORT)/"
	$(BIN)/python -m http.server --bind 127.0.0.1 --directory _build/html $(PORT)

chapter: $(READY) ## build one chapter alone, in seconds: make chapter NAME=conv_matrix
	@test -n "$(NAME)" || { echo "NAME is missing: make chapter NAME=conv_matrix"; exit 2; }
	$(BIN)/python -m book.tools.build --only $(NAME)

notebooks: book ## write the notebooks into _build/html/notebooks (the site's buttons offer the same)
	@ls -1 _build/html/notebooks/*.ipynb

bench: $(READY) ## measure against what one would do without hwlib
	$(BIN)/python -m bench $(NAME)

lint: $(READY) ## style and types
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy

lock: $(READY) ## take the newest versions of everything into requirements.lock
	$(BIN)/python -m book.tools.lock

vendor: $(READY) ## fetch MathJax and the widgets' script again (needs npm)
	$(BIN)/python -m book.tools.vendor

screenshots: book ## pictures of every page, wide and narrow, light and dark, into _build/screenshots
	$(BIN)/python -m book.tools.screenshots

clean: ## remove everything that was made
	rm -rf .venv _build .pytest_cache .mypy_cache .ruff_cache .hypothesis

$(READY): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, this is " + sys.version.split()[0] + ". Name another one: make PYTHON=python3.13")'
	@test -x $(BIN)/python || { echo "Making .venv"; $(PYTHON) -m venv .venv || { rm -rf .venv; exit 1; }; }
ifneq ($(TORCH_BACKEND),)
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/uv pip install --quiet --python $(BIN)/python --torch-backend $(TORCH_BACKEND) "$$(grep '^torch==' requirements.lock)"
endif
	@echo "Installing the locked versions into .venv: some minutes, once"
	$(BIN)/python -m pip install --quiet --requirement requirements.lock
	$(BIN)/python -m pip install --quiet --no-build-isolation --no-deps --editable .
	@touch $(READY)
