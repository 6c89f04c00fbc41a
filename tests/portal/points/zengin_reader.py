"""A reader of 総合振込 files of its own, by the field list of the banks' agreement: what a bank's program would see."""

from dataclasses import dataclass

HEADER = (1, 2, 1, 10, 40, 4, 4, 15, 3, 15, 1, 7, 17)
DATA = (1, 4, 15, 3, 15, 4, 1, 7, 30, 10, 1, 20, 1, 1, 7)
TRAILER = (1, 6, 12, 101)
KANA = {chr(code) for code in range(0xFF66, 0xFFA0)} - set("ｧｨｩｪｫｬｭｮｯｰ")
SIGNS = set("0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ ()-./,\\｢｣") | KANA


@dataclass(frozen=True)
class Line:
    bank: str
    branch: str
    deposit: str
    number: str
    holder: str
    yen: int
    reference: str


@dataclass(frozen=True)
class BankFile:
    payer: str
    name: str
    day: str
    lines: list[Line]


def _cut(record: str, widths: tuple[int, ...]) -> list[str]:
    assert sum(widths) == 120
    fields, at = [], 0
    for width in widths:
        fields.append(record[at : at + width])
        at += width
    return fields


def read(content: bytes) -> BankFile:
    """Everything the file says; AssertionError where a bank would send it back."""
    assert content.endswith(b"\r\n")
    records = content[:-2].split(b"\r\n")
    assert all(len(record) == 120 for record in records)  # single bytes of JIS X 0201
    text = [record.decode("shift_jis") for record in records]
    assert set("".join(text)) <= SIGNS
    assert [record[0] for record in text] == ["1", *"2" * (len(text) - 3), "8", "9"]
    head = _cut(text[0], HEADER)
    assert head[1:3] == ["21", "0"]
    lines = []
    for record in text[1:-2]:
        field = _cut(record, DATA)
        assert field[6] in "12"
        assert (field[10], field[12], field[14]) == ("0", "7", " " * 7)
        yen = int(field[9])
        lines.append(Line(field[1], field[3], field[6], field[7], field[8].rstrip(), yen, field[11].rstrip()))
    trailer = _cut(text[-2], TRAILER)
    assert (int(trailer[1]), int(trailer[2])) == (len(lines), sum(line.yen for line in lines))
    assert text[-1] == "9" + " " * 119
    return BankFile(head[3], head[4].rstrip(), head[5], lines)
