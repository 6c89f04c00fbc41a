"""The portal reads and writes every example of the contract; so does the kiosk (tests/kiosk)."""

import json
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from portal.kiosks import messages

CONTRACT = Path(__file__).resolve().parents[2] / "contract"
CLASSES: dict[tuple[str, str], type[BaseModel]] = {
    ("open-session", "request"): messages.OpenSession,
    ("open-session", "response"): messages.OpenedSession,
    ("present-card", "request"): messages.PresentCard,
    ("present-card", "response"): messages.CardAccepted,
    ("check-in", "request"): messages.CheckIn,
    ("check-in", "response"): messages.CheckedIn,
    ("certificates", "response"): messages.Certificates,
    ("tasks", "response"): messages.Tasks,
    ("card-services", "response"): messages.CardServices,
    ("close-day", "request"): messages.DayCounted,
    ("close-day", "response"): messages.Done,
    ("place-order", "request"): messages.PlaceOrder,
    ("place-order", "response"): messages.OrderPlaced,
    ("order-paid", "request"): messages.OrderPaid,
    ("order-paid", "response"): messages.OrderState,
    ("order-printed", "request"): messages.OrderPrinted,
    ("order-printed", "response"): messages.OrderState,
    ("order-failed", "request"): messages.OrderFailed,
    ("order-failed", "response"): messages.OrderState,
    ("end-session", "request"): messages.Nothing,
    ("end-session", "response"): messages.Done,
    ("number-offers", "response"): messages.NumberOffers,
    ("draw-number", "request"): messages.DrawNumber,
    ("draw-number", "response"): messages.DrawnNumber,
    ("check-in-by-code", "request"): messages.CheckInByCode,
    ("check-in-by-code", "response"): messages.DrawnNumber,
    ("points", "response"): messages.PointsAccount,
    ("redeem", "request"): messages.Redeem,
    ("redeem", "response"): messages.Coupon,
    ("enter-code", "request"): messages.EnterCode,
    ("enter-code", "response"): messages.CodeEntered,
    ("heartbeat", "request"): messages.Heartbeat,
    ("heartbeat", "response"): messages.Commands,
}


def examples() -> list[Any]:
    found = []
    for path in sorted(CONTRACT.glob("*.json")):
        example = json.loads(path.read_text())
        kind = CLASSES.get((example["message"], example["direction"]))
        if kind is not None and example.get("status", 200) < 300:
            found.append(pytest.param(kind, example["body"], id=path.stem))
    return found


@pytest.mark.parametrize(("kind", "body"), examples())
def test_an_example_is_read_and_written_back(kind: type[BaseModel], body: dict[str, Any]) -> None:
    read = kind.model_validate_json(json.dumps(body))
    assert json.loads(read.model_dump_json()) == body


def test_every_message_has_an_example() -> None:
    assert len(examples()) >= len(CLASSES)
