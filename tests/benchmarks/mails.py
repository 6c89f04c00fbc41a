"""Mail to many while sections' programs go on sending single ones: how long the many take, how soon each single is out.

A `portal worker` sends in a process of its own to a mail server in another; this process posts single e-mails to
`/v2/notifications/email` as programs do, fifty a second. Wall time, against the scale of 100,000 mails in ten minutes.
"""

import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from flask import Flask
from joserfc import jwt
from joserfc.jwk import OctKey
from pydantic import SecretStr
from sqlalchemy import func, select, text

from portal.app import create_app
from portal.core import clock
from portal.core.clock import JST
from portal.core.crypto import derive_key
from portal.mailbox.channels.models import Message
from portal.mailbox.composing.models import Template, TemplateVersion
from portal.mailbox.notify import keys, templates
from portal.mailbox.notify.protocol import KeyKind, Kind
from portal.staff import service as staff
from tests.benchmarks import fan_out, mail_sink
from tests.benchmarks.city import Place
from tests.benchmarks.fan_out_live import press_send, wait_for_worker
from tests.benchmarks.measure import Row, Sizes, at_least, at_most

TEN_MINUTES_FOR = 100_000
POSTS_A_SECOND = 50
SOON, SHARE = 10.0, 0.95
AT_ONCE = 8
URL, SENDER = "PORTAL_SMTP_URL", "PORTAL_MAIL_FROM"
LONGEST = 3_600.0
NOON = datetime(2026, 12, 7, 12, 0, tzinfo=JST)
"""A Monday: at night nobody is told by mail."""


@dataclass
class Posting:
    """Single mails as programs send them: when each was asked for, by its recipient."""

    app: Flask
    key: str
    template: str
    asked: dict[str, float] = field(default_factory=dict)
    refused: int = 0

    def post(self, number: int) -> None:
        to = f"single-{number}@sink.example"
        section, secret = self.key[-73:-37], self.key[-36:]
        claims = {"iss": section, "iat": int(time.time())}
        token = jwt.encode({"alg": "HS256", "typ": "JWT"}, claims, OctKey.import_key(secret))
        body = {"email_address": to, "template_id": self.template, "personalisation": {"name": "架空"}}
        self.asked[to] = time.monotonic()
        headers = {"Authorization": f"Bearer {token}"}
        answer = self.app.test_client().post("/v2/notifications/email", json=body, headers=headers)
        if answer.status_code != 201:
            self.refused += 1
            del self.asked[to]

    def go_on(self, stop: threading.Event) -> None:
        """So many a second until *stop*; a post that is slow does not slow the next ones down, and one that had no turn by
        then was never sent."""
        began, number = time.monotonic(), 0
        with ThreadPoolExecutor(AT_ONCE) as pool:
            while not stop.wait(max(0.0, began + number / POSTS_A_SECOND - time.monotonic())):
                pool.submit(self.post, number)
                number += 1
            pool.shutdown(cancel_futures=True)


def rows(place: Place, sizes: Sizes) -> Iterator[Row]:
    fan_out.fill_city(place, sizes.mails)
    want_mail(place)
    clock.set_city_time(place.settings.clock_file, NOON)
    with sink(place) as (log, settings):
        chosen = place.settings.model_copy(update={"smtp_url": SecretStr(settings[URL]), "mail_from": settings[SENDER]})
        posting = Posting(create_app(chosen, place.database), *furnish(place))
        with fan_out.running_worker(place, settings) as worker:
            wait_for_worker(place)
            computed = -computed_by(worker.pid)
            seconds, posted = send_all(place, log, posting)
            computed += computed_by(worker.pid)
            taken = mail_sink.taken(log)
    waits = sorted(taken.get(to, float("inf")) - at for to, at in posting.asked.items())
    soon = sum(wait <= SOON for wait in waits) / len(waits)
    told = f"the worker computed {computed:.1f} s"
    note = f"{told}; {posted:.0f} single mails a second were asked for meanwhile, {posting.refused} refused"
    yield at_most(
        f"mail to many / 10 min for 100,000 ({place.kind})",
        ours=seconds,
        limit=600 * sizes.mails / TEN_MINUTES_FOR,
        unit="s",
        target=1.0,
        note=f"wall s from pressing send to the last of {sizes.mails:,} mails at the mail server; {note}",
    )
    yield at_least(
        f"single mails out within 10 s, meanwhile / all ({place.kind})",
        ours=soon,
        limit=1.0,
        unit="",
        target=SHARE,
        note=f"of {len(waits):,}; the median after {waits[len(waits) // 2]:.1f} s, the slowest after {waits[-1]:.1f} s",
    )


