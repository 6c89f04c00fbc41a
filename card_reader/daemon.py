"""Running pcscd with virtual readers: its configuration, its start, and its end."""

from __future__ import annotations

import logging
import os
import shutil
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from threading import Event
from time import monotonic

from card_reader.errors import AlreadyRuns, PcscMissing, ServiceDown
from card_reader.reader_ports import DRIVERS, ReaderPort

log = logging.getLogger(__name__)

APT_LINE = "apt-get install -y --no-install-recommends pcscd vsmartcard-vpcd opensc libpcsclite-dev swig"
SYSTEM_FOLDER = Path("/run/pcscd")  # compiled into pcscd
DRIVER = "libifdvpcd.so"
SOCKET = "pcscd.comm"
SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"  # where client programs look for the socket
START_SECONDS = 15.0
STOP_SECONDS = 5.0
LISTENING = "0A"  # state column of /proc/net/tcp


class Daemon:
    """A pcscd of our own with one configuration entry a reader.

    `private` hides its socket from the rest of the machine (a mount namespace of its own): several can run
    side by side, and clients find this one through PCSCLITE_CSOCK_NAME = `socket`. `drivers` is the folder of
    serial readers' drivers (Debian's by default; other systems keep them elsewhere).
    """

    def __init__(
        self, state: Path, readers: list[ReaderPort], *, private: bool = False, drivers: Path = DRIVERS
    ) -> None:
        self.state = state
        self.private = private
        self._driver = drivers / DRIVER
        self._folder = state / "pcscd"
        self._readers = readers
        self._process: subprocess.Popen[bytes] | None = None
        self._ipc = (self._folder / "ipc").absolute() if private else SYSTEM_FOLDER
        self.socket = self._ipc / SOCKET

    def start(self) -> None:
        """Start it and return when programs can use the readers.

        Raises PcscMissing when something is not installed, ServiceDown when it runs already or fails.
        """
        program = _find_program(self._driver)
        if self.private and not can_be_private():
            raise ServiceDown("this machine does not allow a private pcscd (no right to mount)")
        self._clear_leftovers()
        self._configure()
        with (self._folder / "pcscd.log").open("ab") as log_file:
            self._process = subprocess.Popen(
                self._command(program), stdin=subprocess.DEVNULL, stdout=log_file, stderr=log_file
            )
        _wait_until(self._ready, self._process)

    def stop(self) -> None:
        """End it; returns when it is gone."""
        if self._process is None:
            return
        self._process.terminate()
        try:
            self._process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._process = None

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int:
        """Its process id; 0 while it is not started."""
        return self._process.pid if self._process else 0

    def _configure(self) -> None:
        """Write one entry a reader, each with its own copy of the driver.

        Entries that share one driver file share its table of cards: a card in one reader shows up in all and
        everything hangs. A link is not enough, the loader sees through it.
        """
        config = self._folder / "readers"
        config.mkdir(parents=True, exist_ok=True)
        entries = []
        for index, reader in enumerate(self._readers):
            driver = self._folder.absolute() / f"reader-{index}.so"
            driver.unlink(missing_ok=True)  # never write into a file that a process may have mapped
            shutil.copyfile(self._driver, driver)
            entries.append(
                f'FRIENDLYNAME "{reader.name}"\n'
                f"DEVICENAME /dev/null:{reader.port}\n"
                f"LIBPATH {driver}\n"
                f"CHANNELID {reader.port}\n"
            )
        (config / "virtual").write_text("\n".join(entries), "utf-8")

    def _clear_leftovers(self) -> None:
        """Remove what a killed pcscd left behind; refuse to disturb a living one."""
        self._ipc.mkdir(parents=True, exist_ok=True)
        if _answers(self.socket):
            raise AlreadyRuns(f"another pcscd already runs and holds {self.socket}")
        for name in (SOCKET, "pcscd.pid"):
            (self._ipc / name).unlink(missing_ok=True)

    def _command(self, program: str) -> list[str]:
        command = [program, "--foreground", "--config", str(self._folder.absolute() / "readers")]
        listed = subprocess.run([program, "--help"], capture_output=True, check=False)
        if b"--disable-polkit" in listed.stdout + listed.stderr:
            command.append("--disable-polkit")
        if setpriv := shutil.which("setpriv"):
            command = [setpriv, "--pdeathsig", "TERM", *command]  # it must not outlive us, also after kill -9
        if not self.private:
            return command
        script = f'mkdir -p {SYSTEM_FOLDER}; mount --bind "$0" {SYSTEM_FOLDER} && exec "$@"'
        return [*_unshare(), "sh", "-c", script, str(self._ipc), *command]

    def _ready(self) -> bool:
        wanted = {reader.port for reader in self._readers}
        return _answers(self.socket) and wanted <= _listening_ports()


def can_be_private() -> bool:
    """Whether a pcscd may have a mount namespace of its own; many containers forbid it."""
    if shutil.which("unshare") is None:
        return False
    return subprocess.run([*_unshare(), "true"], capture_output=True, check=False).returncode == 0


def _unshare() -> list[str]:
    """Without root a user namespace gives the right to mount; the daemon then believes to be root."""
    return ["unshare", "-m"] if os.geteuid() == 0 else ["unshare", "-rm"]


def _find_program(driver: Path) -> str:
    program = shutil.which("pcscd") or shutil.which("pcscd", path="/usr/sbin:/sbin")
    if program is None:
        raise PcscMissing(f"pcscd is not installed. {APT_LINE}")
    if not driver.exists():
        raise PcscMissing(f"The driver of the virtual readers is not installed. {APT_LINE}")
    return program


def _wait_until(ready: Callable[[], bool], process: subprocess.Popen[bytes]) -> None:
    end, pause = monotonic() + START_SECONDS, Event()
    while not ready():
        if process.poll() is not None:
            raise ServiceDown(f"pcscd ended at once with status {process.returncode}; see pcscd.log")
        if monotonic() > end:
            process.terminate()
            raise ServiceDown(f"pcscd was not ready within {START_SECONDS:g} s")
        pause.wait(0.02)


def _answers(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as client:
        try:
            client.connect(str(path))
        except OSError:
            return False
    return True


def _listening_ports() -> set[int]:
    """Return the TCP ports somebody listens on, without touching them: connecting would insert a card."""
    ports = set()
    for table in ("/proc/net/tcp", "/proc/net/tcp6"):
        try:
            rows = Path(table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for row in rows:
            _, local, _, state = row.split()[:4]
            if state == LISTENING:
                ports.add(int(local.rpartition(":")[2], 16))
    return ports
