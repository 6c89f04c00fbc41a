"""Base45 (RFC 9285): bytes in the 45 signs that a QR code packs most tightly (ISO/IEC 18004, alphanumeric mode)."""

SIGNS = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"
VALUES = {sign: value for value, sign in enumerate(SIGNS)}


def encode(data: bytes) -> str:
    """Three signs for two bytes, two for a last single one."""
    found = []
    for place in range(0, len(data), 2):
        pair = data[place : place + 2]
        value = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            value, sign = divmod(value, 45)
            found.append(SIGNS[sign])
    return "".join(found)


def decode(text: str) -> bytes:
    """The bytes again. ValueError for what no encoder writes."""
    found = bytearray()
    for place in range(0, len(text), 3):
        group = text[place : place + 3]
        if len(group) == 1 or not set(group) <= VALUES.keys():
            raise ValueError("not base45")
        value = sum(VALUES[sign] * 45**power for power, sign in enumerate(group))
        found += value.to_bytes(len(group) - 1, "big") if value < 256 ** (len(group) - 1) else _too_large()
    return bytes(found)


def _too_large() -> bytes:
    raise ValueError("not base45")
