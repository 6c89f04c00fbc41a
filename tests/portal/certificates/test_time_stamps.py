"""The stamp of an authority on delivered files: OpenSSL makes it and checks it, ours only asks and keeps."""

import hashlib
import io
import re
import subprocess
import tempfile
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from pydantic import SecretStr
from pyhanko.sign.timestamps import TimeStamper

from portal import wiring
from portal.certificates.models import CertificateOrder
from portal.certificates.online.models import TimeStamp
from portal.certificates.sealing import reading, time_stamp
from portal.certificates.sealing.pdf_seal import Update
from portal.certificates.sealing.time_stamp import StampMissing
from portal.config import Settings
from portal.core import clock, outbox
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo.time_stamps import Authority
from portal.web.hall import Hall
from tests.browser import Visitor
from tests.portal.certificates.archive import faults
from tests.portal.certificates.at_machines import rows
from tests.portal.certificates.papers import drawn, every_kind, published
from tests.portal.certificates.test_online import chosen, ordered


@pytest.fixture(scope="module")
def authority() -> Iterator[Authority]:
    with tempfile.TemporaryDirectory() as folder, Authority(0, Path(folder)) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def work(app: Flask, database: Database, authority: Authority) -> Callable[[], None]:
    """The worker of a city with an authority does all there is to do now."""
    hall: Hall = app.extensions["portal"]
    settings = hall.settings.model_copy(update={"time_stamp_url": SecretStr(authority.url)})
    return lambda: Worker(database, wiring.work(settings)).run_pending()


def delivered(hanako: Visitor) -> tuple[str, bytes]:
    """The page and the file of a certificate that came to the mailbox."""
    done = chosen(hanako, ordered(hanako, purpose="pension"), "")
    return done.path, hanako.get(f"{done.path}/certificate.pdf").body


def test_a_stamped_file_is_the_old_one_with_a_stamp_that_others_find_right(
    authority: Authority, tmp_path: Path
) -> None:
    pdf = drawn(every_kind()["seal"])
    content, stamp = time_stamp.stamped(pdf, time_stamp.Authority(authority.url))
    assert content.startswith(pdf)
    assert len(content) <= 100_000
    assert faults(content) == []
    found = reading.read(content, published())
    assert found.genuine
    assert [one.note for one in found.findings if one.what == "time stamp"] == [
        f"{stamp.at.isoformat()} by 架空の時刻認証局"
    ]
    _openssl_agrees(content, authority.certificate, tmp_path)


def _openssl_agrees(content: bytes, root: bytes, folder: Path) -> None:
    """The token is of just those bytes its range names, which is all of the file but the token."""
    *_, found = re.finditer(rb"/ByteRange\s*\[\s*0 (\d+) (\d+) (\d+)\s*\]", content)
    size, after, rest = map(int, found.groups())
    assert after + rest == len(content)
    token = bytes.fromhex(content[size + 1 : after - 1].decode())
    (folder / "token").write_bytes(token)
    (folder / "root").write_bytes(root)
    digest = hashlib.sha256(content[:size] + content[after:]).hexdigest()
    command = f"openssl ts -verify -digest {digest} -in token -token_in -CAfile root"
    ran = subprocess.run(command.split(), cwd=folder, capture_output=True, check=False)
    assert b"Verification: OK" in ran.stderr + ran.stdout, ran.stderr


def _of_another_file(content: bytes) -> bytes:
    """A sign within the stamped part changed: the stamp is of another file then, and the seal too."""
    place = content.index(b"stream") + 20
    return content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]


def _written_after(content: bytes) -> bytes:
    writer = Update(io.BytesIO(content))
    writer.update_root()
    out = io.BytesIO()
    writer.write(out)
    return out.getvalue()


@pytest.mark.parametrize("meddle", [_of_another_file, _written_after])
def test_a_stamp_of_another_file_is_found_out(authority: Authority, meddle: Callable[[bytes], bytes]) -> None:
    content, _ = time_stamp.stamped(drawn(every_kind()["seal"]), time_stamp.Authority(authority.url))
    assert not reading.read(meddle(content), published()).genuine


class _Replays(time_stamp.Authority):
    """Answers everything with the stamp of something else."""

    async def async_request_tsa_response(self, req: object) -> object:  # type: ignore[override]
        _, other = self.request_cms(hashlib.sha256(b"another file").digest(), "sha256")
        other["nonce"] = req["nonce"]  # type: ignore[index]
        return await super().async_request_tsa_response(other)


def test_what_is_no_stamp_of_this_file_is_not_taken(authority: Authority) -> None:
    pdf = drawn(every_kind()["seal"])
    asked: list[TimeStamper] = [_Replays(authority.url), time_stamp.Authority("http://127.0.0.1:9/")]
    for one in asked:
        with pytest.raises(StampMissing):
            time_stamp.stamped(pdf, one)


def test_a_delivered_file_gets_its_stamp_and_both_files_are_known(
    hanako: Visitor, database: Database, work: Callable[[], None], authority: Authority
) -> None:
    path, before = delivered(hanako)
    work()
    after = hanako.get(f"{path}/certificate.pdf").body
    assert after.startswith(before)
    assert len(after) > len(before)
    (stamp,) = rows(database, TimeStamp)
    assert stamp.sha256 == hashlib.sha256(after).hexdigest()
    assert "架空の時刻認証局" in hanako.get(path).text
    for file in (before, after):
        answer = hanako.submit(hanako.get("/verify"), "/verify/file", file=(io.BytesIO(file), "certificate.pdf"))
        assert "本物" in answer.text
    work()
    assert len(rows(database, TimeStamp)) == 1


def test_a_silent_authority_stops_nothing_and_is_asked_again(
    hanako: Visitor, database: Database, work: Callable[[], None], authority: Authority
) -> None:
    authority.refuses = True
    path, before = delivered(hanako)
    work()
    assert hanako.get(f"{path}/certificate.pdf").body == before
    assert rows(database, CertificateOrder)[0].state == "printed"
    assert rows(database, TimeStamp) == []
    authority.refuses = False
    with clock.freeze(clock.now() + outbox.LEASE):
        work()
    assert hanako.get(f"{path}/certificate.pdf").body != before


def test_without_an_authority_nothing_is_asked(hanako: Visitor, app: Flask, database: Database) -> None:
    path, before = delivered(hanako)
    Worker(database, wiring.work(app.extensions["portal"].settings)).run_pending()
    assert hanako.get(f"{path}/certificate.pdf").body == before
    assert rows(database, TimeStamp) == []


def test_a_file_that_ended_meanwhile_needs_no_stamp(
    hanako: Visitor, database: Database, work: Callable[[], None]
) -> None:
    path, _ = delivered(hanako)
    with clock.freeze(clock.now() + wiring.online_certificates.rules.FILE_KEPT * 1.1):
        with database.command("worker") as session:
            wiring.WORK["certificates.forget-files"](session, {})
        work()
    assert hanako.get(f"{path}/certificate.pdf").status == 404
    assert rows(database, TimeStamp) == []


@pytest.mark.parametrize("url", ["ftp://time.example/", "time.example", "http://name:word@time.example/"])
def test_an_address_that_cannot_work_is_told_at_the_start(url: str) -> None:
    with pytest.raises(ValueError, match="PORTAL_TIME_STAMP_URL"):
        Settings(time_stamp_url=SecretStr(url))
