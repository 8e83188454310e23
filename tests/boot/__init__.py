# SPDX-License-Identifier: ISC
"""The tests that `make test` runs: see harness/runner.py."""
