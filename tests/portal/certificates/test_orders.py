"""An order from the choice to the paper, on both databases, with everything that can go wrong on the way."""

from dataclasses import replace
from datetime import date, timedelta
from hashlib import sha256
from uuid import uuid4

import pytest

from portal.certificates import rules, service
from portal.certificates.models import CertificateOrder, CertificatePayment
from portal.certificates.rules import Barrier, Failure, State
from portal.core import clock
from portal.core.actor import Actor, Kind
from portal.core.audit import Purpose, Record
from tests.portal.certificates.at_machines import HANAKO, HOME, give_back, paid, rows, text_of
from tests.portal.certificates.city import (
    MORNING,
    SELF,
    Town,
    at_kiosk,
    coins,
    desk,
    place,
    proof,
)


def test_hanako_gets_the_copy_she_paid_for(kiosk, town, database):
    caller = at_kiosk(HANAKO)
    with clock.freeze(MORNING):
        with kiosk() as session:
            placed = place(session, desk(town), caller, copies=2)
        assert placed.fee == 400
        mine = proof(caller, placed)
        with kiosk() as session:
            assert service.pay(session, desk(town), placed.order_id, mine, coins(400)).state == State.PAID
        with kiosk() as session:
            document = service.render(session, desk(town), placed.order_id, mine)
        with kiosk() as session:
            done = service.printed(session, desk(town), placed.order_id, mine, job="kiosk-17")
    assert done.state == State.PRINTED
    assert done.issue_number == "2026-101-000001"
    assert document.keyword.encode() in document.pdf
    text = text_of(document.pdf)
    for words in (
        HOME.members[0].person.name,
        HOME.members[1].person.name,
        "令和8年11月23日",
        "2026-101-000001",
    ):
        assert words in text
    looks = [(row.subject, row.what, row.case_ref) for row in rows(database, Record) if row.action == "look"]
    both = [(member.resident_id, "certificates.resident-record", placed.reference) for member in HOME.members]
    assert sorted(looks) == sorted(both), "both find it once in who looked at my data"


def test_the_owner_token_is_never_stored(kiosk, town, database):
    with kiosk() as session:
        placed = place(session, desk(town), at_kiosk(HANAKO))
    (row,) = rows(database, CertificateOrder)
    assert placed.owner not in {str(getattr(row, column.key)) for column in CertificateOrder.__table__.columns}
    assert placed.owner not in repr(placed)


def test_offers_name_the_fee_before_anybody_pays(kiosk, town):
    with kiosk() as session:
        offer, *others = service.kinds_for(session, desk(town), at_kiosk(HANAKO))
    assert (offer.fee, offer.available, offer.max_copies) == (200, True, 5)
    assert [(one.kind, one.available) for one in others] == [
        ("record-items", True),
        ("seal", False),
        ("income", False),
        ("tax-payment", False),
    ], "a seal nobody registered and a tax nobody told of cannot be certified"
    assert [option.name for option in offer.options] == ["scope", "relation", "domicile"]


@pytest.mark.parametrize(
    ("facts", "refusal"),
    [
        ({"born_on": date(2015, 1, 1)}, rules.TooYoung),
        ({"left_on": date(2026, 10, 1)}, rules.MovedOut),
        ({"barriers": frozenset({Barrier.PROTECTED})}, rules.OnlyAtWindow),
        ({"name": "架空 한"}, rules.NameNeedsWindow),
    ],
)
def test_whoever_may_not_is_stopped_before_paying(kiosk, town, facts, refusal):
    town.change(HANAKO, **facts)
    with clock.freeze(MORNING), pytest.raises(refusal), kiosk() as session:
        place(session, desk(town), at_kiosk(HANAKO))


def test_protection_of_one_closes_the_machine_for_the_household(kiosk, town):
    town.change(HOME.members[1].resident_id, barriers=frozenset({Barrier.PROTECTED}))
    with kiosk() as session:
        offers = service.kinds_for(session, desk(town), at_kiosk(HANAKO))
    assert {type(offer.why_not) for offer in offers} == {rules.OnlyAtWindow}


def test_somebody_unknown_to_the_register_is_refused(kiosk, town):
    with pytest.raises(rules.NotOnRegister), kiosk() as session:
        place(session, desk(town), at_kiosk(uuid4()))


