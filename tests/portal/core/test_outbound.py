"""Machines that are not ours are asked with an end: however slowly, how much or what they answer."""

import asyncio
import gzip
import socket
from collections.abc import Callable
from dataclasses import replace
from threading import Event
from typing import Any

import pytest

from portal.core import outbound
from portal.core.outbound import Call, Limits, Silent
from tests.elsewhere import HEAD, MEGABYTES, Serve, dripping, much, serve
from tests.patience import PATIENCE

__all__ = ["serve"]

LITTLE = Limits(step=30.0, whole=0.3, longest=1_000)
"""Whoever stops at the length does not wait for the time, and the other way round: both are small."""
PATIENT = Limits(step=30.0, whole=60.0, longest=1_000)


def why(call: Callable[[], Any]) -> str:
    with pytest.raises(Silent) as silent:
        call()
    return str(silent.value)


# ---- an end and a length ------------------------------------------------------------------


@pytest.mark.parametrize(
    "begins",
    [
        pytest.param(HEAD + b"Content-Length: 900\r\n\r\n", id="content"),
        pytest.param(HEAD + b"\r\n", id="content of no length"),
        pytest.param(HEAD + b"X-Long: ", id="head"),
        pytest.param(b"", id="first line"),
        pytest.param(HEAD + b"Transfer-Encoding: chunked\r\n\r\n", id="length of a chunk"),
    ],
)
def test_a_machine_that_answers_a_byte_at_a_time_is_not_heard_out(serve: Serve, begins: bytes) -> None:
    machine = serve(dripping(begins))
    why(lambda: outbound.ask(Call("GET", machine.url()), LITTLE))


def test_a_head_that_drips_is_not_heard_out_where_only_the_head_is_wanted(serve: Serve) -> None:
    machine = serve(dripping(HEAD + b"X-Long: "))
    assert why(lambda: outbound.knock(Call("POST", machine.url()), LITTLE)) == "TimeoutError"


def test_a_machine_that_says_nothing_is_left(serve: Serve) -> None:
    machine = serve(lambda teller: [teller.server.story.over.wait(), None][1])
    assert why(lambda: outbound.ask(Call("GET", machine.url()), LITTLE)) == "TimeoutError"
    assert why(lambda: outbound.ask(Call("GET", machine.url()), Limits(step=0.2, whole=60.0))).endswith("Timeout")


@pytest.mark.parametrize(
    "begins",
    [
        pytest.param(HEAD + b"Content-Length: 50000000\r\n\r\n", id="said before"),
        pytest.param(HEAD + b"\r\n", id="without end"),
    ],
)
def test_fifty_megabytes_are_not_read(serve: Serve, begins: bytes) -> None:
    machine = serve(much(begins))
    assert why(lambda: outbound.ask(Call("GET", machine.url()), PATIENT)) == "too long an answer"
    assert machine.story.written < MEGABYTES * 1_000_000, "it could not even bring them"


def test_where_only_the_head_is_wanted_the_rest_is_not_read_however_long(serve: Serve) -> None:
    machine = serve(much(HEAD + b"Content-Length: 50000000\r\n\r\n"))
    assert outbound.knock(Call("POST", machine.url()), PATIENT).status == 200


def test_a_head_without_end_is_not_read_either(serve: Serve) -> None:
    machine = serve(much(HEAD + b"X-Long: "))
    assert why(lambda: outbound.ask(Call("GET", machine.url()), PATIENT)) == "RemoteProtocolError"


def test_what_was_made_small_is_not_made_large_again(serve: Serve) -> None:
    """It is asked for as it is; who packs it nevertheless is not unpacked: 50 MB of nothing are 50 kB."""
    packed = gzip.compress(bytes(MEGABYTES * 1_000_000), 1)
    machine = serve(lambda teller: teller.say(packed, Content_Encoding="gzip"))
    heard = outbound.ask(Call("GET", machine.url()), replace(PATIENT, longest=len(packed)))
    assert (heard.content, machine.story.asked[0][2]["Accept-Encoding"]) == (packed, "identity")


def test_the_longest_answer_is_heard_and_one_byte_more_is_not(serve: Serve) -> None:
    machine = serve(lambda teller: teller.say(b"a" * int(teller.path[1:])))
    assert len(outbound.ask(Call("GET", machine.url("/1000")), PATIENT).content) == 1_000
    assert why(lambda: outbound.ask(Call("GET", machine.url("/1001")), PATIENT)) == "too long an answer"


@pytest.mark.parametrize("in_a_loop", [False, True])
def test_a_name_nobody_answers_for_takes_no_longer(monkeypatch: pytest.MonkeyPatch, in_a_loop: bool) -> None:
    """The system's look-up has a patience of its own; what the network says is no code of ours."""
    over, ended = Event(), Event()

    def look(*_about: object, **_more: object) -> list[object]:
        over.wait(PATIENCE)
        ended.set()
        return []

    monkeypatch.setattr(socket, "getaddrinfo", look)
    call = Call("GET", "http://somewhere.invalid/")
    why((lambda: asyncio.run(outbound.asked(call, LITTLE))) if in_a_loop else (lambda: outbound.ask(call, LITTLE)))
    assert not ended.is_set(), "it was not waited for"
    over.set()


