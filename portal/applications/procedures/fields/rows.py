"""A question asked once for each of several: children, vehicles, people who move. A row is a mapping by column.

Sent as "kids-rows" (how many rows the page had) and "kids-0-name", "kids-0-born-year" …; rows left empty do not count. Rows
are added and taken out by buttons that send the page ("row" = "add.kids", "remove.kids.1"), so no script is needed.
"""

from collections.abc import Mapping
from typing import Any

from portal.applications.procedures.fields.component import (
    Component,
    KnownFacts,
    NotUnderstood,
    Texts,
    Typed,
    first,
)
from portal.applications.procedures.schema import FormField, Kind
from portal.applications.procedures.words import Fault, fault_of
from portal.core.text import TextRefused

Components = Mapping[Kind, Component]


def column_of(asked: FormField, row: int, column: FormField) -> FormField:
    """A column as the question it is in one row: its inputs carry the row's number, counted from 0."""
    return column.model_copy(update={"name": f"{asked.name}-{row}-{column.name}"})


def count_of(asked: FormField, typed: Typed) -> int:
    """How many rows a page sent; what nobody could have sent counts as none or as the most."""
    sent = first(typed, f"{asked.name}-rows")
    return min(int(sent), asked.most_rows) if sent.isascii() and sent.isdigit() and len(sent) < 4 else 0


def shown_rows(asked: FormField, typed: Typed) -> int:
    """How many rows the page shows: what was there, and at least those that are needed."""
    return min(max(count_of(asked, typed), asked.needed_rows), asked.most_rows)


def press(asked: FormField, typed: Typed, removed: int | None) -> Texts:
    """*typed* with one more row, or without row *removed*; beyond the bounds nothing changes."""
    copy = {name: list(texts) for name, texts in typed.items()}
    count = shown_rows(asked, typed)
    counter = f"{asked.name}-rows"
    if removed is None:
        return copy | {counter: [str(min(count + 1, asked.most_rows))]}
    if not 0 <= removed < count:
        return copy
    begins = f"{asked.name}-"
    kept = {name: texts for name, texts in copy.items() if not name.startswith(begins)}
    for name, texts in copy.items():
        place, _, rest = name.removeprefix(begins).partition("-")
        if name.startswith(begins) and place.isascii() and place.isdigit() and (row := int(place[:4])) != removed:
            kept[f"{begins}{row - (row > removed)}-{rest}"] = texts
    return kept | {counter: [str(count - 1)]}


def component(columns: Components) -> Component:
    """Rows of questions of the kinds in *columns*."""

    def inputs(asked: FormField, typed: Typed) -> tuple[str, ...]:
        rows = range(count_of(asked, typed))
        each = (column_of(asked, row, column) for row in rows for column in asked.columns)
        names = (name for one in each for name in columns[one.type].inputs(one, typed))
        return (f"{asked.name}-rows", *names)

    def filled(asked: FormField, typed: Typed) -> list[int]:
        """The rows somebody typed into, and as many empty ones as are needed beside them."""
        typed_in = {
            row
            for row in range(count_of(asked, typed))
            for column in asked.columns
            if columns[column.type].has_text(column_of(asked, row, column), typed)
        }
        empty = (row for row in range(count_of(asked, typed)) if row not in typed_in)
        short = max(asked.needed_rows - len(typed_in), 0)
        return sorted(typed_in | {row for row, _ in zip(empty, range(short), strict=False)})

    def read_column(asked: FormField, typed: Typed, known: KnownFacts, faults: dict[str, Fault]) -> Any:
        component = columns[asked.type]
        if not component.has_text(asked, typed):
            if asked.required:
                faults[component.first_input(asked)] = fault_of("choose" if component.chosen else "missing")
            return None
        try:
            return component.read(asked, typed, known)
        except NotUnderstood as unclear:
            faults.update(unclear.faults)
        except TextRefused as refused:
            faults[component.first_input(asked)] = fault_of(refused.code, refused.facts)
        return None

    def read(asked: FormField, typed: Typed, known: KnownFacts) -> list[dict[str, Any]]:
        faults: dict[str, Fault] = {}
        found = []
        for row in filled(asked, typed):
            cells = {
                column.name: read_column(column_of(asked, row, column), typed, known, faults)
                for column in asked.columns
            }
            found.append({name: cell for name, cell in cells.items() if cell is not None})
        if len(found) < asked.needed_rows:
            faults[asked.name] = fault_of("rows-too-few", {"count": asked.needed_rows})
        if faults:
            raise NotUnderstood(faults)
        return found

    def again(asked: FormField, answer: list[Mapping[str, Any]]) -> Texts:
        texts: Texts = {f"{asked.name}-rows": [str(len(answer))]}
        for row, cells in enumerate(answer):
            for column in asked.columns:
                if column.name in cells:
                    texts |= columns[column.type].again(column_of(asked, row, column), cells[column.name])
        return texts

    return Component(
        read,
        again,
        nothing=[],
        more_inputs=inputs,
        is_typed=lambda asked, typed: bool(filled(asked, typed)),
    )
