"""What a till says: the refusal in its own language and the next step, in lines that fit, with no name broken inside."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from card_reader import city_commands, till_command, till_words
from card_reader.connection import Connection
from card_reader.simulator.card import DirectConnection
from card_reader.terminal import Reading, Verdict
from card_reader.terminal_till import take
from card_reader.till_words import fitted, language, said, tell, width
from card_reader.words import TROUBLES
from portal.core.uow import Database
from portal.points.partners import rules
from portal.points.rules import Rank
from tests.portal.points.shops import touch
from tests.portal.points.till import Till, card_of


def refused(till: Till, lang: str) -> dict[str, Any]:
    """花子 has 6,000 points; her card has paid as much as a card pays in a day."""
    card: Connection = DirectConnection(card_of())
    till.line._http.headers["Accept-Language"] = lang
    return take(till.line, card, till.terminal.read(card), 250)


@pytest.mark.parametrize(
    ("lang", "words", "step"),
    [
        ("ja", "1回3,000ポイント、1日5,000ポイント", "クーポン"),
        ("en", "up to 3,000 points at once and 5,000 a day", "For more, the holder gets a coupon"),
        ("pt", "5.000", "cup"),
    ],
)
def test_the_till_says_why_the_portal_refused_and_what_to_do(
    till: Till, town: Database, shop: Any, capsys: pytest.CaptureFixture[str], lang: str, words: str, step: str
) -> None:
    for points in (3_000, 2_000):
        touch(town, shop, points)
    shown = refused(till, lang)
    tell(shown, False, lang)
    out = capsys.readouterr().out.strip()
    assert words in shown["words"]
    assert step in shown["next_step"]
    assert out == f"{shown['words']} {shown['next_step']} ({rules.TouchLimit.code})"
    tell(shown, True, lang)
    assert json.loads(capsys.readouterr().out) == shown


def test_the_commands_say_it(till: Till, town: Database, shop: Any, capsys: pytest.CaptureFixture[str]) -> None:
    card: Connection = DirectConnection(card_of())
    pay = city_commands._till(till.line, "points", 3_000, False, "ja")
    coupons = city_commands._coupons(till.line, "points", True, False, "ko")
    assert pay
    assert coupons
    for points in (3_000, 2_000):
        touch(town, shop, points)
    assert pay(card, till.terminal.read(card)) is False, "--once ends with another status"
    said_of_points = capsys.readouterr().out
    assert coupons(card, till.terminal.read(card)) is False
    said_of_coupons = capsys.readouterr().out
    assert said_of_points.endswith(f"({rules.TouchLimit.code})\n")
    assert said_of_coupons.startswith("이 가게에서 쓸 수 있는 쿠폰이 없습니다.")


def test_what_only_the_till_knows_is_said_in_every_language(capsys: pytest.CaptureFixture[str]) -> None:
    for lang in till_words.LANGUAGES:
        ours = till_words.WORDS[lang]
        for code in ("portal-unreached", "card-removed", "card-replaced", "no-coupon-here", "none-chosen"):
            assert said({"refused": code}, lang)["words"] == ours[code][0]
        assert said({"refused": "status-error"}, lang)["words"] == ours["card"][0]
        assert said({"refused": "413"}, lang)["words"] == ours["refused"][0]
        tell({"unknown": "ReadTimeout"}, True, lang)
        told = capsys.readouterr()
        assert (told.out, ours["unknown"][0] in told.err, "ReadTimeout" in told.err) == ("", True, True)


def test_what_was_taken_is_said_in_words_and_to_programs_as_before(capsys: pytest.CaptureFixture[str]) -> None:
    paid = {"reference": "K7QM-3XPR-T2WH", "points": 250}
    used = paid | {"title": "市民プール"}
    for lang in till_words.LANGUAGES:
        for shown, words in ((paid, "250"), (used, "市民プール")):
            assert tell(shown, False, lang)
            out = capsys.readouterr().out
            assert words in out
            assert out.endswith("(K7QM-3XPR-T2WH)\n")
            tell(shown, True, lang)
            assert json.loads(capsys.readouterr().out) == shown
    tell(paid, False, "ja")
    assert capsys.readouterr().out == "250ポイントの支払いを受け取りました。 (K7QM-3XPR-T2WH)\n"


def test_a_payment_that_went_through_is_done_and_said(
    till: Till, shop: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    card: Connection = DirectConnection(card_of())
    pay = city_commands._till(till.line, "points", 300, False, "zh")
    assert pay
    assert pay(card, till.terminal.read(card))
    assert capsys.readouterr().out.startswith("已收取300积分。 (")


def test_every_verdict_and_trouble_is_said_in_every_language(capsys: pytest.CaptureFixture[str]) -> None:
    for lang in till_words.LANGUAGES:
        ours = till_words.WORDS[lang]
        for verdict in Verdict:
            one = Reading(verdict, "points", "2026-11-23T12:00:00Z", id="8VJH-RE35-D0JY")
            city_commands._print(one, False, False, "", lang)
            out = capsys.readouterr().out
            assert out.startswith(ours[f"verdict-{verdict}"][0])
            assert out.endswith("(8VJH-RE35-D0JY)\n")
        for trouble in TROUBLES:
            one = Reading(Verdict.NO_KEYS, "points", "2026-11-23T12:00:00Z")
            city_commands._print(one, False, False, trouble, lang)
            assert capsys.readouterr().out.startswith(ours[f"trouble-{trouble}"][0])
        for name in Rank:
            assert till_words.rank_words(name, lang) == ours["rank"][0].format(rank=ours[f"rank-{name}"][0])


@pytest.mark.parametrize(("deeds", "done"), [((True, True), True), ((False, True), False), ((True, False), False)])
def test_with_a_refused_payment_the_rest_is_still_done(till: Till, deeds: tuple[bool, ...], done: bool) -> None:
    card: Connection = DirectConnection(card_of())
    asked: list[bool] = []

    def deed(came_off: bool) -> Callable[[Connection, Reading], bool]:
        def do(_connection: Connection, _reading: Reading) -> bool:
            asked.append(came_off)
            return came_off

        return do

    together = till_command.all_of(*(deed(one) for one in deeds))
    assert together
    assert together(card, till.terminal.read(card)) is done
    assert tuple(asked) == deeds


def test_all_languages_say_the_same_things() -> None:
    assert set(till_words.LANGUAGES) == {"ja", "en", "zh", "ko", "es", "pt"}
    for words in till_words.WORDS.values():
        assert set(words) == set(till_words.WORDS["ja"])
        assert all(text for text, _step in words.values())


@pytest.mark.parametrize(
    ("wished", "machine", "spoken"),
    [
        ("ko", "ja_JP.UTF-8", "ko"),
        ("", "ja_JP.UTF-8", "ja"),
        ("", "C.UTF-8", "en"),
        ("", "", "en"),
        ("", "fr_FR", "en"),
    ],
)
def test_the_till_speaks_as_its_machine_does(wished: str, machine: str, spoken: str) -> None:
    assert language(wished, {"LANG": machine}) == spoken


def test_a_shop_is_not_broken_in_the_middle_of_its_name() -> None:
    text = "1: みどりベーカリーの引換券、市民プールの回数券、300 points, 2 until 2026-12-31"
    assert fitted(text, 24) == [
        "1: みどりベーカリーの",
        "引換券、市民プールの",
        "回数券、300 points, 2",
        "until 2026-12-31",
    ]
    for columns in range(20, 90):
        lines = fitted(text, columns)
        assert "".join(lines).replace(" ", "") == text.replace(" ", "")
        assert all(width(line) <= columns for line in lines)
        assert not any(line[0] in "、。）ー" for line in lines)
    assert fitted("アイスクリームショップウミカゼドオリ店へ", 20)[0] == "アイスクリームショッ"


def test_without_a_screen_nothing_is_broken(capsys: pytest.CaptureFixture[str]) -> None:
    """*capsys* stands for a program that reads what the till says."""
    text = "みどりベーカリー " * 40
    assert fitted(text) == [text]
