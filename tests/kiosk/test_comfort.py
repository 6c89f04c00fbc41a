"""The ways to see and hear: furigana over every word, settings that end with the person, what the machine says."""

from __future__ import annotations

import re
from datetime import date

import pytest
from babel.messages.pofile import read_po
from flask_babel import force_locale, gettext

from kiosk import events as ev
from kiosk import keypad, speech
from kiosk.furigana import annotated, with_furigana
from kiosk.steps import Choice, Kind, NumberOffer, Option, Step
from portal.certificates import kinds, rules
from portal.window.rules import OfficeClosed
from tests.kiosk.catalogues import ROOT
from tests.kiosk.played import Played
from tests.kiosk.whole_kiosk import WholeKiosk

PORTALS_OWN = {"住民票の写し", "?", "self", "no", "yes", "all"}
KANJI = re.compile("[一-鿿々]")


def test_every_sentence_of_the_machine_has_furigana_over_every_kanji() -> None:
    with (ROOT / "translations" / "ja" / "LC_MESSAGES" / "messages.po").open("rb") as file:
        catalogue = read_po(file, locale="ja")
    bare = {}
    for message in catalogue:
        if any(place.startswith("kiosk/") for place, _line in message.locations) and isinstance(message.string, str):
            left = re.sub(r"<ruby>.*?</ruby>|%\(\w+\)s", "", annotated(message.string))
            if KANJI.search(left):
                bare[message.string] = "".join(KANJI.findall(left))
    assert bare == {}


def test_the_longest_word_is_read_and_names_tags_and_other_languages_stay_bare() -> None:
    page = '<html lang="ja"><title>証明書</title><h1>証明書</h1><b lang="zh-Hans">中文証明書</b><i class="証明書">x</i>'
    made = with_furigana(page)
    assert made.count("<ruby>") == 1
    assert "<h1><ruby>証明書<rt>しょうめいしょ</rt></ruby></h1>" in made
    assert '<i class="証明書">' in made


@pytest.mark.parametrize("name", ["large", "contrast", "low", "furigana", "voice", "ear"])
def test_what_one_person_needed_ends_with_that_person(name: str) -> None:
    played = Played().play(ev.ComfortChosen(""), ev.ComfortChosen(name), ev.LanguageChosen("ja"))
    assert getattr(played.journey.comfort, name)
    assert not (name == "ear" and played.journey.choosing_comfort), "in the dark there is nothing to choose from"
    played.play(ev.Next(), ev.CardInserted()).play(ev.CardRead(played.turn, 3), ev.Stop())
    assert getattr(played.journey.comfort, name), "while the card is taken it still helps"
    played.play(ev.CardRemoved(), ev.Next())
    assert (played.step, played.journey.comfort.names) == (Step.WELCOME, ())


def test_who_listens_has_three_minutes() -> None:
    played = Played().play(ev.EarphoneMoved(True), ev.LanguageChosen("ja")).wait(100)
    assert played.step is Step.GUIDE
    assert played.wait(90).step is Step.WELCOME


@pytest.mark.parametrize(
    ("amount", "pieces"),
    [
        (0, ["#0"]),
        (20, ["#20"]),
        (21, ["#20", "#1"]),
        (200, ["#200"]),
        (1250, ["#1000", "#200", "#50"]),
        (1015, ["#1000", "#15"]),
        (9999, ["#9000", "#900", "#90", "#9"]),
    ],
)
def test_numbers_are_joined_from_pieces_every_language_has(amount: int, pieces: list[str]) -> None:
    assert speech.number(amount) == pieces
    assert all(piece in tape for tape in speech.tapes().values() for piece in pieces)


def test_a_digit_chooses_what_the_voice_said_for_it() -> None:
    played = Played().to_confirm().play(ev.Back())
    assert [choice.value for choice in keypad.choices(played.journey)] == ["1", "2", "3", "4", "5"]
    assert keypad.meaning(played.journey, "3") == ev.Chosen("3")
    assert keypad.meaning(played.journey, "9") == ev.Touched()
    assert keypad.meaning(played.journey, keypad.CROSS) == ev.Stop()
    assert keypad.meaning(Played().journey, "6") == ev.LanguageChosen("pt")


