"""Asking machines that are not ours over HTTP, and coming back: an answer has an end and a length, whoever answers.

The patience of a socket counts for each part that comes: who sends a byte a second is read for ever, and who sends without
end fills the memory. Here the whole call has a time, the head and every part of the content with it, and the content a
length. Nothing is unpacked (a little can be made very much that way), no redirect is followed, no proxy of the environment
is used, and what an answer says is never in the exception.
"""

import asyncio
import json
import socket
from collections.abc import Coroutine, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cache, partial
from ssl import SSLContext
from typing import Any

from portal.core import lookups

STEP, WHOLE = 5.0, 15.0
"""Seconds for each step of a call (reaching the machine, the next part of its answer), and for all of it."""
LONGEST = 64_000
"""Bytes that are read of an answer: those of programs are words and numbers."""


class Silent(ConnectionError):
    """No answer, or none that ends in time and in size; its argument says which."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What an answer may take."""

    step: float = STEP
    whole: float = WHOLE
    longest: int = LONGEST
    reach: float | None = None
    """Seconds for reaching the machine, where they are fewer than those of a step."""


USUAL = Limits()
HIGHEST_PORT = 65_535


@dataclass(frozen=True, slots=True)
class Call:
    """What is asked: *json* or *form* or *content*. *at* is the very address to connect to, where the name of the URL was
    looked up before and must not be again."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict, repr=False)
    json: Any = field(default=None, repr=False)
    form: Mapping[str, str] | None = field(default=None, repr=False)
    content: bytes | None = field(default=None, repr=False)
    basic: tuple[str, str] | None = field(default=None, repr=False)
    at: str = ""


@dataclass(frozen=True, slots=True)
class Heard:
    """An answer, all of it; the names of `headers` are in small letters."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    content: bytes = field(repr=False)

    @property
    def is_good(self) -> bool:
        return 200 <= self.status < 300

    def told(self) -> Any:
        """What it says as JSON. Raises ValueError."""
        try:
            return json.loads(self.content)
        except RecursionError:
            raise ValueError("too deep") from None


def ask(call: Call, limits: Limits = USUAL) -> Heard:
    """The whole answer. Raises Silent."""
    return _done(_call(call, limits, is_read=True))


def knock(call: Call, limits: Limits = USUAL) -> Heard:
    """The head of the answer; its content is of no interest and not read. Raises Silent."""
    return _done(_call(call, limits, is_read=False))


def _done(work: Coroutine[Any, Any, Heard]) -> Heard:
    """In a loop of its own; in a thread of its own where this one has a loop already."""
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return _alone(work)
    with ThreadPoolExecutor(1) as aside:
        return aside.submit(_alone, work).result()


async def asked(call: Call, limits: Limits = USUAL) -> Heard:
    """As `ask`, for those who have a loop already."""
    return await asyncio.to_thread(ask, call, limits)


def _alone(work: Coroutine[Any, Any, Heard]) -> Heard:
    with asyncio.Runner(loop_factory=_Loop) as runner:
        return runner.run(work)


class _Loop(asyncio.SelectorEventLoop):
    """Names are looked up on the call's own time: the library's threads for it would be waited for at the end."""

    async def getaddrinfo(self, *about: Any, **more: Any) -> Any:
        return await asyncio.wrap_future(lookups.begun(partial(socket.getaddrinfo, *about, **more)))


async def _call(call: Call, limits: Limits, *, is_read: bool) -> Heard:
    import httpx  # some megabytes that most processes never need
    from anyio.lowlevel import checkpoint

    await checkpoint()  # what is loaded at the first call is loaded by now, and not on the machine's time
    patience = httpx.Timeout(limits.step, connect=limits.reach or limits.step)
    client = httpx.AsyncClient(timeout=patience, verify=_trust(), follow_redirects=False, trust_env=False)
    try:
        async with asyncio.timeout(limits.whole), client:
            answer = await client.send(_request(client, call), auth=call.basic, stream=True)
            try:
                content = await _read(answer, limits.longest) if is_read else b""
            finally:
                await answer.aclose()
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, OSError) as fault:  # TimeoutError among them
        raise fault if isinstance(fault, Silent) else Silent(type(fault).__name__) from None
    return Heard(answer.status_code, {name.lower(): value for name, value in answer.headers.items()}, content)


@cache
def _trust() -> SSLContext:
    """Whom we believe: read once."""
    import httpx

    return httpx.create_ssl_context(trust_env=False)


def _request(client: Any, call: Call) -> Any:
    headers = {"Accept-Encoding": "identity", **call.headers}
    body = {"json": call.json, "data": call.form, "content": call.content}
    given = {name: value for name, value in body.items() if value is not None}
    request = client.build_request(call.method, call.url, headers=headers, **given)
    if not 0 <= (request.url.port or 0) <= HIGHEST_PORT:
        raise Silent("no such port")
    if call.at:
        name = request.url.raw_host.decode("ascii")
        request.url = request.url.copy_with(host=call.at)
        request.extensions["sni_hostname"] = name
    return request


async def _read(answer: Any, longest: int) -> bytes:
    """As it comes. Raises Silent."""
    content = bytearray()
    async for part in answer.aiter_raw():
        content += part
        if len(content) > longest:
            raise Silent("too long an answer")
    return bytes(content)