def test_a_name_that_is_not_there_is_silence_and_one_that_is_is_asked(serve: Serve) -> None:
    machine = serve(lambda teller: teller.say(b"here"))
    assert why(lambda: outbound.ask(Call("GET", "http://somewhere.invalid/"), PATIENT)) == "ConnectError"
    assert outbound.ask(Call("GET", f"http://localhost:{machine.server_port}/"), PATIENT).content == b"here"


# ---- where it leads -----------------------------------------------------------------------


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_nobody_sends_us_elsewhere(serve: Serve, status: int) -> None:
    machine = serve(lambda teller: teller.say(b"", status, Location="/inside"))
    heard = outbound.ask(Call("POST", machine.url("/outside"), json={"a": 1}), PATIENT)
    assert (heard.status, heard.is_good, [one[1] for one in machine.story.asked]) == (status, False, ["/outside"])


def test_proxies_of_the_environment_are_not_asked(serve: Serve, monkeypatch: pytest.MonkeyPatch) -> None:
    proxy, machine = serve(lambda teller: teller.say(b"proxy")), serve(lambda teller: teller.say(b"machine"))
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, proxy.url())
    monkeypatch.delenv("NO_PROXY", raising=False)
    assert outbound.ask(Call("GET", machine.url()), PATIENT).content == b"machine"
    assert proxy.story.asked == []


def test_the_address_that_was_looked_at_is_the_one_that_is_asked(serve: Serve) -> None:
    """The name is not looked up a second time, when it may say something else; the machine is told the name."""
    machine = serve(lambda teller: teller.say(b"here"))
    call = Call("GET", f"http://somewhere.invalid:{machine.server_port}/a?b=c", at="127.0.0.1")
    assert outbound.ask(call, PATIENT).content == b"here"
    _method, path, headers, _body = machine.story.asked[0]
    assert (path, headers["Host"]) == ("/a?b=c", f"somewhere.invalid:{machine.server_port}")


# ---- what is asked and heard --------------------------------------------------------------


def test_words_forms_and_bytes_arrive_as_they_were_given(serve: Serve) -> None:
    machine = serve(lambda teller: teller.say(b'{"a": [1]}', X_Told="yes"))
    heard = outbound.ask(Call("POST", machine.url(), json={"to": "緑"}), PATIENT)
    assert (heard.told(), heard.headers["x-told"]) == ({"a": [1]}, "yes")
    outbound.ask(Call("POST", machine.url(), form={"code": "a b"}, basic=("city", "secret")), PATIENT)
    outbound.ask(Call("POST", machine.url(), {"Content-Type": "application/x"}, content=b"\0\1"), PATIENT)
    (_, _, first, words), (_, _, second, form), (_, _, third, content) = machine.story.asked
    assert (first["Content-Type"], words.decode()) == ("application/json", '{"to":"緑"}')
    assert (form, second["Authorization"]) == (b"code=a+b", "Basic Y2l0eTpzZWNyZXQ=")
    assert (third["Content-Type"], content) == ("application/x", b"\0\1")


def test_who_has_a_loop_already_is_answered_too(serve: Serve) -> None:
    """A page that is asked for in the thread of a browser's loop, say."""
    machine = serve(lambda teller: teller.say(b"{}"))

    async def within() -> list[int]:
        call = Call("GET", machine.url())
        return [outbound.ask(call, PATIENT).status, outbound.knock(call, PATIENT).status]

    assert asyncio.run(within()) == [200, 200]


@pytest.mark.parametrize("words", [b"", b"no", b"[" * 900, b"\xff\xfe"])
def test_what_is_no_json_is_a_value_error(serve: Serve, words: bytes) -> None:
    machine = serve(lambda teller: teller.say(words))
    heard = outbound.ask(Call("GET", machine.url()), PATIENT)
    with pytest.raises(ValueError):
        heard.told()


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:1/", "ftp://127.0.0.1/", "http://", "http://127.0.0.1:99999/", "http://127.0.0.1:-1/",
        "http://[::1", "no", "http://127.0.0.1:1/\ud800",
    ],
)  # fmt: skip
def test_what_cannot_be_reached_is_silent(url: str) -> None:
    assert why(lambda: outbound.ask(Call("GET", url), PATIENT))


def test_rubbish_is_silence(serve: Serve) -> None:
    machine = serve(lambda teller: [teller.wfile.write(b"\x16\x03\x01 rubbish\r\n\r\n"), None][1])
    assert why(lambda: outbound.ask(Call("GET", machine.url()), PATIENT)) == "RemoteProtocolError"


def test_a_certificate_nobody_vouches_for_is_silence(serve: Serve) -> None:
    machine = serve(lambda teller: teller.say(b"plain"))
    assert why(lambda: outbound.ask(Call("GET", machine.url().replace("http:", "https:")), PATIENT)) == "ConnectError"


def test_neither_what_was_asked_nor_what_was_heard_is_in_words_for_the_log(serve: Serve) -> None:
    machine = serve(lambda teller: teller.say(b"heard 1234"))
    call = Call("POST", machine.url(), {"Authorization": "Bearer 5678"}, json={"name": "花子"}, basic=("me", "9999"))
    said = f"{call!r} {outbound.ask(call, PATIENT)!r}"
    assert not [word for word in ("1234", "5678", "花子", "9999") if word in said]
