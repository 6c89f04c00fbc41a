"""Every sentence exists in every language, with the same places to fill."""

import pytest
from babel.messages.catalog import Catalog

from tests.house import catalogues


@pytest.fixture(scope="module")
def wanted() -> Catalog:
    return catalogues.template()


@pytest.mark.parametrize("locale", catalogues.LOCALES)
def test_every_sentence_is_translated(locale: str, wanted: Catalog) -> None:
    assert catalogues.faults(locale, wanted) == []
