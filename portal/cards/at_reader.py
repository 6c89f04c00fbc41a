"""Messages between a city card on somebody's reader and the writer, as pages carry them: of staff at a window, of residents
at home. A page holds an order that only this portal can open, made for the one who looks at the page."""

from typing import Any
from uuid import UUID

from flask import Response, g, jsonify, request

from portal.cards import line, rules
from portal.cards.line import Said, Sealed
from portal.core.actor import Actor
from portal.web.hall import hall

KEY = "card-orders"
JOBS = "card-order-jobs"


def seal(order: dict[str, Any], resident_id: UUID, actor: Actor) -> str:
    """The order as the page of *actor* carries it."""
    assert actor.id
    return line.seal(hall().key(KEY), Sealed(order, resident_id, actor.id))


def opened() -> tuple[Sealed, dict[str, Any]]:
    """The order of this message and the message; OrderOver if it is not this person's."""
    said = request.get_json(silent=True)
    if not isinstance(said, dict) or not isinstance(said.get("order"), str):
        raise rules.OrderOver
    order = line.unseal(hall().key(KEY), said["order"])
    if order.member_id != g.actor.id:
        raise rules.OrderOver
    return order, said


def bring(order: Sealed, said: dict[str, Any]) -> Said:
    """One message of the page, brought to the writer; before the transaction begins."""
    settings = hall().settings
    place = (settings.card_writer_url, settings.card_writer_token)
    if "job" not in said:
        return line.begin(*place, order, _pin(said.get("pin")))
    answer, step = said.get("answer"), said.get("step")
    if not isinstance(said["job"], str) or type(step) is not int or not isinstance(answer, str | None):
        raise rules.OrderOver
    job = line.job_of(hall().key(JOBS), said["job"], said["order"])
    return line.go_on(*place, job, step, answer)


def next_command(said: Said) -> Response:
    """What the page is to send to the card; the job goes with this order and no other."""
    order = request.get_json()["order"]
    return jsonify(job=line.bound(hall().key(JOBS), said.job, order), step=said.step, send=said.send)


def _pin(sealed: Any) -> dict[str, str]:
    """A new PIN that the bridge sealed for the writer; the portal cannot open it."""
    if sealed is None:
        return {}
    if not isinstance(sealed, str) or not line.PIN.fullmatch(sealed):
        raise rules.OrderOver
    return {"pin": sealed}
