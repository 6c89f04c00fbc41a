"""Somebody at a company signs in through the demo's gBizID, as a browser would."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from urllib.parse import parse_qsl, urlsplit

import httpx
from flask import Flask

from portal.demo.gbizid import Provider
from portal.web.hall import Hall
from tests.browser import Page, Visitor

BusinessClient = Callable[[str], Visitor]


@contextmanager
def provider_running() -> Iterator[Provider]:
    """The provider on a free port."""
    provider = Provider(0)
    thread = Thread(target=provider.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
    thread.start()
    yield provider
    provider.shutdown()
    provider.server_close()
    thread.join()


def trust(app: Flask, provider: Provider) -> None:
    """Let the portal of this test ask *provider*."""
    hall: Hall = app.extensions["portal"]
    told = {"gbizid_issuer": provider.issuer, "gbizid_client_id": provider.client_id}
    settings = hall.settings.model_copy(update={**told, "gbizid_client_secret": _secret(provider)})
    app.extensions["portal"] = Hall(settings, hall.database, hall.recognise_client)


def _secret(provider: Provider) -> object:
    from pydantic import SecretStr

    return SecretStr(provider.client_secret)


def at_provider(visitor: Visitor, subject: str, *, next_page: str = "/business") -> str:
    """Go there and choose who to be; the address the provider sends the browser back to, without its host."""
    answer = visitor.client.get(f"/business/sign-in/gbizid?next={next_page}")
    assert answer.status_code == 303, answer.text
    asked = dict(parse_qsl(urlsplit(answer.headers["Location"]).query))
    assert httpx.get(answer.headers["Location"]).status_code == 200
    chosen = httpx.post(answer.headers["Location"].partition("?")[0], data={**asked, "subject": subject})
    back = urlsplit(chosen.headers["Location"])
    return f"{back.path}?{back.query}"


def sign_in(visitor: Visitor, subject: str, *, next_page: str = "/business") -> Page:
    """All the way; the page after it."""
    page = visitor.get(at_provider(visitor, subject, next_page=next_page))
    return visitor.submit(page, "/business/sign-in/finish")
