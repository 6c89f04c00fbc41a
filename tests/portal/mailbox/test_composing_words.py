"""What a notice says: values for each reader of a list, templates with all their versions, and advice on hard words."""

from typing import Any
from uuid import UUID

import pytest

from portal.core import clock
from portal.core.uow import Database
from portal.core.worker import Worker
from portal.demo import cast
from portal.mailbox import service
from portal.mailbox.composing import drafts, exports, library, people, view
from portal.mailbox.composing.drafts import Content
from portal.mailbox.composing.models import Plan
from portal.mailbox.composing.rules import TypedOver
from portal.residents import service as residents
from tests.portal.mailbox.desk import CLERK, SECOND, TEXTS, acting, city, submitted

__all__ = ["city"]


def test_people_on_a_list_get_their_own_values_and_bad_lines_are_told(city: Database, worker: Worker) -> None:
    hanako, taro = cast.HANAKO.addressee_number, cast.TARO.addressee_number
    typed = f"番号,会場\n{hanako},第一会場\n１,どこか\nabc,どこか\n{hanako},二度目\n{taro}\n{taro},第二会場\n"

    def listed(session: Any) -> tuple[UUID, list[int]]:
        notice = drafts.begin(session, CLERK, Content(texts=TEXTS), readers={people.LISTED: True})
        found = people.look_at(session, typed)
        drafts.settle(session, notice, Content(texts=TEXTS), readers=notice.segment, listed=found, due_on=None)
        return notice.id, [fault.line for fault in found.faults]

    notice_id, bad = acting(city, CLERK, listed)
    assert bad == [3, 4, 5, 6]
    submitted(city, notice_id, over=9)
    worker.run_pending()
    with city.command("look") as session:
        person = residents.find_by_number(session, hanako)
        assert person
        notice = service.draft_of(session, CLERK, notice_id)
        standing = service.standing_of(session, notice, person.id)
        assert standing.fill(TEXTS["ja"]["body"]) == f"{person.known_as} 様\n\n第一会場へお越しください。"
        assert service.numbers(session, notice)[0] == 2
        assert session.get_one(Plan, notice.number).typed == {}, "the pasted numbers are gone"


def test_who_is_on_the_list_and_was_not_reached_is_told_by_number_whatever_the_reason(
    city: Database, worker: Worker
) -> None:
    hanako, taro, ichiro = (person.addressee_number for person in (cast.HANAKO, cast.TARO, cast.ICHIRO))

    def listed(session: Any) -> UUID:
        notice = drafts.begin(session, CLERK, Content(texts=TEXTS), readers={people.LISTED: True})
        found = people.look_at(session, f"番号\n{hanako}\n{taro}\n{ichiro}\n")
        drafts.settle(session, notice, Content(texts=TEXTS), readers=notice.segment, listed=found, due_on=None)
        return notice.id

    notice_id = acting(city, CLERK, listed)
    with city.command("protected and moved") as session:
        for number, facts in ((taro, {"protected": True}), (ichiro, {"moved_out": clock.today()})):
            person = residents.find_by_number(session, number)
            assert person
            for name, fact in facts.items():
                setattr(person, name, fact)
    submitted(city, notice_id, over=9)
    with city.command("look") as session:
        assert exports.not_reached(session, service.draft_of(session, CLERK, notice_id)) == []  # not yet
    worker.run_pending()
    with city.command("look") as session:
        notice = service.draft_of(session, CLERK, notice_id)
        assert sorted(exports.not_reached(session, notice)) == sorted([taro, ichiro])
        table = exports.readers(session, notice, ["番号", "配達", "既読"]).decode()
        assert [line for line in table.splitlines() if line.endswith(",,")] != []


def test_a_value_cannot_open_another_place() -> None:
    from portal.mailbox.composing.placeholders import fill, names

    assert fill("((会場))", {"会場": "((氏名))", "氏名": "秘密"}) == "((氏名))"
    assert names("((氏名)) (x) (( 会場 )) ((氏名))") == ["氏名", "会場"]


def test_templates_keep_every_version_and_refuse_a_blind_save(city: Database) -> None:
    first = Content(texts={"ja": {"title": "ひな形", "body": "一"}})
    second = Content(texts={"ja": {"title": "ひな形", "body": "二"}})

    def begin(session: Any) -> UUID:
        return library.found(session, CLERK, "名前", first).id

    template_id = acting(city, CLERK, begin)

    def save(session: Any) -> int:
        return library.save(
            session, SECOND, library.open_template(session, SECOND, template_id), "名前", second, base=1
        )

    assert acting(city, SECOND, save) == 2
    with pytest.raises(TypedOver):
        acting(
            city,
            CLERK,
            lambda session: library.save(
                session, CLERK, library.open_template(session, CLERK, template_id), "名前", first, base=1
            ),
        )
    with city.command("look") as session:
        template = library.open_template(session, CLERK, template_id)
        found = library.differences(library.version(session, template, 1), library.version(session, template))
        assert [(one.part, one.before, one.after) for one in found] == [("body", [("一", True)], [("二", True)])]


def test_advice_is_given_where_words_are_hard() -> None:
    from portal.mailbox.composing import plain

    hard = "下記の期日までに当該届出書を提出されたい。" * 4
    codes = {hint.code for hint in plain.hints({"ja": {"title": "あ" * 60, "body": hard.replace("。", "、") + "。"}})}
    assert codes == {"easy", "title", "word", "sentence", "kanji"}
    gentle = {"title": "お知らせ", "body": "日よう日に市やくしょへ来てください。"}
    assert plain.hints({"ja": gentle, "easy": gentle}) == []
    assert view.lang("easy") == "ja"
    assert plain.kanji_share("((氏名)) 様へ") == 0.5, "places for each reader are no letters of the text"
