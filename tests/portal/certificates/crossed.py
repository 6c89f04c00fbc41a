"""Certificates from several machines at once over several server processes, with everything that goes wrong in between.

A conductor plays the machines: each has its person, their card and its order. In each round every server process gets
one request of another machine, all at once. By chance an answer is lost and the request repeated elsewhere, a process
kills itself (before the work, before the commit, after it), the clock of a process jumps, or a machine shows the
proof of another one. What counts at the end: every paper names the person, the card and the order of the machine that
printed it, and nobody else.
"""

import io
import json
import multiprocessing
import os
import random
import signal
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import nullcontext
from dataclasses import dataclass, field, replace
from datetime import timedelta
from hashlib import sha256
from multiprocessing.connection import Connection
from typing import Any
from uuid import UUID, uuid5

from pypdf import PdfReader
from sqlalchemy import select

from portal.certificates import service
from portal.certificates.models import CertificateOrder
from portal.certificates.service import Caller, Desk, Payment, Proof
from portal.config import Settings
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.ids import ClientId, ResidentId
from portal.core.money import Yen
from portal.opening import open_database
from tests.portal.certificates.city import SELF, Town, single

SPACE = UUID("0190c1de-0000-7000-8000-00000000c0de")
STEPS = ("order", "pay", "render", "printed")
MOMENTS = ("before", "before commit", "after")
JUMPS = (timedelta(hours=-1), timedelta(seconds=-1), timedelta(seconds=1), timedelta(days=1))
PROCESSES = multiprocessing.get_context("forkserver")
"""Forked from a process that has loaded everything and compiled nothing: a compiler of this one would not survive a fork."""
PROCESSES.set_forkserver_preload([__name__, "portal.certificates.sealing.pdf_seal", "typst", "segno"])


def name_of(person: int) -> str:
    return "架空 " + "".join("零一二三四五六七八九"[int(digit)] for digit in f"{person:05d}") + "子"


def card_of(person: int) -> str:
    return sha256(f"card {person}".encode()).hexdigest()


def resident_of(person: int) -> ResidentId:
    return ResidentId(uuid5(SPACE, str(person)))


def town_of(people: int) -> Town:
    """Every person alone in a household, each under a name of their own."""
    homes = []
    for person in range(people):
        home = single(name_of(person))
        homes.append(replace(home, members=(replace(home.members[0], resident_id=resident_of(person)),)))
    town = Town(*homes)
    town.cards = {card_of(person): resident_of(person) for person in range(people)}
    town.by_id = {home.members[0].resident_id: home for home in homes}
    return town


@dataclass(slots=True)
class Machine:
    """One machine with its person. `step` is what it asks for next; `proof`, `order_id` belong to its own order."""

    person: int
    step: int = 0
    order_id: UUID | None = None
    owner: str = ""
    tries: int = 0

    @property
    def device(self) -> ClientId:
        return ClientId(uuid5(SPACE, f"device {self.person}"))


@dataclass(slots=True)
class Met:
    """What happened. `wrong` holds the persons (numbers) who would have got somebody else's paper, or a broken
    state."""

    issued: int = 0
    wrong: list[int] = field(default_factory=list)
    faults: Counter[str] = field(default_factory=Counter)


def serve(channel: Connection, settings: Settings, people: int) -> None:
    """A server process: one request after the other, until it is told to end or kills itself."""
    database = open_database(settings)
    town = town_of(people)
    desk = service.open_desk(settings)
    desk = Desk(town, desk.key, desk.base_url, desk.seal)
    while (asked := channel.recv()) is not None:
        machine, dies, jump = asked
        if dies == "before":
            os.kill(os.getpid(), signal.SIGKILL)
        with clock.freeze(clock.now() + jump) if jump else nullcontext():
            try:
                with database.page(Actor(Kind.CLIENT, machine.device), Purpose.CERTIFICATE, writes=True) as session:
                    answer = _act(session, desk, machine)
                    if dies == "before commit":
                        os.kill(os.getpid(), signal.SIGKILL)
            except Refusal as refusal:
                answer = refusal.code
        if dies == "after":
            os.kill(os.getpid(), signal.SIGKILL)
        channel.send(answer)
    database.close()


def _act(session: Any, desk: Desk, machine: Machine) -> Any:
    """One step of a visit; what the machine hears of it."""
    if STEPS[machine.step] == "order":
        session_id = uuid5(SPACE, f"session {machine.person} {machine.tries}")
        caller = Caller(
            machine.device, session_id, resident_of(machine.person), "中央区役所", card=card_of(machine.person)
        )
        placed = service.order(session, desk, caller, kind="resident-record", options=SELF, copies=1)
        return placed.order_id, placed.owner
    assert machine.order_id
    proof = Proof(machine.device, machine.owner)
    if STEPS[machine.step] == "pay":
        payment = Payment(Yen(200), "cash", f"receipt {machine.person}")
        return service.pay(session, desk, machine.order_id, proof, payment).state
    if STEPS[machine.step] == "render":
        return service.render(session, desk, machine.order_id, proof).pdf
    return service.printed(session, desk, machine.order_id, proof, job=str(machine.person)).state


