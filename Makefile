PYTHON ?= python3
BIN := .venv/bin
INSTALLED := .venv/.installed
IMAGE ?=
DATA ?= ../shared/data
NETWORK ?= resnet20
BLUR ?= 0.4

.PHONY: help run test test-long test-random gpu soak smoke lint bench bench-quick train twins keep derived tables screenshots clean

help:
	@echo "make run [IMAGE=photo.jpg]   open the window on the sample photo, or on yours"
	@echo "make test                    run the tests, but for the long ones"
	@echo "make test-long               run these: whole lectures, every checkpoint, every theme"
	@echo "make test-random [SEED=n]    run the tests of the window in random order"
	@echo "make gpu                     compare a GPU with the processor; skips where there is none"
	@echo "make soak [SECONDS=600] [SEED=n]   let a monkey at the window: all has to hold"
	@echo "make smoke                   build the wheel, install it elsewhere and run it"
	@echo "make lint                    ruff and mypy"
	@echo "make bench                   measure speed, as ratios, and write docs/benchmarks.md"
	@echo "make bench-quick             a few of these ratios, roughly, in a minute"
	@echo "make train [NETWORK=resnet20] [DATA=folder]   train a network on CIFAR-10 files"
	@echo "make train BLUR=0            the same without the blur in the recipe"
	@echo "make twins [DATA=folder]     train all networks that come with the program, for a day"
	@echo "make keep                    copy the newest state of all runs into unfinished/"
	@echo "make derived [DATA=folder]   compute anew what ships beside the weights"
	@echo "make tables                  take the figures of torchvision's weights anew"
	@echo "make screenshots             take the pictures in docs/screenshots anew"
	@echo "make clean                   remove what make made"

$(INSTALLED): pyproject.toml scripts/system_libraries.sh
	@PYTHON="$(PYTHON)" sh scripts/system_libraries.sh
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set it with: make PYTHON=python3.11 ...")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[test]'
	@touch $(INSTALLED)

run: $(INSTALLED)
	@$(BIN)/python main.py $(IMAGE)

# Two processes with one thread each: on two cores torch's threads would get in each other's way.
TWO := QT_QPA_PLATFORM=offscreen OMP_NUM_THREADS=1 $(BIN)/python -m pytest -n 2 --dist loadfile \
	--no-loadscope-reorder --max-worker-restart=0

test: $(INSTALLED)
	$(TWO) -m "not long"

test-long: $(INSTALLED)
	$(TWO) --dist load -m long

test-random: $(INSTALLED)
	@seed=$${SEED:-$$(date +%s)}; \
	echo "The tests of the window in random order; again with: make test-random SEED=$$seed"; \
	$(TWO) tests/gui -m "not long" -p randomly --randomly-seed=$$seed

gpu: $(INSTALLED)
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m pytest -m gpu -rs tests/gpu

soak: $(INSTALLED)
	QT_QPA_PLATFORM=offscreen OMP_NUM_THREADS=1 SOAK_SECONDS=$(or $(SECONDS),600) \
		SOAK_SEED=$(or $(SEED),1) $(BIN)/python -m pytest -s tests/soak

smoke: $(INSTALLED)
	$(BIN)/python scripts/smoke.py

lint: $(INSTALLED)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

bench: $(INSTALLED)
	QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.benchmarks --out docs/benchmarks.md

bench-quick: $(INSTALLED)
	-QT_QPA_PLATFORM=offscreen $(BIN)/python -m tests.benchmarks --quick

train: $(INSTALLED)
	$(BIN)/resnet-viz train --network $(NETWORK) --data $(DATA) --smoothing $(BLUR)

twins: $(INSTALLED)
	sh scripts/train_twins.sh $(DATA) $(BIN)/python

keep: $(INSTALLED)
	$(BIN)/python scripts/keep_runs.py

derived: $(INSTALLED)
	$(BIN)/resnet-viz derived --data $(DATA)

tables: $(INSTALLED)
	$(BIN)/python scripts/torchvision_weights.py

screenshots: $(INSTALLED)
	$(BIN)/python scripts/screenshots.py

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache build dist *.egg-info
