# Two commands matter: `make run` and `make test`. Everything they need they install into .venv.
SHELL := /bin/sh
.DEFAULT_GOAL := help
SETUP = @python="$$(sh setup/find-python.sh)" && exec "$$python" -m setup

.PHONY: run test check train eval import demo staff bot knowledge backup restore wide bench-nlu bench-start bench-channels bench-console bench-faults bench-dossiers bench bench-storm bench-soak bench-wide bench-growth bench-scale clean help

run:  ## Start the product, from nothing if need be, until Ctrl-C
	$(SETUP) run

test:  ## Set up and run every check and test (ARGS="tests/bot -k name": those tests alone)
	$(SETUP) test $(ARGS)

check:  ## Check style, types, import directions, records and training data
	$(SETUP) check

train:  ## Train the model again, even when one fits
	$(SETUP) train

eval:  ## Ask the frozen questions and score the answers (ARGS="--baseline FILE": refuse a worse model)
	$(SETUP) eval $(ARGS)

import:  ## Import portal files or a spreadsheet on top of the bundled records: FROM=folder-or-file
	$(SETUP) import "$(FROM)"

demo:  ## Seed demo dossiers in every national status
	$(SETUP) demo

staff:  ## Accounts of the staff console: ARGS="add ten.dang.nhap", list, disable, enable, password, totp
	$(SETUP) bot staff $(ARGS)

bot:  ## A command of the front server: ARGS="channels check", "erase CONVERSATION", "retain"
	$(SETUP) bot $(ARGS)

knowledge:  ## A command about records: ARGS="stats", "check", "search 'cắt khẩu'", "dossiers import FILE"
	$(SETUP) knowledge $(ARGS)

backup:  ## Copy everything that is stored, while it runs: TO=folder (KEEP=14 newest stay)
	$(SETUP) bot backup "$(TO)" --keep $(or $(KEEP),14)

restore:  ## Put the newest backup of a folder in the place of everything: FROM=folder (ARGS=--force: over what is there)
	$(SETUP) bot restore "$(FROM)" $(ARGS)

wide:  ## Run several of each program on PostgreSQL, Redis and HAProxy (ARGS="roll rasa MODEL", "bot backup FOLDER", "knowledge stats": see the runbook)
	$(SETUP) wide $(ARGS)

bench-nlu:  ## Measure understanding beside stock Rasa and BM25 (about half an hour)
	$(SETUP) bench nlu $(ARGS)

bench-start:  ## Time a first start and a restart to the first true answer (ARGS=--fresh: the environment too)
	@python="$$(sh setup/find-python.sh)" && exec "$$python" benchmarks/start.py $(ARGS)

bench-channels:  ## Time the acknowledgement of webhooks while Rasa is stopped (some minutes)
	$(SETUP) bench channels $(ARGS)

bench-console:  ## Count a clerk's keys and clicks, time news at 40 consoles, race for citizens (some minutes)
	$(SETUP) bench console $(ARGS)

bench-faults:  ## Kill programs at random and count what is lost or doubled (ARGS="--database sqlite"; some minutes)
	$(SETUP) bench faults $(ARGS)

bench-dossiers:  ## Import a million dossiers, scan and look them up, on both databases (some minutes)
	$(SETUP) bench dossiers $(ARGS)

bench:  ## Time turns, start and memory beside stock Rasa (a quarter of an hour: stock Rasa is trained first)
	$(SETUP) bench turns $(ARGS)

bench-storm:  ## Write ten times as fast as is answered, and wait until all is (ARGS="--minutes 2"; an hour and a half)
	$(SETUP) bench storm $(ARGS)

bench-soak:  ## Watch memory, queues and turns at 70 % of the capacity (ARGS="--minutes 60"; an hour and some minutes)
	$(SETUP) bench soak $(ARGS)

bench-wide:  ## Break each part of the wide topology while citizens write (a full disk and cut lines need root; about twenty minutes)
	$(SETUP) bench wide $(ARGS)

bench-growth:  ## Time turns and pages of the console beside a million conversations (a quarter of an hour)
	$(SETUP) bench growth $(ARGS)

bench-scale:  ## Compare a model of queues with the product, and reckon what a province needs (ARGS=--kept: reckon anew alone)
	$(SETUP) bench scale $(ARGS)

clean:  ## Remove what was built (environment, models, caches); the database in var/ stays
	rm -rf .venv models .rasa .mypy_cache .ruff_cache .pytest_cache .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

help:  ## Show this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "make %-14s %s\n", $$1, $$2}' Makefile
