"""A copy of the resident record, warm, against a bare typst compile of the same sheet. CPU time.

Every sheet is another person's: typst remembers what it has set before.
"""

import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count

import typst

from portal.certificates import paper
from portal.certificates.sheets import Scope
from tests.benchmarks.measure import Row, Sizes, at_most, in_turns
from tests.portal.certificates.people import MARKS, family, record

TARGET = 2.0
PEOPLE = 4


class _Kept(paper.Press):
    """A press that shows what it hands to typst."""

    sheet: dict[str, object]

    def _print(self, layout: str, sheet: dict[str, object], at: object, *, tags: bool = True) -> bytes:
        self.sheet = sheet
        return super()._print(layout, sheet, at, tags=tags)  # type: ignore[arg-type]


def rows(sizes: Sizes) -> Iterator[Row]:
    press, numbers = _Kept(), count(1)
    household = record(family(PEOPLE), Scope.HOUSEHOLD)
    fonts = typst.Fonts(include_system_fonts=True, include_embedded_fonts=False)
    compiler = typst.Compiler(root=paper.LAYOUTS, font_paths=fonts)

    def ours() -> bytes:
        return press.resident_record(household, replace(MARKS, issue_number=f"2026-101-{next(numbers):06}"))

    def bare() -> bytes:
        sheet = json.dumps(press.sheet | {"issue_number": f"2026-102-{next(numbers):06}"}, ensure_ascii=False)
        made = compiler.compile(
            input=paper.LAYOUTS / "resident_record.typ",
            format="pdf",
            sys_inputs={"sheet": sheet},
            timestamp=MARKS.issued_at,
            pdf_standards=paper.STANDARD,
            pdf_tags=False,
        )
        assert isinstance(made, bytes)
        return made

    ours()
    cpu = in_turns({"ours": ours, "limit": bare}, rounds=sizes.rounds, repeat=max(1, sizes.calls // 10))
    yield at_most(
        "certificate PDF / bare typst compile",
        ours=cpu["ours"] * 1e3,
        limit=cpu["limit"] * 1e3,
        unit="ms",
        target=TARGET,
        note=f"CPU ms of one copy for a household of {PEOPLE}, kept compiler; ours checks every glyph and draws the 2D code",
    )
