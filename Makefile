# The front door of the workshop. Each target does its own set-up and is safe to repeat.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup build run dev test check e2e conformance bench soak fmt sqlx clean

help: ## Say what each target does
	@awk -F':.*## ' '/^[a-z0-9]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' Makefile

setup: ## Fetch the tools that building and testing need (done by the other targets too)
	@scripts/setup

build: ## Build target/release/bulkhead and target/site
	@scripts/setup rust browser
	@scripts/build-frontend
	@scripts/build-server

run: build ## Build, then serve on http://127.0.0.1:3000, with a PostgreSQL of its own in ./data
	@[ -n "$$DATABASE_URL" ] || scripts/setup postgres
	@BULKHEAD_DEV=1 exec target/release/bulkhead

dev: ## Serve, and rebuild and reload on each change
	@scripts/dev

test: ## Prove everything; prints how long each phase took
	@scripts/test

check: ## Borders, dependencies, format, clippy, documentation, SQL
	@scripts/setup rust postgres
	@scripts/check

conformance: ## The official MCP conformance suite against our router
	@scripts/setup
	@scripts/conformance

e2e: build ## The whole story in a browser, with the official MCP clients
	@scripts/setup
	@end2end/run.sh

bench: ## Requests a second against a bare handler; see bench/README.md
	@scripts/setup rust postgres
	@scripts/bench

soak: ## The long forms of the experiments that test runs briefly; not part of test
	@scripts/setup rust postgres
	@scripts/soak

fmt: ## Format the Rust code
	@cargo fmt --all

sqlx: ## Renew .sqlx after a change of SQL
	@scripts/setup rust postgres
	@scripts/sqlx-prepare

clean: ## Delete what was built; ./data stays
	@scripts/dev-db stop
	@rm -rf target style/node_modules end2end/node_modules