@pytest.mark.parametrize("step", ["pay", "render", "printed", "failed"])
@pytest.mark.parametrize("what", ["other device", "other order's token", "made up"])
def test_a_stranger_is_stopped_at_every_step(kiosk, town, database, step, what):
    _, mine, order_id = paid(kiosk, town)
    caller, other, _ = paid(kiosk, town)
    strangers = {
        "other device": service.Proof(caller.device_id, mine.owner),
        "other order's token": service.Proof(mine.device_id, other.owner),
        "made up": service.Proof(mine.device_id, "A" * 43),
    }
    steps = {
        "pay": lambda session, who: service.pay(session, desk(town), order_id, who, coins()),
        "render": lambda session, who: service.render(session, desk(town), order_id, who),
        "printed": lambda session, who: service.printed(session, desk(town), order_id, who, job="1"),
        "failed": lambda session, who: give_back(session, town, order_id, who, Failure.STOPPED),
    }
    with pytest.raises(rules.OrderOwnerWrong), kiosk() as session:
        steps[step](session, strangers[what])
    refused = [row for row in rows(database, Record) if row.action == "refused"]
    assert [row.subject for row in refused] == [HANAKO]


CARD, OTHER_CARD = "c1" * 32, "c2" * 32


def with_card(town: Town, card: str = CARD):
    town.cards = {CARD: HANAKO, OTHER_CARD: HOME.members[1].resident_id}
    return replace(at_kiosk(HANAKO), card=card)


def test_the_card_that_was_on_the_reader_is_in_the_papers_own_metadata(kiosk, town):
    _, mine, order_id = paid(kiosk, town, with_card(town))
    with kiosk() as session:
        document = service.render(session, desk(town), order_id, mine)
    mark = sha256(f"{CARD}:{order_id}".encode()).hexdigest()
    assert document.owner == mark, "a machine that read the card computes the same"
    assert f"owner:{mark}".encode() in document.pdf


def test_a_paper_never_leaves_for_the_card_of_somebody_else(kiosk, town):
    """Whatever mixed the sessions up: the bond of cards and people, kept elsewhere, is asked once more."""
    _, mine, order_id = paid(kiosk, town, with_card(town, OTHER_CARD))
    with pytest.raises(rules.OrderOwnerWrong), kiosk() as session:
        service.render(session, desk(town), order_id, mine)


@pytest.mark.parametrize(
    "change",
    [
        {"options": SELF | {"domicile": "yes"}},
        {"kind": "record-items"},
        {"copies": 5},
        {"card": OTHER_CARD},
        {"fee": 0},
        {"delivery": "post"},
    ],
)
def test_an_order_that_asks_for_something_else_than_was_signed_prints_nothing(kiosk, town, change):
    _, mine, order_id = paid(kiosk, town, with_card(town))
    with kiosk() as session:
        row = session.get_one(CertificateOrder, order_id)
        for name, value in change.items():
            setattr(row, name, value)
    with pytest.raises(rules.OrderOwnerWrong), kiosk() as session:
        service.render(session, desk(town), order_id, mine)


def test_a_row_that_came_to_belong_to_somebody_else_prints_nothing(kiosk, town):
    """As at Yokohama 2023: whatever swaps the owner behind our back, the token no longer fits."""
    _, mine, order_id = paid(kiosk, town)
    with kiosk() as session:
        session.get_one(CertificateOrder, order_id).resident_id = HOME.members[1].resident_id
    with pytest.raises(rules.OrderOwnerWrong), kiosk() as session:
        service.render(session, desk(town), order_id, mine)


@pytest.mark.parametrize(
    "change",
    [{"name": "架空 華子"}, {"previous_address": "千葉市緑区架空町2番"}, {"address_since": date(2026, 11, 22)}],
)
def test_register_change_between_order_and_print_stops_the_paper(kiosk, town, change):
    _, mine, order_id = paid(kiosk, town)
    town.change(HANAKO, **change)
    with pytest.raises(rules.RegisterChanged), kiosk() as session:
        service.render(session, desk(town), order_id, mine)
    with kiosk() as session:
        done = give_back(session, town, order_id, mine, Failure.REGISTER_CHANGED)
    assert done.state == State.REFUNDED


def test_protection_set_after_payment_stops_the_paper(kiosk, town):
    _, mine, order_id = paid(kiosk, town)
    town.change(HANAKO, barriers=frozenset({Barrier.PROTECTED}))
    with pytest.raises(rules.OnlyAtWindow), kiosk() as session:
        service.render(session, desk(town), order_id, mine)


def test_a_change_the_paper_does_not_show_stops_nothing(kiosk, town):
    _, mine, order_id = paid(kiosk, town)
    town.change(HOME.members[1].resident_id, name="架空 次郎")
    with kiosk() as session:
        assert service.render(session, desk(town), order_id, mine).pdf


def test_asking_twice_gives_the_same_bytes(kiosk, town):
    _, mine, order_id = paid(kiosk, town)
    with clock.freeze(MORNING), kiosk() as session:
        first = service.render(session, desk(town), order_id, mine)
    with clock.freeze(MORNING + timedelta(days=2)), kiosk() as session:
        again = service.render(session, desk(town), order_id, mine)
    assert first == again


