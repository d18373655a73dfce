# Each target is the same as `python -m book TARGET`, which needs no make. `make help` lists them.
PYTHON ?= python3
NAME ?=
PORT ?= 8000

.PHONY: help book test check lint prove bench notebooks lock lowest vendor screenshots setup clean serve chapter new-chapter

help:
	@$(PYTHON) -m book --help

book test check lint notebooks lock vendor screenshots setup clean:
	@$(PYTHON) -m book $@

serve:
	@$(PYTHON) -m book serve --port $(PORT)

chapter new-chapter bench prove lowest:
	@$(PYTHON) -m book $@ $(NAME)
