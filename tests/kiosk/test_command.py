"""The command as it is started in the ward office: processes, signals, refusals."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from click.testing import CliRunner

from kiosk.__main__ import main
from tests.kiosk.contract_player import ContractPlayer
from tests.patience import PATIENCE, until

ROOT = Path(__file__).parents[2]


@pytest.fixture
def key(tmp_path: Path, player: ContractPlayer) -> Path:
    path = tmp_path / "kiosk-chuo-1.jwk"
    path.write_text(json.dumps(player.key.as_dict(private=True)))
    return path


@pytest.fixture
def running(tmp_path: Path, key: Path, player: ContractPlayer) -> Iterator[tuple[subprocess.Popen[str], str]]:
    command = ["serve", "--bind", "127.0.0.1:0", "--portal-url", player.url, "--key", str(key)]
    command += ["--printer", "simulated", "--state", str(tmp_path / "state"), "--reader", "No Such Reader"]
    process = subprocess.Popen(
        [sys.executable, "-m", "kiosk", *command],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONUNBUFFERED": "1"},
        text=True,
    )
    assert process.stdout is not None
    found = re.search(r"http://\S+", process.stdout.readline())
    assert found
    yield process, found.group(0)
    process.kill()
    process.wait()
    process.stdout.close()


def test_without_its_reader_the_kiosk_is_out_of_service_and_ends_at_once_when_told(
    running: tuple[subprocess.Popen[str], str], player: ContractPlayer
) -> None:
    process, url = running
    until(lambda: player.seen["heartbeat"] > 0, "the portal hears of the kiosk")
    until(lambda: "step-out-of-service" in httpx.get(url).text, "it says so")
    assert httpx.get(f"{url}/healthz").json()["in_service"] is False
    process.send_signal(signal.SIGTERM)
    assert process.wait(PATIENCE) == 0


@pytest.mark.parametrize("bind", ["0.0.0.0:8100", "192.0.2.1:8100", "8100", "127.0.0.1:x"])
def test_the_kiosk_binds_to_loopback_only(key: Path, bind: str) -> None:
    done = CliRunner().invoke(main, ["serve", "--bind", bind, "--key", str(key)])
    assert done.exit_code == 2


def test_a_bad_key_file_is_named_but_not_shown(tmp_path: Path) -> None:
    bad = tmp_path / "bad.jwk"
    bad.write_text('{"kty":"EC","d":"secret-part"}')
    done = CliRunner().invoke(main, ["serve", "--bind", "127.0.0.1:0", "--key", str(bad)])
    assert done.exit_code == 1
    assert "bad.jwk" in done.output
    assert "secret-part" not in done.output
