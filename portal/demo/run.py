"""The whole town with one command: `python -m portal.demo.run` (make run).

Makes the demo cards and the demo city when they are missing, starts portal, worker, kiosk, coin box and card
readers, prints where everything is and who can sign in, and ends all of it on Ctrl-C or SIGTERM.
Exit codes: 0 ended as asked, 1 could not start, 2 wrong use.
"""

from __future__ import annotations

import argparse
import os
import signal
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

from portal.demo.opening import start_town
from portal.demo.programs import Ports, without_reader
from portal.demo.town import Town, TownFailed
from portal.demo.welcome import welcome

__all__ = ["Ports", "Town", "TownFailed", "main", "start_town"]

ENDING_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the town until told to stop."""
    options = _options(arguments)
    if os.environ.get("PORTAL_MODE") == "production":
        _say("This is the demo. In production use: portal migrate, portal serve, portal worker.")
        return 2
    for number in ENDING_SIGNALS:
        signal.signal(number, _break_off)
    try:
        _run(options)
    except TownFailed as failure:
        _say(str(failure))
        return 1
    except KeyboardInterrupt as asked:
        _say(f"All programs have ended ({asked}).")
    return 0


def _run(options: argparse.Namespace) -> None:
    """Start the town and wait; KeyboardInterrupt ends it."""
    started = time.monotonic()
    _say("Starting the town (Ctrl-C ends it)")
    if reason := without_reader():
        _say(f"  Cards cannot be read here: {reason}. Everything that needs no card works.")
    with start_town(options.state, ports=options.ports, say=_say, residents=options.residents) as town:
        _say(welcome(town, seconds=time.monotonic() - started))
        try:
            threading.Event().wait()
        finally:
            _say("\nEnding all programs ...")


def _break_off(received: int, _frame: object) -> None:
    """End once; asking again while everything is being ended changes nothing."""
    for number in ENDING_SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    raise KeyboardInterrupt(signal.Signals(received).name)


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m portal.demo.run", description="The whole town, for a demo.")
    parser.add_argument("--state", type=Path, default=Path(os.environ.get("PORTAL_STATE_DIR", ".state")))
    parser.add_argument("--residents", type=int, help="size of a newly made demo city")
    parser.add_argument(
        "--port", action="append", default=[], metavar="NAME=NUMBER", help=f"{', '.join(Ports().by_name())}"
    )
    options = parser.parse_args(arguments)
    try:
        options.ports = _ports(options.port)
    except (TypeError, ValueError):
        parser.error(f"--port NAME=NUMBER, where NAME is one of {', '.join(Ports().by_name())}")
    return options


def _ports(words: Sequence[str]) -> Ports:
    chosen = dict(word.replace("-", "_").split("=", 1) for word in words)
    return replace(Ports(), **{name: int(number) for name, number in chosen.items()})


def _say(line: str) -> None:
    with suppress(OSError):  # the terminal may be gone (SIGHUP); everything must still be ended
        print(line, flush=True)


if __name__ == "__main__":
    sys.exit(main())
