# What a newcomer needs: `make run` and `make test`. Both set up .venv from the lock files first.
PYTHON := .venv/bin/python
PORT ?= 8000
HOST ?= 127.0.0.1
# More arguments, e.g. make run ARGS=--no-demo, make test ARGS="-k jobs"
ARGS ?=

.PHONY: setup setup-dev run test bench lint lock clean

# .venv/installed.lock is a copy of what was installed: where it agrees, no installer runs at all. An
# environment that has the development tools keeps them.
setup:
	@lock=requirements.lock; ! grep -qs '^pytest==' .venv/installed.lock || lock=requirements-dev.lock; \
		cmp -s $$lock .venv/installed.lock || $(MAKE) --no-print-directory install LOCK=$$lock

setup-dev:
	@cmp -s requirements-dev.lock .venv/installed.lock \
		|| $(MAKE) --no-print-directory install LOCK=requirements-dev.lock

.PHONY: install
install:
	@rm -f .venv/installed.lock
	@if command -v uv >/dev/null && uv --version >/dev/null 2>&1; then \
		{ test -x $(PYTHON) || uv venv --quiet .venv; } && \
		uv pip sync --quiet --python $(PYTHON) --require-hashes $(LOCK); \
	else \
		{ $(PYTHON) -m pip --version >/dev/null 2>&1 || python3 -m venv --clear .venv; } && \
		$(PYTHON) -m pip install --quiet --disable-pip-version-check --require-hashes -r $(LOCK); \
	fi
	@cp $(LOCK) .venv/installed.lock
	@echo "installed $(LOCK) into .venv"

run: setup
	@exec $(PYTHON) manage.py portal --host $(HOST) --port $(PORT) $(ARGS)

test: setup-dev
	@exec $(PYTHON) -m tests.run $(ARGS)

bench: setup-dev
	@exec $(PYTHON) -m tests.bench $(ARGS)

lint: setup-dev
	@$(PYTHON) -m ruff check . && $(PYTHON) -m ruff format --check .

# The runtime lock is cut from the development lock, so that both name the same versions.
LOCKING := uv pip compile --quiet --universal --generate-hashes --no-header --no-annotate --no-emit-index-url \
	--no-emit-find-links pyproject.toml
lock:
	@$(LOCKING) --group dev -o requirements-dev.lock
	@$(LOCKING) --constraint requirements-dev.lock -o requirements.lock
	@! grep -nE '://|^(-i|--index-url|--extra-index-url|--find-links)' requirements.lock requirements-dev.lock \
		|| { echo "a lock file names a host" >&2; exit 1; }

clean:
	rm -rf .venv staticfiles .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
