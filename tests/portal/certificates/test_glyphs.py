"""The font table is read correctly: variants, plain signs and signs the font does not have."""

import pytest

from portal.certificates.paper import press
from portal.core.glyphs import sequences
from tests.portal.certificates.people import KATSU, TSUJI


def test_sequences_keep_a_selector_with_its_sign():
    assert sequences(f"{KATSU}飾") == [("葛", "\U000e0102"), ("飾", "")]


@pytest.mark.parametrize("name", [KATSU, TSUJI])
def test_registered_variant_has_a_glyph_of_its_own(name: str):
    font = press().name_coverage
    assert font.glyph(name[0], name[1]) not in (None, font.glyph(name[0]))


def test_signs_outside_the_font_are_named():
    font = press().name_coverage
    assert font.undrawable("髙﨑𠮷 ＡＢＣ ・ー") == []
    assert font.undrawable("架空 한") == ["한"]
    assert font.undrawable("葛\U000e0100") == ["葛\U000e0100"], "Adobe-Japan1 selectors belong to other fonts"
