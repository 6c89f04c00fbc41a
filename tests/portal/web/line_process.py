"""One process of several that share a line: `python -m tests.portal.web.line_process FILE PLACES STAY LONGEST`.

It reads one JSON list a line and answers with one: ["ask", ticket], ["leave", ticket], ["epoch"], or ["crowd", people,
log] for a crowd that comes one after another, asks until it is in, and each writes its ticket into the log while it is in.
"""

import json
import os
import sys
import threading
from pathlib import Path
from typing import Any

from portal.web.line import Line


def crowd(line: Line, people: int, log: str) -> int:
    file = os.open(log, os.O_WRONLY | os.O_APPEND | os.O_CREAT)
    waiting = []
    for _ in range(people):
        turn = line.ask(None)
        if turn.ahead is None:
            visit(line, turn.ticket, file)
        else:
            waiting.append(turn.ticket)
    pause = threading.Event()
    while waiting:
        for ticket in reversed(waiting):  # those who came last ask first: they must not overtake
            if line.ask(ticket).ahead is None:
                waiting.remove(ticket)
                visit(line, ticket, file)
        pause.wait(0.001)
    return people


def visit(line: Line, ticket: int, file: int) -> None:
    os.write(file, f"in {ticket}\n".encode())
    os.write(file, f"out {ticket}\n".encode())
    line.leave(ticket)


def main() -> None:
    file, places, stay, longest = sys.argv[1:]
    line = Line(int(places), Path(file), stay=float(stay), longest=float(longest))
    for request in sys.stdin:
        deed, *facts = json.loads(request)
        answer: Any
        if deed == "ask":
            turn = line.ask(facts[0])
            answer = [turn.ticket, turn.ahead]
        elif deed == "leave":
            line.leave(facts[0])
            answer = True
        else:
            answer = line.epoch if deed == "epoch" else crowd(line, *facts)
        print(json.dumps(answer), flush=True)


if __name__ == "__main__":
    main()