class Conductor:
    """Leads `people` machines through their visits over `processes` server processes."""

    def __init__(self, settings: Settings, *, people: int, processes: int, chance: random.Random) -> None:
        self._start = lambda: _started(settings, people)
        self._chance = chance
        self._servers = [self._start() for _ in range(processes)]
        self._machines = [Machine(person) for person in range(people)]
        self._met = Met()

    def run(self, *, fault_every: int) -> Met:
        """Everybody to their paper. Of *fault_every* requests about one goes wrong, each kind of fault at least
        once."""
        due: Iterator[tuple[str, str]] = iter(
            [("kill", moment) for moment in MOMENTS] + [("lost", ""), ("crossed", ""), ("jump", "")]
        )
        waiting = list(self._machines)
        self._chance.shuffle(waiting)
        while waiting:
            batch, waiting = waiting[: len(self._servers)], waiting[len(self._servers) :]
            asked = [self._ask(place, machine, due, fault_every) for place, machine in enumerate(batch)]
            for hear in asked:
                hear()
            back = [machine for machine in batch if machine.step < len(STEPS)]
            waiting = (waiting + back) if self._chance.random() < 0.5 else (back + waiting)
        for process, channel in self._servers:
            channel.send(None)
            process.join()
        return self._met

    def _ask(
        self, place: int, machine: Machine, due: Iterator[tuple[str, str]], fault_every: int
    ) -> Callable[[], None]:
        """Send one request to one process; what is returned hears the answer."""
        fault, moment = next(due, ("", "")) if machine.step else ("", "")
        if not fault and self._chance.randrange(fault_every) == 0:
            fault = self._chance.choice(("kill", "lost", "crossed", "jump"))
            moment = self._chance.choice(MOMENTS)
        jump = self._chance.choice(JUMPS) if fault == "jump" else timedelta()
        asked = self._in_anothers_name(machine) if fault == "crossed" else machine
        if asked is machine and fault == "crossed":
            fault = ""
        self._met.faults[f"{fault} {moment}".strip() if fault == "kill" else fault] += 1
        process, channel = self._servers[place]
        channel.send((asked, moment if fault == "kill" else "", jump))

        def hear() -> None:
            if fault == "kill":
                process.join()
                self._servers[place] = self._start()
                return
            answer = channel.recv()
            if fault == "crossed":
                if answer != "order-owner-wrong":
                    self._met.wrong.append(machine.person)
            elif fault != "lost":
                self._take(machine, answer)

        return hear

    def _in_anothers_name(self, machine: Machine) -> Machine:
        """The same machine after somebody's answer went astray: another's order with its own proof, or the other
        way."""
        others = [one for one in self._machines if one.order_id and one is not machine]
        if not others or not machine.order_id:
            return machine
        other = self._chance.choice(others)
        if self._chance.random() < 0.5:
            return Machine(machine.person, machine.step, other.order_id, machine.owner)
        return Machine(machine.person, machine.step, machine.order_id, other.owner)

    def _take(self, machine: Machine, answer: Any) -> None:
        step, right = STEPS[machine.step], True
        if step == "order":
            machine.order_id, machine.owner = answer
        elif step == "render":
            right = is_paper_of(machine, answer)
        else:
            right = answer in ("paid", "rendered", "printed")
        if not right:
            self._met.wrong.append(machine.person)
        machine.step += 1
        self._met.issued += machine.step == len(STEPS)


def is_paper_of(machine: Machine, pdf: Any) -> bool:
    """By the paper alone, as the machine and its reader would look at it: whose it is, whose card, which order."""
    if not isinstance(pdf, bytes):
        return False
    mark = sha256(f"{card_of(machine.person)}:{machine.order_id}".encode()).hexdigest()
    named = f"order:{machine.order_id}".encode() in pdf and f"owner:{mark}".encode() in pdf
    data = json.loads(PdfReader(io.BytesIO(pdf)).attachments["certificate.json"][0])
    return named and [one["name"] for one in data["claims"]["persons"]] == [name_of(machine.person)]


def _started(settings: Settings, people: int) -> tuple[Any, Connection]:
    ours, theirs = PROCESSES.Pipe()
    process = PROCESSES.Process(target=serve, args=(theirs, settings, people), daemon=True)
    process.start()
    theirs.close()
    return process, ours


def books_are_right(settings: Settings, people: int) -> list[str]:
    """What the record says afterwards: every person has one printed order, numbers are given out once and without
    gaps."""
    database = open_database(settings)
    with database.page(Actor(Kind.SYSTEM, label="test"), Purpose.OPERATION, writes=False) as session:
        rows = list(session.scalars(select(CertificateOrder).where(CertificateOrder.issue_number.is_not(None))))
        owners = Counter(row.resident_id for row in rows if row.state == "printed")
        numbers = sorted(int((row.issue_number or "").split("-")[2]) for row in rows)
    database.close()
    faults = [f"{len(owners)} of {people} have a paper"] if len(owners) != people else []
    faults += [f"{count} papers for one person" for count in owners.values() if count != 1]
    return faults + ([] if numbers == list(range(1, len(rows) + 1)) else ["issue numbers have gaps"])
