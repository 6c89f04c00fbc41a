"""How machines speak with the portal: bearer token, JSON in, JSON or problem out (RFC 6750, 8259, 9457)."""

import json
from collections.abc import Sequence
from datetime import date
from typing import Annotated, Any

from flask import Response, request
from pydantic import BaseModel, Field, ValidationError

from portal.core.actor import STRANGER, Actor, system
from portal.core.audit import Purpose
from portal.core.errors import Refusal
from portal.core.wareki import FIRST_DAY
from portal.core.words import N_
from portal.web.hall import hall

# A day in what a system sends: one that both calendars have.
Day = Annotated[date, Field(ge=FIRST_DAY)]


class BodyNotUnderstood(Refusal):
    code = "body-not-understood"
    status = 422
    message = N_("The message sent is not of the expected form: %(fields)s.")
    next_step = N_("Compare it with /openapi.json and send it again with a new Idempotency-Key.")


def recognise() -> Actor:
    """The machine behind the bearer token, or a stranger."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > 200:
        return STRANGER
    database = hall().database
    with database.page(system("token"), Purpose.OPERATION, writes=False) as session:
        return hall().recognise_client(session, token.strip()) or STRANGER


def read_body(model: type[BaseModel]) -> BaseModel:
    """The request's JSON as *model*; says which fields are wrong, never what was in them."""
    try:
        return model.model_validate_json(request.get_data())
    except ValidationError as error:
        places = _places(error, _sent())
        raise BodyNotUnderstood(fields=", ".join(places), details={"fields": places}) from None


def _sent() -> Any:
    try:
        return json.loads(request.get_data())
    except (ValueError, RecursionError):
        return None


def _places(error: ValidationError, sent: Any) -> list[str]:
    """Where *sent* is wrong: of what lies in each other the innermost."""
    found = {_place(fault["loc"], sent, is_missing=fault["type"] == "missing") for fault in error.errors()}
    outer = {place[:steps] for place in found for steps in range(len(place))}
    return sorted(".".join(map(str, place)) or "JSON" for place in found - outer)


def _place(steps: Sequence[Any], sent: Any, *, is_missing: bool) -> tuple[Any, ...]:
    """The way to a fault as it goes in what was *sent*: the checker also names the branches of its own it tried."""
    way: list[Any] = []
    for step in steps:
        inside = isinstance(sent, dict) and step in sent
        inside = inside or (isinstance(sent, list) and isinstance(step, int) and step < len(sent))
        if inside:
            way, sent = [*way, step], sent[step]
    last = steps[-1] if steps else ""
    return (*way, last) if is_missing and isinstance(sent, dict) and last not in sent else tuple(way)


def write_answer(value: Any, status: int) -> Response:
    """*value* as JSON; a Response (a PDF, say) passes as it is."""
    if isinstance(value, Response):
        return value
    if not isinstance(value, BaseModel):
        raise TypeError(f"an API view answers with a model, not {type(value).__name__}")
    return Response(value.model_dump_json(), status=status, mimetype="application/json")
