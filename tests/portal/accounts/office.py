"""A responder of the issuer (OCSP) on this machine, for tests."""

from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Event, Thread

from cryptography.x509 import ocsp


class Office:
    """A responder on this machine that says whatever the test wants; `asked` counts."""

    def __init__(self, says: Callable[[], bytes]) -> None:
        self.says, self.asked, self.busy = says, 0, Event()
        office = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                request = ocsp.load_der_ocsp_request(self.rfile.read(int(self.headers["Content-Length"])))
                assert self.headers["Content-Type"] == "application/ocsp-request"
                assert request.serial_number
                office.asked += 1
                content = office.says()
                self.send_response(200)
                self.send_header("Content-Length", str(len(content)))
                self.end_headers()
                self.wfile.write(content)

            def log_message(self, format: str, *args: object) -> None:
                """Stay silent."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/ocsp"

    def close(self) -> None:
        self.busy.set()
        self.server.shutdown()
        self.server.server_close()
