"""Reference numbers read aloud and typed again."""

import pytest

from portal.core import reference
from portal.core.text import TextRefused

SAMPLES = [reference.new_reference() for _ in range(40)] + ["K7QM-3XPR-T2WH"]


def test_the_alphabet_has_no_look_alikes():
    assert len(set(reference.ALPHABET)) == 31
    assert not set(reference.ALPHABET) & set("BILOS")


def test_references_are_grouped_sound_and_fresh():
    assert len(set(SAMPLES)) == len(SAMPLES)
    for sample in SAMPLES:
        assert [len(group) for group in sample.split("-")] == [4, 4, 4]
        assert reference.read_reference(sample) == sample


@pytest.mark.parametrize(
    "typed",
    ["k7qm3xprt2wh", "K7QM 3XPR T2WH", "Ｋ７ＱＭ−３ＸＰＲ−Ｔ２ＷＨ", "k7qmー3xprーt2wh", " K7QM-3XPRT2WH\n"],
)
def test_however_it_is_typed(typed):
    assert reference.read_reference(typed) == "K7QM-3XPR-T2WH"


def test_look_alikes_are_read_as_what_they_look_like():
    body = "01158ACDEFG"
    written = body + reference.check_sign(body)
    typed = written.replace("01158", "OiLsb")
    assert reference.read_reference(typed) == reference.group(written)


@pytest.mark.parametrize("sample", SAMPLES, ids=range(len(SAMPLES)))
def test_every_single_wrong_sign_is_noticed(sample):
    signs = sample.replace("-", "")
    for place, right in enumerate(signs):
        for wrong in reference.ALPHABET.replace(right, ""):
            assert not reference.is_sound(signs[:place] + wrong + signs[place + 1 :])


@pytest.mark.parametrize("sample", SAMPLES, ids=range(len(SAMPLES)))
def test_every_swap_of_two_signs_is_noticed(sample):
    signs = list(sample.replace("-", ""))
    for first in range(12):
        for second in range(first + 1, 12):
            if signs[first] != signs[second]:
                swapped = signs.copy()
                swapped[first], swapped[second] = swapped[second], swapped[first]
                assert not reference.is_sound("".join(swapped))


@pytest.mark.parametrize(
    ("typed", "code"),
    [
        ("K7QM-3XPR-T2W", "reference-wrong-length"),
        ("K7QM-3XPR-T2WK", "reference-mistyped"),
        ("7KQM-3XPR-T2WH", "reference-mistyped"),
        ("K7QM-3XPR-T2W山", "reference-unknown-sign"),
        ("0000-0000-0000", "reference-mistyped"),
        ("", "text-empty"),
    ],
)
def test_a_slip_is_named(typed, code):
    with pytest.raises(TextRefused) as refused:
        reference.read_reference(typed)
    assert refused.value.code == code
