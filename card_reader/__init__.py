"""Cards and readers: everything between a card and the rest of the system.

Purpose: read, prove and sign with IC cards through PC/SC, simulate such cards for tests and the demo,
and let a browser on the same machine ask for a card (the bridge).

One seam carries everything: bytes in, (bytes, status word) out (`connection`). Real readers (`pcsc`), the
simulated card (`simulator`) and a secure channel (`scp03`) are all just connections.
"""
