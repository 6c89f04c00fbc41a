"""Virtual readers as people write them: "Chiba Kiosk:21200,Chiba Window:21210".

"Rack:21220*2" also uses the second slot the driver makes for each reader: eight of these are sixteen readers, all that
pcsc-lite holds.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

DRIVERS = Path("/usr/lib/pcsc/drivers/serial")  # Debian's folder
DEFAULT = "Chiba Kiosk:21200,Chiba Window:21210"
READER_LIMIT = 8  # entries; each makes two readers and pcsc-lite holds sixteen


class BadReaders(ValueError):
    """The list of readers cannot be used."""


@dataclass(frozen=True, slots=True)
class ReaderPort:
    """A virtual reader; its second slot takes the port after `port`, whether it is used (`slots` 2) or not."""

    name: str
    port: int
    slots: int = 1


def read_ports(text: str) -> list[ReaderPort]:
    """Read NAME:PORT or NAME:PORT*2. Ports lie below 32768, where the system does not pick ports of its own."""
    readers = []
    for part in text.split(","):
        name, _, rest = part.strip().rpartition(":")
        port, _, slots = rest.partition("*")
        if not name or '"' in name or len(name) > 60 or not port.isdigit() or not 1024 < int(port) < 32767:
            raise BadReaders(f"{part.strip()!r} is not NAME:PORT with a port between 1025 and 32766")
        if rest != port and slots not in {"1", "2"}:
            raise BadReaders(f"{part.strip()!r}: a reader has one slot or two (NAME:PORT*2)")
        readers.append(ReaderPort(name.strip(), int(port), int(slots or 1)))
    taken = [port for reader in readers for port in (reader.port, reader.port + 1)]
    if len(set(taken)) != len(taken) or len({reader.name for reader in readers}) != len(readers):
        raise BadReaders("each reader needs a name of its own and two ports of its own (PORT and PORT+1)")
    if len(readers) > READER_LIMIT:
        raise BadReaders(f"at most {READER_LIMIT} readers fit into one PC/SC service")
    return readers


def each_slot(readers: list[ReaderPort]) -> list[ReaderPort]:
    """Return every slot that is used as a reader of its own, named as PC/SC names it where it is the second."""
    slots = []
    for reader in readers:
        slots.append(ReaderPort(reader.name, reader.port))
        if reader.slots == 2:
            slots.append(ReaderPort(f"{reader.name} 00 01", reader.port + 1))
    return slots


def choose(readers: list[ReaderPort], wanted: str) -> int:
    """Return the index of a reader named by number (1 is the first) or by the beginning of its name."""
    if wanted.isdigit() and 1 <= int(wanted) <= len(readers):
        return int(wanted) - 1
    for index, reader in enumerate(readers):
        if reader.name == wanted:
            return index
    for index, reader in enumerate(readers):
        if wanted and (reader.name.casefold().startswith(wanted.casefold()) or wanted.startswith(reader.name)):
            return index
    raise BadReaders(f"no reader {wanted!r}; there are {', '.join(reader.name for reader in readers)}")
