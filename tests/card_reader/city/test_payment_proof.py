"""The card's answer to a challenge for one payment: through the real reader chain, and checked by the writer alone."""

from __future__ import annotations

import json
import secrets
from typing import Any

import pytest

from card_reader.errors import CardReplaced, StatusError
from card_reader.key_store import KeyMissing, MasterKeys, demo_masters
from card_reader.loopback import BadRequest, Request
from card_reader.payment_proof import BadProof, Challenge, Proof, is_genuine, prove, read_challenge
from card_reader.pcsc import open_card
from card_reader.scp03 import greet
from card_reader.sessions.city_names import Role
from card_reader.simulator.card import DirectConnection
from card_reader.writer import Writer
from card_reader.writer_keys import FixedVault
from tests.card_reader.city.conftest import opened
from tests.card_reader.conftest import HANAKO, Insert
from tests.card_reader.readers import Readers, card_arrives

CARD = HANAKO.card_id.lower()
TOKEN = "between-portal-and-writer-0123456789"


def challenge() -> Challenge:
    return Challenge(secrets.token_bytes(8), (Role.WRITER,))


def check(proof: Proof, keys: MasterKeys | None = None, **changed: str) -> bool:
    return is_genuine(keys or demo_masters(), {"card": CARD, **proof.shown(), **changed})


@pytest.mark.pcsc
def test_a_card_in_a_reader_answers_and_the_channel_before_ends(readers: Readers, insert: Insert) -> None:
    insert("hanako", 1)
    card_arrives("Test Window")
    with open_card("Test Window") as connection:
        channel = opened(connection, Role.POINTS)
        asked = challenge()
        proof = prove(connection, asked, channel.card_id.hex())
        assert check(proof)
        with pytest.raises(StatusError):
            greet(connection, 0x99, asked.challenge)


def test_an_answer_fits_one_challenge_one_card_and_one_key(card: DirectConnection) -> None:
    proof = prove(card, challenge(), CARD)
    assert check(proof)
    assert not check(proof, challenge=secrets.token_hex(8))
    assert not check(proof, card="00" * 10)
    flipped = bytes([proof.answer[0] ^ 1]) + proof.answer[1:]
    assert not check(proof, answer=flipped.hex())
    assert not check(proof, MasterKeys({Role.WRITER: bytes(16)}))
    with pytest.raises(KeyMissing):
        check(proof, MasterKeys({Role.POINTS: bytes(16)}))
    again = prove(card, Challenge(proof.challenge, (Role.WRITER,)), CARD)
    assert again.answer != proof.answer, "the card adds a challenge of its own"


def test_a_terminals_own_key_makes_no_proof(card: DirectConnection) -> None:
    asked = challenge()
    made = greet(card, Role.POINTS, asked.challenge)
    assert not check(Proof(asked.challenge, Role.WRITER, made.challenge + made.cryptogram))
    with pytest.raises(BadProof):
        check(Proof(asked.challenge, Role.POINTS, made.challenge + made.cryptogram))


def test_another_card_or_one_without_the_keys_gives_none(card: DirectConnection) -> None:
    with pytest.raises(CardReplaced):
        prove(card, challenge(), "ab" * 10)
    newer = Challenge(secrets.token_bytes(8), (Role.WRITER + 0x20, Role.WRITER))
    assert prove(card, newer, CARD).version == Role.WRITER, "it was at no window since the keys were renewed"
    with pytest.raises(StatusError):
        prove(card, Challenge(newer.challenge, (Role.WRITER + 0x20,)), CARD)
    opened(card, Role.ISSUER).suspend()
    with pytest.raises(StatusError):
        prove(card, challenge(), CARD)


@pytest.mark.parametrize(
    "record",
    [{}, {"challenge": "00" * 8}, {"challenge": "00" * 8, "versions": ["14"]}, {"challenge": "zz", "versions": []}],
)
def test_what_is_no_challenge_is_not_brought_to_a_card(record: dict[str, Any]) -> None:
    with pytest.raises(BadProof):
        read_challenge(record)


@pytest.mark.parametrize("part", ["card", "challenge", "version", "answer"])
@pytest.mark.parametrize("rubbish", [None, "", "zz", "14", 7, "00" * 40])
def test_the_writer_takes_rubbish_for_what_it_is(part: str, rubbish: Any) -> None:
    right = {"card": "00" * 10, "challenge": "00" * 8, "version": "21", "answer": "00" * 16}
    assert is_genuine(demo_masters(), right) is False
    with pytest.raises(BadProof):
        is_genuine(demo_masters(), right | {part: rubbish})


def test_the_writer_tells_right_from_wrong_and_no_more(card: DirectConnection) -> None:
    writer = Writer(FixedVault(demo_masters()), token=TOKEN)

    def ask(body: dict[str, Any], token: str = TOKEN) -> Any:
        headers = {"content-type": "application/json", "authorization": f"Bearer {token}"}
        answer = writer(Request("POST", "/v1/proofs", {}, headers, json.dumps(body).encode()))
        return json.loads(answer.body)  # type: ignore[union-attr]

    proof = {"card": CARD, **prove(card, challenge(), CARD).shown()}
    assert ask(proof) == {"genuine": True}
    assert ask(proof | {"answer": "00" * 16}) == {"genuine": False}
    assert ask(proof | {"version": "41"}) in ({"genuine": False}, {"error": "key-missing"})
    for wrong, token, status in ((proof | {"card": 1}, TOKEN, 422), (proof, "guess", 401)):
        with pytest.raises(BadRequest) as refused:
            ask(wrong, token)
        assert refused.value.status == status
