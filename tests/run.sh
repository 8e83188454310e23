#!/bin/sh
# SPDX-License-Identifier: ISC
# Runs the tests. `make test` calls it once the image is built; by hand:
#
#   BUILD=build tests/run.sh             everything
#   BUILD=build tests/run.sh WORD...     the tests whose name holds one of the words
#   BUILD=build tests/run.sh --list      their names
#   BUILD=build tests/run.sh --mutants   see tests/mutants.tbl
#
# Serial logs and screenshots stay in $BUILD/test.
set -eu
cd "$(dirname "$0")/.."
BUILD=${BUILD:-build}
export BUILD PYTHONDONTWRITEBYTECODE=1
exec "${PYTHON:-python3}" tests/run.py "$@"
