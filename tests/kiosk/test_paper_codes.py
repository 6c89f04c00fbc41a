"""Codes from paper at the kiosk: scanned or typed, for the card on the reader, and never counted twice or lost."""

from __future__ import annotations

from dataclasses import replace

import pytest
from flask_babel import force_locale

from card_reader.simulator.card import SimulatedCard
from kiosk import effects as fx
from kiosk import events as ev
from kiosk import keypad, speech, voice_words
from kiosk.code_steps import LENGTH, ROWS, SIGNS, code_in
from kiosk.point_facts import PaperCode, PointAccount
from kiosk.steps import LANGUAGES, Step
from tests.kiosk.played import HANAKO, Played
from tests.kiosk.test_whole_journey import sign_in
from tests.kiosk.whole_kiosk import WholeKiosk
from tests.patience import until

CODE = "GENK-1000-0019"
SQUARE = f"https://portal.example.jp/points/codes#{CODE}"


def at_entry() -> Played:
    played = Played().to_menu().play(ev.Chosen("points"))
    played.play(ev.PointsLoaded(played.turn, PointAccount(120)), ev.Chosen("paper-code"))
    assert played.step is Step.PAPER_CODE
    return played


def type_it(played: Played, code: str = CODE) -> Played:
    return played.play(*(ev.Chosen(f"sign:{sign}") for sign in code.replace("-", "")))


@pytest.mark.parametrize(
    ("line", "code"),
    [
        (SQUARE, CODE),
        (SQUARE.lower() + "  ", CODE),
        ("http://127.0.0.1:8000/points/codes#GENK10000019", CODE),
        (CODE, ""),
        ("https://portal.example.jp/points/codes?x#", ""),
        (SQUARE + "\n" + CODE, ""),
        ("/points/codes#" + CODE, ""),
        ("https://portal.example.jp/points/codes#" + "9" * 60, ""),
    ],
)
def test_the_square_on_a_sheet_is_told_from_everything_else(line: str, code: str) -> None:
    assert code_in(line) == code


@pytest.mark.parametrize("reach", ["welcome", "guide", "insert", "thanks"])
def test_a_code_without_a_card_waits_and_asks_for_one(reach: str) -> None:
    played = Played()
    if reach in ("guide", "insert"):
        played.play(ev.LanguageChosen("en"), *([ev.Next()] if reach == "insert" else []))
    if reach == "thanks":
        played.to_menu().play(ev.Next(), ev.CardRemoved())
    played.play(ev.CodeScanned(SQUARE))
    assert (played.step, played.journey.paper.waiting) == (Step.INSERT_CARD, CODE)
    assert played.asked(fx.CheckInByCode) == 0, "it is no reservation"
    assert CODE not in repr(played.journey), "a code is in no log"
    played.play(ev.CardInserted())
    played.play(ev.CardRead(played.turn, 3), ev.PinEntered())
    played.play(ev.PinRight(played.turn))
    played.play(ev.SignedIn(played.turn, HANAKO))
    asked = played.effects[-1]
    assert played.step is Step.ENTERING_CODE
    assert asked == fx.EnterCode(played.turn, HANAKO.session, played.journey.language, CODE)
    assert CODE not in repr(asked)
    played.play(ev.CodeEntered(played.turn, 50, 170))
    assert (played.step, played.journey.paper, played.journey.person and played.journey.person.points) == (
        Step.CODE_ENTERED, PaperCode(given=50), 170,
    )  # fmt: skip


@pytest.mark.parametrize("how", [ev.Back(), ev.Stop(), "time"], ids=str)
def test_whoever_has_no_card_leaves_nothing_behind(how: object) -> None:
    played = Played().play(ev.CodeScanned(SQUARE))
    if how == "time":
        played.wait(90)
    else:
        played.play(how)  # type: ignore[arg-type]
    assert played.step is not Step.INSERT_CARD
    assert played.journey.paper == PaperCode()
    assert played.asked(fx.EnterCode) == 0


@pytest.mark.parametrize("reach", ["to_pin", "to_confirm", "to_pay", "to_printing"])
def test_a_square_in_the_middle_of_something_changes_nothing(reach: str) -> None:
    played = getattr(Played(), reach)()
    step, effects = played.step, list(played.effects)
    assert (played.play(ev.CodeScanned(SQUARE)).step, played.effects) == (step, effects)


def test_signed_in_a_square_is_entered_at_once_and_only_once() -> None:
    played = Played().to_menu().play(ev.CodeScanned(SQUARE), ev.CodeScanned(SQUARE))
    assert (played.step, played.asked(fx.EnterCode)) == (Step.ENTERING_CODE, 1)


def test_a_code_is_typed_on_the_screen_and_put_right() -> None:
    played = type_it(at_entry(), "GENK-1000-001")
    turn = played.turn
    assert played.play(ev.Next()).journey.paper.too_few
    played.play(ev.Chosen("sign:8"), ev.Chosen("erase"), ev.Chosen("sign:9"), ev.Chosen("sign:9"), ev.Chosen("sign:l"))
    assert (played.journey.paper.typed, played.turn) == (CODE.replace("-", ""), turn), "quick signs are not lost"
    assert played.play(ev.Next()).effects[-1] == fx.EnterCode(played.turn, HANAKO.session, "ja", CODE)


