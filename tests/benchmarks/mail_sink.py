"""A mail server that takes everything and notes when: `python -m tests.benchmarks.mail_sink LOG`.

Prints its port; writes one line a mail: the recipient and the monotonic second it was taken (one clock for all processes
of this machine, clock_gettime(2)). Speaks as much of RFC 5321 as a client needs that asks for no extension.
"""

import asyncio
import sys
import time
from pathlib import Path
from typing import TextIO, cast

MOST_LINE = 1_000_000


async def serve(log: TextIO) -> None:
    server = await asyncio.start_server(lambda read, write: _talk(read, write, log), "127.0.0.1", 0, limit=MOST_LINE)
    print(server.sockets[0].getsockname()[1], flush=True)
    async with server:
        await server.serve_forever()


async def _talk(read: asyncio.StreamReader, write: asyncio.StreamWriter, log: TextIO) -> None:
    write.write(b"220 sink\r\n")
    to = ""
    while line := await read.readline():
        command = line[:4].upper()
        if command == b"RCPT":
            to = line.decode("ascii", "replace").partition("<")[2].partition(">")[0]
        elif command == b"DATA":
            write.write(b"354 go on\r\n")
            await read.readuntil(b"\r\n.\r\n")
            log.write(f"{to} {time.monotonic()}\n")
            log.flush()
        write.write(b"221 bye\r\n" if command == b"QUIT" else b"250 ok\r\n")
        if command == b"QUIT":
            break
    write.close()


def taken(log: Path) -> dict[str, float]:
    """When each recipient's first mail was taken; the last line may be half written."""
    found: dict[str, float] = {}
    for line in log.read_text("ascii").split("\n")[:-1]:
        to, _, at = line.partition(" ")
        found.setdefault(to, float(at))
    return found


if __name__ == "__main__":
    with open(sys.argv[1], "w", encoding="ascii") as opened:
        asyncio.run(serve(cast(TextIO, opened)))
