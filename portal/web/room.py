"""How a room opens its doors: pages for people, API calls for machines, each with its rule of entry."""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from flask import Blueprint, Response, g, make_response, request
from pydantic import BaseModel
from werkzeug.exceptions import RequestEntityTooLarge

from portal.config import Settings
from portal.core.actor import STRANGER, Actor, Kind
from portal.core.audit import Action, Entry, Purpose, Unit
from portal.core.errors import Refusal
from portal.web import csrf, idempotency, machine
from portal.web.access import Access
from portal.web.hall import hall

View = Callable[..., Any]
LET_RUN_OUT = 100_000_000  # bytes of a refused upload that are read and thrown away


@dataclass(frozen=True, slots=True)
class Door:
    """One declared route: what tests/house/routes.txt and /openapi.json are made of."""

    endpoint: str
    path: str
    methods: tuple[str, ...]
    access: Access
    purpose: Purpose
    body: type[BaseModel] | None = None
    answer: type[BaseModel] | None = None
    status: int = 200
    summary: str = ""
    machine: bool = False
    query: Mapping[str, str] = field(default_factory=dict, hash=False)


@dataclass(frozen=True, slots=True)
class Body:
    """How large a request to a page may be, in bytes by the settings, and what is said when it is larger."""

    limit: Callable[[Settings], int]
    too_large: Callable[[Settings], Refusal]


