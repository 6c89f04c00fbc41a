"""One place of the portal asks machines elsewhere over HTTP: there an answer has an end and a length (decision 105)."""

import ast
import asyncio
from collections.abc import Callable
from pathlib import Path
from uuid import uuid4

import pytest
from asn1crypto.tsp import TimeStampReq

import portal
from portal.cards import line as card_writer
from portal.cards.rules import WriterAbsent
from portal.certificates.online.paying import PaymentService
from portal.certificates.online.rules import PaymentServiceSilent
from portal.certificates.sealing.time_stamp import Authority, StampMissing
from portal.companies import gbizid
from portal.companies.gbizid import ProviderSilent
from portal.mailbox.channels.line import LineAccount
from portal.mailbox.channels.parcels import Outcome
from portal.mailbox.channels.text_messages import Gateway
from portal.points.exchange.programme import Programme, ProgrammeSilent
from tests.elsewhere import HEAD, Serve, much, serve

__all__ = ["serve"]

ROOT = Path(portal.__file__).parent
SPEAKERS = {"httpx", "urllib.request", "http.client", "requests", "aiohttp", "urllib3", "httpcore"}
ALLOWED = {"core/outbound.py", "certificates/command.py"}
"""The second is a command at somebody's own machine."""


def imported(path: Path) -> set[str]:
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {one.name for one in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{one.name}" for one in node.names)}
    return found


def test_nobody_else_asks_machines_elsewhere() -> None:
    files = {str(path.relative_to(ROOT)): path for path in ROOT.rglob("*.py")}
    asking = {name for name, path in files.items() if imported(path) & SPEAKERS}
    assert {name for name in asking if not name.startswith("demo/")} == ALLOWED


TOKEN = "of a test"


def pay(url: str) -> object:
    return PaymentService(url, TOKEN).look("1")


def exchange(url: str) -> object:
    return Programme(url, TOKEN).capture("1")


def write_card(url: str) -> object:
    return card_writer.ask(url, TOKEN, "/v1/jobs", {})


def sign_in(url: str) -> object:
    return gbizid._provider.__wrapped__(url, 0)


def stamp(url: str) -> object:
    asking = Authority(url).async_request_tsa_response(TimeStampReq({"version": 1, "message_imprint": IMPRINT}))
    return asyncio.run(asking)


IMPRINT = {"hash_algorithm": {"algorithm": "sha256"}, "hashed_message": bytes(32)}


@pytest.mark.parametrize(
    ("ask", "refusal"),
    [
        (pay, PaymentServiceSilent), (exchange, ProgrammeSilent), (write_card, WriterAbsent), (sign_in, ProviderSilent),
        (stamp, StampMissing),
    ],
)  # fmt: skip
def test_fifty_megabytes_are_no_answer(serve: Serve, ask: Callable[[str], object], refusal: type[Exception]) -> None:
    machine = serve(much(HEAD + b"\r\n"))
    with pytest.raises(refusal):
        ask(machine.url(""))
    assert machine.story.asked, "it was asked"


def test_a_message_the_gateway_answers_with_fifty_megabytes_is_sent_later(serve: Serve) -> None:
    machine = serve(much(HEAD + b"\r\n"))
    text = Gateway(machine.url(), TOKEN, "").send(uuid4(), to="09000000000", sender="", text="a")
    assert text.outcome == Outcome.LATER
    account = LineAccount(machine.url(""), TOKEN, b"", "")
    assert account.send(uuid4(), to="U1", text="a").outcome == Outcome.SENT, "200 is all it has to say"
