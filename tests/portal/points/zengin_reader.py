"""A reader of 総合振込 files of its own, as strict as a bank's: every field has its length and what may stand in it, N for
digits (right, filled with 0), C for signs (left, filled with spaces). From the lists two banks print for their customers:
群馬銀行「全銀協制定ファイルフォーマット【総合振込】」, 三井住友銀行「ファイルレイアウト 総合振込（全銀形式）」.
"""

from dataclasses import dataclass

HEADER = "N1 N2 N1 N10 C40 N4 N4 C15 N3 C15 N1 N7 C17"
DATA = "N1 N4 C15 N3 C15 N4 N1 N7 C30 N10 N1 {codes} N1 C1 C7"
CODES = {"Y": "C20", " ": "N10 N10"}
"""顧客コード1, 2, or with the mark Y in 識別表示 EDI情報 in their place."""
TRAILER = "N1 N6 N12 C101"
END = "N1 C119"
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


def _cut(record: str, layout: str) -> list[str]:
    fields, at = [], 0
    for kind, width in ((one[0], int(one[1:])) for one in layout.split()):
        field = record[at : at + width]
        assert field.isdigit() if kind == "N" else field == field.lstrip() or not field.strip(), (at + 1, field)
        fields.append(field)
        at += width
    assert at == len(record) == 120
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
        field = _cut(record, DATA.format(codes=CODES[record[112]]))
        assert len(field) == 15, "the reference has letters, so it is EDI information"
        assert field[6] in "12"
        assert (field[5], field[10], field[12], field[14]) == ("0000", "0", "7", " " * 7)
        yen = int(field[9])
        lines.append(Line(field[1], field[3], field[6], field[7], field[8].rstrip(), yen, field[11].rstrip()))
    trailer = _cut(text[-2], TRAILER)
    assert (int(trailer[1]), int(trailer[2])) == (len(lines), sum(line.yen for line in lines))
    assert _cut(text[-1], END) == ["9", " " * 119]
    return BankFile(head[3], head[4].rstrip(), head[5], lines)