def computed_by(pid: int) -> float:
    """CPU seconds a process has used, as Linux tells (proc(5): fields 14 and 15 of stat)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def want_mail(place: Place) -> None:
    """Everybody in the city has proved an address and wants letters told there."""
    values = {"now": clock.now().replace(tzinfo=None) if place.kind == "SQLite" else clock.now()}
    with place.database.command("benchmark") as session:
        for statement in (
            "DELETE FROM channel_choices",
            "DELETE FROM mail_addresses",
            "INSERT INTO mail_addresses (resident_id, address, confirmed_at, wanted, tries) "
            "SELECT id, 'r' || addressee_number || '@sink.example', :now, '', 0 FROM residents",
            "INSERT INTO channel_choices (resident_id, channel, visits, applications, letters, security, hourly, paused, "
            "since) SELECT id, 'mail', true, true, true, true, false, '', :now FROM residents",
        ):
            session.execute(text(statement), values if ":now" in statement else {})


def furnish(place: Place) -> tuple[str, str]:
    """(key, template) of a section's program."""
    with place.database.command("benchmark") as session:
        section = staff.section(session, office="honcho", name="benchmark").id
        master = derive_key(place.settings.master, "notify")
        key = keys.make(session, master, section_id=section, name="bench", kind=KeyKind.NORMAL, guests=())
        made = Template(section_id=section, name="ひな形", version=1, saved_at=clock.now())
        session.add(made)
        session.flush()
        content = {"texts": {"ja": {"title": "お知らせ", "body": "((name))さん"}}}
        version = {"version": 1, "content": content, "author_label": "benchmark", "saved_at": clock.now()}
        session.add(TemplateVersion(template_id=made.id, **version))
        templates.choose_kind(session, section, made.id, Kind.EMAIL)
        return key, str(made.id)


@contextmanager
def sink(place: Place) -> Iterator[tuple[Path, dict[str, str]]]:
    """A mail server of its own: (what it took, the settings that lead there)."""
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "taken"
        command = [sys.executable, "-m", "tests.benchmarks.mail_sink", str(log)]
        with subprocess.Popen(command, env=os.environ, stdout=subprocess.PIPE, text=True) as server:
            try:
                assert server.stdout
                port = int(server.stdout.readline())
                yield log, {URL: f"smtp://127.0.0.1:{port}", SENDER: "city@city.example"}
            finally:
                server.terminate()


def send_all(place: Place, log: Path, posting: Posting) -> tuple[float, float]:
    """(seconds until the last of the many was taken, single mails asked for a second meanwhile)."""
    stop = threading.Event()
    posts = threading.Thread(target=posting.go_on, args=(stop,), daemon=True)
    number = fan_out.new_notice(place)
    press_send(place, number)
    began = time.monotonic()
    posts.start()
    fan_out.wait_until(lambda: fan_out.is_sent(place, number))
    last = wait_for(log, "r", told_of(place, number))
    stop.set()
    posts.join()
    posted = (len(posting.asked) + posting.refused) / (time.monotonic() - began)
    wait_for(log, "single-", len(posting.asked), within=2 * SOON)
    return last - began, posted


def told_of(place: Place, number: int) -> int:
    """How many are told of the notice by mail."""
    query = select(func.count()).select_from(Message).where(Message.notice_number == number)
    with place.database.engine.connect() as connection:
        return connection.execute(query).scalar_one()


def wait_for(log: Path, begins: str, many: int, *, within: float = LONGEST) -> float:
    """When the last of so many recipients had their mail, or when the waiting ended."""
    until = time.monotonic() + within
    while True:
        times = [at for to, at in mail_sink.taken(log).items() if to.startswith(begins)]
        if len(times) >= many or time.monotonic() > until:
            return max(times, default=until)
        threading.Event().wait(0.5)
