# Every target sets up what it needs: a Python virtual environment in .venv, from pinned versions.
FITS := sys.exit(not (3, 10) <= sys.version_info < (3, 15))
# The first that fits; make PYTHON=... names another
PYTHON ?= $(or $(shell for each in python3 python3.14 python3.13 python3.12 python3.11 python3.10; \
  do "$$each" -c 'import sys; $(FITS)' 2>/dev/null && { echo "$$each"; break; }; done),python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.ready
# The programs in .venv know where they are: in a folder that was moved or renamed they do not start
MOVED := $(shell [ -s $(STAMP) ] && [ "$$(cat $(STAMP))" != "$$(pwd -P)" ] && echo moved)

.DEFAULT_GOAL := help
HARDWARE := .venv-hardware
HARDWARE_STAMP := $(HARDWARE)/.ready

.PHONY: help setup run test lint format demo flash size soak bench clean moved hardware hardware-test hardware-check

help: ## list what can be made
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

setup: $(STAMP) ## make the virtual environment (every other target does this by itself)

$(STAMP): pyproject.toml constraints.txt $(MOVED)
	@command -v "$(PYTHON)" >/dev/null || \
	  { echo 'There is no Python on this computer: install 3.10 to 3.14 (from python.org, or on Debian and Ubuntu "sudo apt install python3-venv"), open a new terminal, and type the same line again.' >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; $(FITS)' || \
	  { echo "Heelcue needs Python 3.10 to 3.14, and this is $$("$(PYTHON)" --version 2>&1): install one of these (from python.org), open a new terminal, and type the same line again. Or name one: make PYTHON=python3.12 run" >&2; exit 1; }
	@[ -z "$(MOVED)" ] && $(BIN)/python -c 'import pip, sys; $(FITS)' >/dev/null 2>&1 || "$(PYTHON)" -m venv --clear $(VENV) || \
	  { echo 'Python could not make the folder .venv. On Debian and Ubuntu type "sudo apt install python3-venv", then the same line again.' >&2; exit 1; }
	@echo "Setting up .venv (the first time takes a minute or two)..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[dev]' || \
	  { echo 'The set-up has stopped; what is above says why. Most often the network is missing: when it is back, type the same line again.' >&2; exit 1; }
	@pwd -P > $(STAMP)

moved:

.DEFAULT:
	@echo "make knows no '$@'; 'make help' lists what there is." >&2; exit 1

run: $(STAMP) ## walk: the firmware on the virtual board, cues visible
	@$(BIN)/heelcue run

test: $(STAMP) ## run all tests
	@$(BIN)/pytest -n 2

lint: $(STAMP) ## format check, lint and types (host strictly, as on Windows too; firmware against its stubs)
	@$(BIN)/ruff format --check .
	@$(BIN)/ruff check .
	@$(BIN)/mypy
	@$(BIN)/mypy --platform win32 --cache-dir .mypy_cache/win32
	@rm -rf build/stubs && mkdir -p build/stubs/stubs
	@cd "$$($(BIN)/python -c 'import mypy, pathlib; print(pathlib.Path(mypy.__file__).parents[1])')" && \
	  cp -r *.pyi stdlib _mpy_shed "$(CURDIR)/build/stubs/" && \
	  cp -r mypy/typeshed/stubs/mypy-extensions "$(CURDIR)/build/stubs/stubs/"
	@$(BIN)/mypy --config-file .mypy-firmware.ini

format: $(STAMP) ## format the code and apply safe fixes
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

size: $(STAMP) ## what the firmware takes, compiled: flash and heap
	@$(BIN)/python -m host_tools.firmware_size

soak: $(STAMP) ## a day of virtual time with faults, 10,000 console cases, power cuts everywhere
	@$(BIN)/python -m tests.firmware.soak --hours 24
	@HEELCUE_FUZZ_EXAMPLES=10000 HEELCUE_CUT_STEP=1 $(BIN)/pytest -q -n 2 \
	  tests/firmware/test_console.py tests/firmware/test_power_cut.py

demo: $(STAMP) ## a device's whole life on a virtual board, to watch
	@$(BIN)/heelcue demo

flash: $(STAMP) ## put the firmware onto the board: make flash [PORT=/dev/ttyUSB0]
	@$(BIN)/heelcue flash $(if $(PORT),--port $(PORT))

bench: $(STAMP) ## accuracy, cost of a step, latency
	@$(BIN)/heelcue bench

$(HARDWARE_STAMP): hardware/requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit("make hardware needs Python 3.11 to 3.14; this is " + sys.version.split()[0] + ". Name another: make PYTHON=python3.12 hardware") if not (3, 11) <= sys.version_info < (3, 15) else None'
	@$(HARDWARE)/bin/python -m pip --version >/dev/null 2>&1 || $(PYTHON) -m venv --clear $(HARDWARE)
	@echo "Setting up $(HARDWARE) (about 1 GB; the first time takes some minutes)..."
	@$(HARDWARE)/bin/python -m pip install --quiet --disable-pip-version-check --requirement hardware/requirements.txt
	@touch $(HARDWARE_STAMP)

hardware: $(HARDWARE_STAMP) ## make enclosure, wiring, pictures, power budget from their sources
	@$(HARDWARE)/bin/python -m hardware.make build

hardware-test: $(HARDWARE_STAMP) ## test the enclosure's model: fit, walls, printing, clips
	@$(HARDWARE)/bin/python -m pytest -q -n 2 --confcutdir=tests/hardware tests/hardware/model

hardware-check: $(HARDWARE_STAMP) ## make everything again and say what differs from the kept files
	@$(HARDWARE)/bin/python -m hardware.make check

clean: ## remove the virtual environment and caches
	rm -rf $(VENV) $(HARDWARE) .pytest_cache .mypy_cache .ruff_cache .hypothesis build *.egg-info
