# SPDX-License-Identifier: ISC
"""The tests' entry: see run.sh."""

import os
import signal
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, HERE)

from harness import mutants, runner  # noqa: E402  (needs the path above)


def default_signals():
    """Programs that we start on Linux inherit what nohup, or a shell that put us in the
    background, has had ignored: they would see another Linux than usual."""
    for number in (signal.SIGHUP, signal.SIGQUIT, signal.SIGTERM, signal.SIGPIPE):
        signal.signal(number, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)


def main():
    default_signals()
    words = sys.argv[1:]
    if words[:1] == ["--mutants"]:
        sys.exit(runner.summary(mutants.run(words[1:])))
    runner.load(os.path.join(HERE, "boot"), "boot")
    if words[:1] == ["--list"]:
        print("\n".join(runner.names()))
        return
    sys.exit(runner.summary(runner.run(words)))


main()
