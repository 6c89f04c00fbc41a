"""Another program at the same reader, as a browser or an agent is: shared mode, raw PC/SC, nothing of ours.

Started as `python other_program.py READER`; each line it reads is "connect", "begin", "end" or a command in hex, and
each line it writes the PC/SC result and what the card answered, both in hex.
"""

import sys

from smartcard import scard


def main() -> None:
    _, context = scard.SCardEstablishContext(scard.SCARD_SCOPE_SYSTEM)
    card, protocol = None, 0
    for line in sys.stdin:
        answer: list[int] = []
        match line.strip():
            case "connect":
                result, card, protocol = scard.SCardConnect(
                    context, sys.argv[1], scard.SCARD_SHARE_SHARED, scard.SCARD_PROTOCOL_ANY
                )
            case "begin":
                result = scard.SCardBeginTransaction(card)
            case "end":
                result = scard.SCardEndTransaction(card, scard.SCARD_LEAVE_CARD)
            case command:
                pci = scard.SCARD_PCI_T1 if protocol == scard.SCARD_PROTOCOL_T1 else scard.SCARD_PCI_T0
                result, answer = scard.SCardTransmit(card, pci, list(bytes.fromhex(command)))
        print(f"{result & 0xFFFFFFFF:08X} {bytes(answer).hex().upper()}", flush=True)


if __name__ == "__main__":
    main()