def test_a_get_is_enough_to_fetch_the_paper_and_leaves_its_mark(kiosk, town, database):
    caller, mine, order_id = paid(kiosk, town)
    with database.page(Actor(Kind.CLIENT, caller.device_id), Purpose.CERTIFICATE, writes=False) as session:
        document = service.render(session, desk(town), order_id, mine)
    (row,) = rows(database, CertificateOrder)
    assert (row.state, row.document_sha256) == (State.RENDERED, document.sha256)
    assert any(row.action == "look" for row in rows(database, Record))


def test_paper_drawn_while_the_money_went_back_does_not_leave(kiosk, town, database):
    caller, mine, order_id = paid(kiosk, town)

    def fetch_while_it_is_refunded() -> None:
        with database.page(Actor(Kind.CLIENT, caller.device_id), Purpose.CERTIFICATE, writes=False) as session:
            assert service.render(session, desk(town), order_id, mine).pdf
            with kiosk() as other:
                give_back(other, town, order_id, mine, Failure.STOPPED)

    with pytest.raises(rules.OrderStateWrong):
        fetch_while_it_is_refunded()
    assert [row.state for row in rows(database, CertificateOrder)] == [State.REFUNDED]


def test_a_paid_order_outlives_the_card_session(kiosk, town):
    caller, mine, order_id = paid(kiosk, town)
    with kiosk() as session:
        assert service.abandon(session, caller.session_id) == 0
    with kiosk() as session:
        assert service.render(session, desk(town), order_id, mine).pdf


def test_an_unpaid_order_dies_with_the_card_session(kiosk, town, database):
    caller = at_kiosk(HANAKO)
    with kiosk() as session:
        placed = place(session, desk(town), caller)
    with kiosk() as session:
        assert service.abandon(session, caller.session_id) == 1
    with pytest.raises(rules.OrderStateWrong), kiosk() as session:
        service.pay(session, desk(town), placed.order_id, proof(caller, placed), coins())
    assert rows(database, CertificatePayment) == [], "the machine keeps no money for a dead order"


def test_forgotten_orders_are_cancelled_by_the_worker(kiosk, town, database):
    with clock.freeze(MORNING - timedelta(days=365)), kiosk() as session:
        place(session, desk(town), at_kiosk(HANAKO))
    paid(kiosk, town)
    with database.job("certificates.cancel-forgotten") as session:
        service.cancel_forgotten(session, {})
    assert sorted(row.state for row in rows(database, CertificateOrder)) == ["cancelled", "paid"]


def test_wrong_amount_is_not_taken(kiosk, town):
    caller = at_kiosk(HANAKO)
    with kiosk() as session:
        placed = place(session, desk(town), caller)
    with pytest.raises(rules.AmountWrong), kiosk() as session:
        service.pay(session, desk(town), placed.order_id, proof(caller, placed), coins(100))


def test_one_payment_never_pays_for_two_orders(kiosk, town):
    caller = at_kiosk(HANAKO)
    with kiosk() as session:
        first, second = place(session, desk(town), caller), place(session, desk(town), caller)
    money = coins(200, "CB-1")
    for _ in range(2):
        with kiosk() as session:
            state = service.pay(session, desk(town), first.order_id, proof(caller, first), money).state
        assert state == State.PAID, "the same call again gets the same answer"
    with pytest.raises(rules.PaymentUsed), kiosk() as session:
        service.pay(session, desk(town), second.order_id, proof(caller, second), money)
    with pytest.raises(rules.PaymentUsed), kiosk() as session:
        service.pay(session, desk(town), first.order_id, proof(caller, first), coins(200, "CB-2"))


def test_unpaid_orders_have_no_paper(kiosk, town):
    caller = at_kiosk(HANAKO)
    with kiosk() as session:
        placed = place(session, desk(town), caller)
    with pytest.raises(rules.OrderStateWrong), kiosk() as session:
        service.render(session, desk(town), placed.order_id, proof(caller, placed))


def test_printed_is_final(kiosk, town):
    _, mine, order_id = paid(kiosk, town)
    with kiosk() as session:
        service.render(session, desk(town), order_id, mine)
    for _ in range(2):
        with kiosk() as session:
            assert service.printed(session, desk(town), order_id, mine, job="7").state == State.PRINTED
    with pytest.raises(rules.OrderStateWrong), kiosk() as session:
        give_back(session, town, order_id, mine, Failure.PRINTER_JAM)
    with pytest.raises(rules.OrderStateWrong), kiosk() as session:
        service.render(session, desk(town), order_id, mine)