def test_a_code_is_typed_by_keypad_alone() -> None:
    played = at_entry()
    assert "".join(ROWS) == SIGNS
    for sign in CODE.replace("-", ""):
        row = next(place for place, signs in enumerate(ROWS, start=1) if sign in signs)
        played.play(keypad.meaning(played.journey, str(row)) or ev.Tick())
        assert all(len(one.value) for one in keypad.choices(played.journey))
        place = ROWS[row - 1].index(sign) + 1
        played.play(keypad.meaning(played.journey, str(place)) or ev.Tick())
    assert keypad.choices(played.journey) == ()
    assert played.journey.paper.typed == CODE.replace("-", "")
    for key in (keypad.BAR, "1", keypad.BAR):  # the last sign, a row, and out of the row again
        played.play(keypad.meaning(played.journey, key) or ev.Tick())
    assert (len(played.journey.paper.typed), played.journey.paper.row) == (LENGTH - 1, None)
    for _ in range(LENGTH):
        played.play(keypad.meaning(played.journey, keypad.BAR) or ev.Tick())
    assert played.step is Step.POINTS


def test_what_the_portal_refuses_can_be_put_right_on_the_same_screen() -> None:
    played = type_it(at_entry()).play(ev.Next())
    played.play(ev.Refused(played.turn, "paper-code-unknown", "Not valid.", "", "Compare it."))
    assert (played.step, played.journey.paper.why_not) == (Step.PAPER_CODE, ("Not valid.", "Compare it."))
    assert played.journey.paper.typed == CODE.replace("-", "")
    assert played.play(ev.Chosen("erase")).journey.paper.why_not is None
    assert played.play(ev.Back()).step is Step.POINTS
    expired = type_it(at_entry()).play(ev.Next())
    expired.play(ev.Refused(expired.turn, "session-expired", "Over.", "", "Begin again."))
    assert (expired.step, expired.journey.person) == (Step.NOTICE, None)


@pytest.mark.parametrize(
    "what", [ev.CardRemoved(), ev.Stop(), ev.Refused(0, "portal-unreachable"), "time"], ids=lambda what: str(what)[:12]
)
def test_whatever_breaks_while_a_code_is_entered_says_that_it_is_not_known(what: object) -> None:
    played = type_it(at_entry()).play(ev.Next())
    if what == "time":
        played.wait(60)
    else:
        played.play(ev.Refused(played.turn, what.code) if isinstance(what, ev.Refused) else what)  # type: ignore[arg-type]
    assert played.journey.notice is not None
    assert (played.journey.notice.code, played.journey.person) == ("code-unclear", None)
    assert any(isinstance(effect, fx.EndSession) for effect in played.effects)


def test_a_lost_answer_is_asked_for_again_and_another_scan_is_the_same_call(
    kiosk: WholeKiosk, card: SimulatedCard
) -> None:
    kiosk.scanner.scan(SQUARE)
    kiosk.wait_for(Step.INSERT_CARD)
    kiosk.player.lose_next_answer("enter-code")
    sign_in_again(kiosk, card)
    kiosk.wait_for(Step.CODE_ENTERED)
    assert kiosk.player.seen["enter-code"] == 1
    turn = kiosk.machine.journey.turn
    kiosk.scanner.scan(SQUARE)
    until(lambda: kiosk.machine.journey.turn >= turn + 2, "asked and answered again")
    assert kiosk.player.bodies["enter-code"] == [{"code": CODE}]
    shown = kiosk.app.test_client().get("/", base_url=kiosk.url).get_data(as_text=True)
    assert "50" in shown
    assert CODE not in shown


def sign_in_again(kiosk: WholeKiosk, card: SimulatedCard) -> None:
    """As `sign_in`, from the screen that asks for the card, and to wherever it leads."""
    kiosk.insert(card)
    kiosk.wait_for(Step.PIN)
    kiosk.type_pin("1234")
    kiosk.machine.dispatch(ev.PinEntered())


def test_the_screen_says_whose_the_points_will_be_and_what_to_do_without_a_card(
    kiosk: WholeKiosk, card: SimulatedCard
) -> None:
    kiosk.scanner.scan(SQUARE)
    kiosk.wait_for(Step.INSERT_CARD)
    shown = kiosk.app.test_client().get("/", base_url=kiosk.url).get_data(as_text=True)
    assert all(words in shown for words in ("カードの持ち主", "窓口"))
    assert CODE not in shown
    kiosk.machine.dispatch(ev.Back())
    sign_in(kiosk, card)
    assert kiosk.player.seen["enter-code"] == 0, "the next person's card gets nothing of it"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_sentence_about_codes_is_among_what_is_spoken(kiosk: WholeKiosk, language: str) -> None:
    """The tapes are made of these words (portal/window/make_voices.py says how)."""
    words = voice_words.pieces()[language]
    typing = at_entry().play(ev.Chosen("sign:7"))
    entered = type_it(at_entry()).play(ev.Next())
    entered.play(ev.CodeEntered(entered.turn, 50, 170))
    unclear = type_it(at_entry()).play(ev.Next(), ev.CardRemoved())
    stages = [
        Played().play(ev.CodeScanned(SQUARE)), at_entry(), at_entry().play(ev.Next()), at_entry().play(ev.Chosen("row:1")),
        typing, type_it(at_entry()), type_it(at_entry()).play(ev.Next()), entered, unclear,
    ]  # fmt: skip
    with kiosk.app.test_request_context(), force_locale(language):
        for played in stages:
            journey = replace(played.journey, language=language)
            pieces = speech.said(journey, fee=200, hours="6:30–23:00", typed_too_few=False, warning=False)
            assert pieces
            assert {piece for _tape, piece in pieces if piece not in words} == set()
