"""Servers of a test's own: in a thread, and gone at once when asked to end."""

from socketserver import BaseServer
from threading import Thread

LOOK_SECONDS = 0.02  # how often a server looks whether it should end; half a second is the library's habit


def begin(server: BaseServer) -> None:
    """Serve in the background."""
    Thread(target=server.serve_forever, args=(LOOK_SECONDS,), daemon=True).start()


def end(server: BaseServer) -> None:
    """Serve no more; returns when the port is free again."""
    server.shutdown()
    server.server_close()
