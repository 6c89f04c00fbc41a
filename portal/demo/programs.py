"""What the town consists of: its ports, and one line for each program with how it is started."""

from __future__ import annotations

import importlib.util
import os
import random
import shutil
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, fields
from pathlib import Path

from portal.demo import messengers, payments, private_points
from portal.demo.children import Program, is_free, listens

KIOSK_READER = "Chiba Kiosk"
WINDOW_READER = "Chiba Window"
FIRST_SLOT = "00 00"
PERSONAS = "personas.json"
PAIRING = "bridge.pairing"
WRITER_TOKEN = "writer.token"
WRITER_KEY, WRITER_PUBLIC_KEY = "writer.jwk", "writer.pub.jwk"
KIOSK_CLIENT = "kiosk-chuo-1"

# Below the range from which Linux takes ports of outgoing connections (32768 and up).
PRIVATE_PORTS = range(20000, 32000)


@dataclass(frozen=True, slots=True)
class Ports:
    """TCP ports on 127.0.0.1. A virtual reader takes its port and the next one (two slots), the post office too (mail)."""

    portal: int = 8000
    kiosk: int = 8100
    coin_box: int = 8110
    post_office: int = 8120
    gbizid: int = 8130
    payments: int = 8140
    private_points: int = 8150
    bridge: int = 8200
    card_writer: int = 8250
    simulator: int = 8300
    kiosk_reader: int = 21200
    window_reader: int = 21210

    @classmethod
    def any_free(cls) -> Ports:
        """Ports that nobody uses at this moment."""
        candidates = _free_pairs()
        return cls(**{field.name: next(candidates) for field in fields(cls)})

    def taken(self) -> dict[str, int]:
        """Which of them another program has, by name."""
        return {name: port for name, port in self.by_name().items() if not is_free(port)}

    def by_name(self) -> dict[str, int]:
        return {field.name.replace("_", "-"): getattr(self, field.name) for field in fields(self)}


def _free_pairs() -> Iterator[int]:
    starts = list(PRIVATE_PORTS[::2])
    random.shuffle(starts)
    return (port for port in starts if is_free(port) and is_free(port + 1))


def without_reader() -> str:
    """Why no card can be read on this machine, in a plain sentence; empty if one can."""
    if not (shutil.which("pcscd") or Path("/usr/sbin/pcscd").exists()):
        return "the card service pcscd is not installed (./setup.sh installs it where apt is available)"
    if importlib.util.find_spec("smartcard") is None:
        return "the card reader library is not installed (./setup.sh says why)"
    return ""


def printer(state: Path) -> str:
    """The machine's default printer as the kiosk names it, or a folder where none is set up."""
    if shutil.which("lpstat"):
        asked = subprocess.run(
            ("lpstat", "-d"), capture_output=True, text=True, check=False, env={**os.environ, "LC_ALL": "C"}
        )
        if asked.returncode == 0 and "destination:" in asked.stdout:
            return "lp"
    return f"simulated:{state / 'printed'}"


def python(*words: str) -> tuple[str, ...]:
    return (sys.executable, "-m", *words)


def programs(state: Path, ports: Ports) -> list[Program]:
    """Everything that runs in the town, in the order of starting."""
    cards = [] if without_reader() else _card_programs(state, ports)
    return [*cards, *_portal_programs(state, ports), *_kiosk_programs(state, ports)]


def environment(state: Path, ports: Ports) -> dict[str, str]:
    """What the programs are told by environment variables."""
    told = {
        "PYTHONUNBUFFERED": "1",
        "PORTAL_STATE_DIR": str(state),
        "PORTAL_BASE_URL": f"http://{_local(ports.portal)}",
        "PORTAL_BRIDGE_URL": f"http://{_local(ports.bridge)}",
        "PORTAL_SMTP_URL": f"smtp://{_local(ports.post_office + 1)}",
        "PORTAL_MAIL_FROM": "portal@city.example",
        "PORTAL_GBIZID_ISSUER": f"http://{_local(ports.gbizid)}",
        "PORTAL_GBIZID_CLIENT_ID": "omatome",
        "PORTAL_GBIZID_CLIENT_SECRET": "demo-secret-of-the-portal",
        "PORTAL_PAYMENT_URL": f"http://{_local(ports.payments)}",
        "PORTAL_PAYMENT_TOKEN": payments.TOKEN,
        "PORTAL_EXCHANGE_URL": f"http://{_local(ports.private_points)}",
        "PORTAL_EXCHANGE_TOKEN": private_points.TOKEN,
        "PORTAL_EXCHANGE_NAME": private_points.NAME,
        "PORTAL_STAFF_MAIL_DOMAIN": "staff.city.example",
        "PORTAL_MAIL_BOUNCES": "bounces@city.example",
        "PORTAL_BOUNCE_DIR": str(state / "bounces"),
        "PORTAL_PUSH_HOSTS": _local(ports.post_office),
        "PORTAL_SMS_URL": f"http://{_local(ports.post_office)}/sms",
        "PORTAL_SMS_TOKEN": messengers.SMS_TOKEN,
        "PORTAL_LINE_URL": f"http://{_local(ports.post_office)}",
        "PORTAL_LINE_TOKEN": messengers.LINE_TOKEN,
        "PORTAL_LINE_SECRET": messengers.LINE_SECRET,
        "PORTAL_LINE_NAME": messengers.LINE_NAME,
    }
    if not without_reader():
        told["PORTAL_CARD_OCSP_URL"] = f"http://{_local(ports.simulator)}/ocsp"
        told["PORTAL_CARD_WRITER_URL"] = f"http://{_local(ports.card_writer)}"
    if _is_private(ports):
        told["PCSCLITE_CSOCK_NAME"] = str(state / "pcscd" / "ipc" / "pcscd.comm")
    return told


