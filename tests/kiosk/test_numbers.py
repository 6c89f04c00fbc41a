"""A number for a window at the kiosk: no card, no name; the slip is printed, and the screen is enough without it."""

from __future__ import annotations

from kiosk import events as ev
from kiosk.steps import Step
from tests.kiosk.whole_kiosk import WholeKiosk


def choose(kiosk: WholeKiosk) -> None:
    kiosk.machine.dispatch(ev.LanguageChosen("zh"))
    kiosk.machine.dispatch(ev.Chosen("number"))
    kiosk.wait_for(Step.NUMBER_KIND)


def test_a_number_is_drawn_and_its_slip_printed_without_a_card(kiosk: WholeKiosk) -> None:
    choose(kiosk)
    machine = kiosk.machine
    machine.dispatch(ev.Chosen("welfare"))  # no number is given there any more
    assert machine.journey.step is Step.NUMBER_KIND
    machine.dispatch(ev.Chosen("more"))
    assert machine.journey.offers_from == 5
    machine.dispatch(ev.Back())
    assert machine.journey.offers_from == 0
    machine.dispatch(ev.Chosen("resident-affairs"))
    kiosk.wait_for(Step.NUMBER)
    drawn = machine.journey.drawn
    assert drawn is not None
    assert (drawn.number, drawn.printed) == ("A012", True)
    assert len(list(kiosk.printer.folder.glob("*.pdf"))) == 1
    assert set(kiosk.player.languages) >= {"zh"}
    page = kiosk.app.test_client().get("/", base_url=kiosk.url).get_data(as_text=True)
    assert "A012" in page
    assert "<svg" in page
    assert drawn.token not in page
    machine.dispatch(ev.Next())
    assert (machine.journey.step, machine.journey.drawn) == (Step.WELCOME, None)


def test_without_paper_the_number_stands_on_the_screen(kiosk: WholeKiosk) -> None:
    kiosk.printer.jam()
    choose(kiosk)
    kiosk.machine.dispatch(ev.Chosen("resident-affairs"))
    kiosk.wait_for(Step.NUMBER)
    assert kiosk.machine.journey.drawn is not None
    assert kiosk.machine.journey.drawn.printed is False


def test_a_refusal_is_said_and_a_card_does_not_disturb(kiosk: WholeKiosk) -> None:
    kiosk.player.answer_with("draw-number", "problem-session-expired.response")
    choose(kiosk)
    kiosk.machine.dispatch(ev.CardRemoved())
    assert kiosk.machine.journey.step is Step.NUMBER_KIND
    kiosk.machine.dispatch(ev.Chosen("resident-affairs"))
    kiosk.wait_for(Step.NOTICE)
    assert kiosk.player.seen["number-slip"] == 0