class Room:
    """A blueprint whose views receive `session` and `actor` and leave transactions to the unit of work."""

    def __init__(self, name: str, import_name: str, prefix: str = "") -> None:
        self.name = name
        self.prefix = prefix
        self.blueprint = Blueprint(name, import_name, url_prefix=prefix or None, template_folder="templates")
        self.doors: list[Door] = []

    def page(
        self,
        path: str,
        *,
        access: Access,
        purpose: Purpose = Purpose.OWN_USE,
        methods: Sequence[str] = ("GET",),
        before: Callable[[], Any] | None = None,
        body: Body | None = None,
    ) -> Callable[[View], View]:
        """Declare a page. The view is called as `view(session=…, actor=…, **url)`; a GET cannot write.

        What is slow on purpose (a password's hash) is done by `before`, after the checks at the door and before
        the transaction begins; the view gets its result as `found`. A page that takes files says by *body* how large
        a request may be.
        """

        def declare(view: View) -> View:
            @functools.wraps(view)
            def wrapped(**url: Any) -> Response:
                actor: Actor = g.actor
                writes = request.method not in csrf.SAFE
                if body is not None:
                    request.max_content_length = body.limit(hall().settings)
                enter(access, actor, purpose, view.__name__)
                if writes:
                    _check_form(body)
                if before is not None:
                    url["found"] = before()
                with hall().database.page(actor, purpose, writes=writes) as session:
                    return make_response(view(session=session, actor=actor, **url))

            self._open(view, wrapped, path, methods)
            self.doors.append(self._door(view, path, methods, access, purpose))
            return view

        return declare

    def deed(self, path: str, *, access: Access, purpose: Purpose = Purpose.OWN_USE) -> Callable[[View], View]:
        """Declare a form that many send at the same moment: the view, called as `view(actor=…, **url)`, writes by
        `hall().database.together`, in one transaction with the others."""

        def declare(view: View) -> View:
            @functools.wraps(view)
            def wrapped(**url: Any) -> Response:
                enter(access, g.actor, purpose, view.__name__)
                csrf.check()
                return make_response(view(actor=g.actor, **url))

            self._open(view, wrapped, path, ("POST",))
            self.doors.append(self._door(view, path, ("POST",), access, purpose))
            return view

        return declare

    def api(
        self,
        path: str,
        *,
        access: Access,
        purpose: Purpose,
        answer: type[BaseModel] | None = None,
        method: str = "GET",
        body: type[BaseModel] | None = None,
        status: int = 200,
        before: Callable[[Any], None] | None = None,
        largest: int | None = None,
        query: Mapping[str, str] | None = None,
    ) -> Callable[[View], View]:
        """Declare a call for machines. The view gets `body` parsed and returns *answer* (or a Response). *largest* is how
        many bytes a request may have, *query* what may stand after the "?" of its address (name → JSON type).

        What asks other machines is done by `before`, with the parsed body and before the transaction begins.
        Every POST needs an Idempotency-Key: the same key with the same body gets the same answer again.
        """

        def declare(view: View) -> View:
            @functools.wraps(view)
            def wrapped(**url: Any) -> Response:
                if largest is not None:
                    request.max_content_length = largest
                actor = machine.recognise()
                enter(access, actor, purpose, view.__name__)
                if body is not None:
                    url["body"] = machine.read_body(body)
                if before is not None:
                    before(url["body"])
                with hall().database.page(actor, purpose, writes=method != "GET") as session:
                    call = functools.partial(view, session=session, actor=actor, **url)
                    if method == "GET":
                        return machine.write_answer(call(), status)
                    return idempotency.once(session, actor, lambda: machine.write_answer(call(), status))

            self._open(view, wrapped, path, (method,))
            door = self._door(view, path, (method,), access, purpose)
            self.doors.append(replace(door, body=body, answer=answer, status=status, machine=True, query=query or {}))
            return view

        return declare

    def protocol(self, path: str, *, purpose: Purpose) -> Callable[[View], View]:
        """Declare the endpoint of a protocol with rules of its own (OAuth's token endpoint, RFC 6749).

        Whoever posts proves who they are inside the message, so there is no CSRF token; what is sent twice is
        refused by the protocol itself (a single-use assertion), so there is no Idempotency-Key.
        """

        def declare(view: View) -> View:
            @functools.wraps(view)
            def wrapped() -> Response:
                with hall().database.page(STRANGER, purpose, writes=True) as session:
                    return make_response(view(session=session))

            self._open(view, wrapped, path, ("POST",))
            self.doors.append(self._door(view, path, ("POST",), Access.PUBLIC, purpose))
            return view

        return declare

    def foreign(
        self,
        path: str,
        *,
        access: Access,
        purpose: Purpose,
        recognise: Callable[[], Actor],
        before: Callable[[], Any] | None = None,
        method: str = "GET",
        largest: int | None = None,
    ) -> Callable[[View], View]:
        """Declare a call of somebody else's protocol: *recognise* says in its way who asks, the room answers in its
        words, and its programs send no Idempotency-Key. What is slow (looking through files) is done by *before*, and
        the view gets its result as `found`. *largest* is how many bytes a request may have.
        """

        def declare(view: View) -> View:
            @functools.wraps(view)
            def wrapped(**url: Any) -> Response:
                if largest is not None:
                    request.max_content_length = largest
                actor = recognise()
                enter(access, actor, purpose, view.__name__)
                if before is not None:
                    url["found"] = before()
                with hall().database.page(actor, purpose, writes=method != "GET") as session:
                    return make_response(view(session=session, actor=actor, **url))

            self._open(view, wrapped, path, (method,))
            self.doors.append(self._door(view, path, (method,), access, purpose))
            return view

        return declare

    def _open(self, view: View, wrapped: View, path: str, methods: Sequence[str]) -> None:
        self.blueprint.add_url_rule(path, view.__name__, wrapped, methods=list(methods))

    def _door(self, view: View, path: str, methods: Sequence[str], access: Access, purpose: Purpose) -> Door:
        summary = (view.__doc__ or "").strip().split("\n")[0]
        endpoint = f"{self.name}.{view.__name__}"
        return Door(endpoint, self.prefix + path, tuple(methods), access, purpose, summary=summary)


def _check_form(body: Body | None) -> None:
    """Read the form and see that it is one of ours; a body that is too large is let run out first, because a browser
    reads no answer before it has sent everything."""
    try:
        csrf.check()
    except RequestEntityTooLarge:
        if body is None:
            raise
        left = min(request.content_length or 0, LET_RUN_OUT)
        while left > 0 and (part := request.environ["wsgi.input"].read(min(left, 65_536))):
            left -= len(part)
        raise body.too_large(hall().settings) from None


def enter(access: Access, actor: Actor, purpose: Purpose, what: str) -> None:
    """Let *actor* in or raise; a signed-in member of staff or machine that was stopped is put on record."""
    try:
        access.check(actor)
    except Refusal as refusal:
        if actor.kind in (Kind.STAFF, Kind.CLIENT):
            unit = Unit(actor, purpose)
            unit.note(Entry(Action.REFUSED, None, f"{what} {refusal.code}"))
            hall().database.record(unit)
        raise


def describe(doors: Sequence[Door]) -> list[str]:
    """One line a door, sorted: method, address, who may enter, room."""
    return sorted(
        f"{method:6} {door.path:60} {door.access!s:34} {door.endpoint.partition('.')[0]}"
        for door in doors
        for method in door.methods
    )