def _is_private(ports: Ports) -> bool:
    """A town on ports of its own hides its card service too; the usual one can be seen by opensc-tool."""
    return ports.kiosk_reader != Ports().kiosk_reader


def _portal_programs(state: Path, ports: Ports) -> list[Program]:
    return [
        Program(
            name="portal",
            command=python("portal.cli", "serve", "--bind", _local(ports.portal)),
            answers=lambda: _healthy(f"http://{_local(ports.portal)}/healthz"),
            without_it="Nothing works without it.",
            needed=True,
        ),
        Program(
            name="worker",
            command=python("portal.cli", "worker"),
            answers=lambda: True,
            without_it="Notices and prints stay in the outbox until it runs again.",
            needed=True,
        ),
        Program(
            name="post-office",
            command=python(
                "portal.demo.post_office",
                "--port",
                str(ports.post_office),
                "--bounces",
                str(state / "bounces"),
                "--portal",
                f"http://{_local(ports.portal)}",
            ),
            answers=lambda: listens(ports.post_office),
            without_it="Mail and notifications wait; everything stands in the mailbox.",
        ),
        Program(
            name="gbizid",
            command=python("portal.demo.gbizid", "--port", str(ports.gbizid)),
            answers=lambda: listens(ports.gbizid),
            without_it="Companies cannot sign in; everything else works.",
        ),
        Program(
            name="payments",
            command=python("portal.demo.payments", "--port", str(ports.payments)),
            answers=lambda: listens(ports.payments),
            without_it="Fees of certificates ordered from home are paid at a window.",
        ),
        Program(
            name="private-points",
            command=python(
                "portal.demo.private_points",
                "--port",
                str(ports.private_points),
                "--book",
                str(state / "private-points.db"),
            ),
            answers=lambda: listens(ports.private_points),
            without_it="Exchanges for private points wait until it runs again.",
        ),
    ]


def _kiosk_programs(state: Path, ports: Ports) -> list[Program]:
    return [
        Program(
            name="coin-box",
            command=python("kiosk", "coin-box", "--bind", _local(ports.coin_box), "--state", str(state / "coin-box")),
            answers=lambda: listens(ports.coin_box),
            without_it="The kiosk cannot take money, so it sells no certificates.",
        ),
        Program(
            name="kiosk",
            command=python(
                "kiosk", "serve", "--bind", _local(ports.kiosk),
                "--portal-url", f"http://{_local(ports.portal)}",
                "--reader", f"{KIOSK_READER} {FIRST_SLOT}",
                "--client-id", KIOSK_CLIENT, "--key", str(state / "clients" / f"{KIOSK_CLIENT}.jwk"),
                "--coin-box-url", f"http://{_local(ports.coin_box)}",
                "--printer", printer(state), "--state", str(state / "kiosk"), "--scanner", "simulated",
            ),
            answers=lambda: listens(ports.kiosk),
            without_it="The kiosk's screen is not there; the portal works.",
        ),
    ]  # fmt: skip


def _card_programs(state: Path, ports: Ports) -> list[Program]:
    private = ("--private",) if _is_private(ports) else ()
    readers = f"{KIOSK_READER}:{ports.kiosk_reader},{WINDOW_READER}:{ports.window_reader}"
    return [
        Program(
            name="card-service",
            command=python("card_reader", "pcscd", "--state", str(state), "--readers", readers, *private),
            # Not by connecting: whoever connects to a virtual reader inserts a card.
            answers=lambda: not is_free(ports.kiosk_reader) and not is_free(ports.window_reader),
            without_it="No cards can be read; sign-in by password and everything else works.",
        ),
        Program(
            name="card-simulator",
            command=python(
                "card_reader", "simulate", "--state", str(state), "--control", str(ports.simulator),
                "--readers", readers, "--personas", str(state / PERSONAS),
            ),
            answers=lambda: listens(ports.simulator),
            without_it="There are no demo cards to insert; a real card in a real reader still works.",
        ),
        Program(
            name="reader-bridge",
            command=python(
                "card_reader", "bridge", "--bind", _local(ports.bridge),
                "--reader", f"{WINDOW_READER} {FIRST_SLOT}",
                "--origin", f"http://{_local(ports.portal)}",
                "--origin", f"http://localhost:{ports.portal}",  # passkeys work under this name only
                "--pairing-file", str(state / PAIRING), "--writer-key", str(state / WRITER_PUBLIC_KEY),
            ),
            answers=lambda: listens(ports.bridge),
            without_it="Window staff cannot read cards in the browser.",
        ),
        Program(
            name="card-writer",
            command=python(
                "card_reader", "writer", "--bind", _local(ports.card_writer),
                "--store", f"file:{state.resolve() / 'cards' / 'keys.json'}", "--token-file", str(state / WRITER_TOKEN),
                "--pin-key", str(state / WRITER_KEY),
            ),
            answers=lambda: listens(ports.card_writer),
            without_it="City cards cannot be issued or changed.",
        ),
    ]  # fmt: skip


def _local(port: int) -> str:
    return f"127.0.0.1:{port}"


def _healthy(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310 - a loopback address of ours
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError, TimeoutError):
        return False