@pytest.mark.parametrize("language", ["ja", "en", "zh", "ko", "es", "pt"])
def test_every_sentence_of_the_certificate_journey_was_spoken(kiosk: WholeKiosk, language: str) -> None:
    """Nothing is left out for want of a recording, but what the portal alone knows (names, its own words)."""
    stages = [
        Played().play(ev.LanguageChosen(language)),
        Played().play(ev.LanguageChosen(language), ev.Next()),
        *(
            getattr(Played(), reach)().play(ev.LanguageChosen(language))
            for reach in ("to_pin", "to_menu", "to_confirm", "to_pay", "to_printing")
        ),
    ]
    with kiosk.app.test_request_context(), force_locale(language):
        for played in stages:
            for warning in (False, True):
                journey = played.journey
                pieces = speech.said(journey, fee=200, hours="6:30–23:00", typed_too_few=True, warning=warning)
                unsaid = {piece for tape, piece in pieces if piece not in speech.tapes()[tape]}
                assert unsaid <= PORTALS_OWN


def heard(kiosk: WholeKiosk, language: str, played: Played) -> list[str]:
    """What is on the tapes of what a screen says."""
    with kiosk.app.test_request_context(), force_locale(language):
        pieces = speech.said(played.journey, fee=200, hours="6:30–23:00", typed_too_few=False, warning=False)
    return [piece for tape, piece in pieces if piece in speech.tapes()[tape]]


@pytest.mark.parametrize("language", ["ja", "en", "zh", "ko", "es", "pt"])
def test_who_can_choose_no_certificate_hears_why_and_what_next(kiosk: WholeKiosk, language: str) -> None:
    with kiosk.app.test_request_context(), force_locale(language):
        too_young = gettext(rules.TooYoung.message, age=rules.MIN_AGE), gettext(rules.TooYoung.next_step)
        closed, window = gettext("There is no certificate you can get here."), gettext("Please go to the window.")
    why_not, next_step = too_young
    for said, kind in (
        ([why_not, next_step], Kind("seal", "?", 200, available=False, why_not=why_not, next_step=next_step)),
        ([closed, window], Kind("seal", "?", 200, available=False, why_not="nobody spoke this 7")),
    ):
        played = Played().to_menu().play(ev.LanguageChosen(language), ev.Chosen("certificate"))
        played.play(ev.KindsLoaded(played.turn, (kind,)))
        assert heard(kiosk, language, played)[-2:] == said


@pytest.mark.parametrize("language", ["ja", "en", "zh", "ko", "es", "pt"])
def test_who_can_draw_no_number_hears_why_and_what_next(kiosk: WholeKiosk, language: str) -> None:
    with kiosk.app.test_request_context(), force_locale(language):
        why_not, next_step = gettext(OfficeClosed.message), gettext(OfficeClosed.next_step)
        nothing, window = gettext("No numbers are given at this machine."), gettext("Please go to the window.")
    for said, reason in (([why_not, next_step], why_not), ([nothing, next_step], "from 9:07"), ([nothing, window], "")):
        offer = NumberOffer("tax", "?", 0, 0, 5, reason or "?", next_step if reason else None)
        played = Played().play(ev.LanguageChosen(language), ev.Chosen("number"))
        played.play(ev.OffersLoaded(played.turn, (offer,) * 6))
        assert keypad.choices(played.journey) == ()
        assert heard(kiosk, language, played)[-2:] == said


@pytest.mark.parametrize("language", ["ja", "en", "zh", "ko", "es", "pt"])
def test_every_certificate_its_questions_and_its_answers_were_spoken(kiosk: WholeKiosk, language: str) -> None:
    """Red after a kind got new words: make the tapes again (portal/window/make_voices.py says how)."""
    said = [(kind, kinds.questions(kind, kinds.Channel.KIOSK, date(2026, 11, 22))) for kind in kinds.Kind]
    words = [kinds.NAMES[kind] for kind, _ in said]
    for _, options in said:
        words += [one for option in options for one in (option.label, *(c.label for c in option.choices))]
    with kiosk.app.test_request_context(), force_locale(language):
        unsaid = {one for one in words if "%(" not in one and gettext(one) not in speech.tapes()[language]}
    assert unsaid == set()


def test_a_year_nobody_could_record_is_said_by_its_number() -> None:
    year = Choice("2026", "Fiscal year 2026 (Reiwa 8)")
    income = Kind("income", "Income and tax certificate", 300, (Option("year", "Which year", (year,)),))
    played = Played().to_menu().play(ev.Chosen("certificate"))
    played.play(ev.KindsLoaded(played.turn, (income,)), ev.Chosen("income"))
    pieces = speech.said(played.journey, fee=200, hours="6:30–23:00", typed_too_few=False, warning=False)
    assert [piece for _, piece in pieces][-4:] == ["#1", "#2000", "#20", "#6"]
