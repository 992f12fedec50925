"""The front server, in a thread of the test's process or as a process that can be killed."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any

from sqlalchemy.orm import sessionmaker

from bot.server import FrontServer, create_server
from bot.services import Services
from bot.settings import Settings
from knowledge.database import create_engine, session_factory
from setup.probing import answers, free_ports
from tests.bot.fake_rasa import PATIENCE

KEY = b"a key that is long enough for tests"
ROOT = Path(__file__).parents[2]


class Running:
    """A front server in a thread of this process."""

    def __init__(self, settings: Settings) -> None:
        self.settings = settings
        self.engine = create_engine(settings.database_url)
        self.sessions: sessionmaker = session_factory(self.engine)
        self._socket = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._socket.getsockname()[1]}"
        self.server: FrontServer = create_server(settings, self.engine, KEY)
        self._thread = threading.Thread(target=self.server.run, kwargs={"sockets": [self._socket]}, daemon=True)
        self._thread.start()

    @property
    def parts(self) -> Services:
        """What the server is made of."""
        app: Any = self.server.config.app
        found: Services = app.state.services
        return found

    @property
    def has_half_files(self) -> bool:
        """Whether a file waits for its final name: it gets it just after the database calls it stored."""
        return any(Path(self.settings.files_dir).rglob("*.part"))

    def stop(self) -> None:
        self.server.should_exit = True
        self._thread.join(PATIENCE)
        assert not self._thread.is_alive()
        self._socket.close()
        self.engine.dispose()


class Process:
    """``python -m bot`` as a process of its own, which can be killed."""

    def __init__(
        self, folder: Path, database_url: str, rasa_url: str, more: Mapping[str, str] = MappingProxyType({})
    ) -> None:
        self._socket_port = free_ports(1)[0]
        self.url = f"http://127.0.0.1:{self._socket_port}"
        self._folder = folder
        self._environment = {
            **os.environ,
            **more,
            "BOT_PORT": str(self._socket_port),
            "DATABASE_URL": database_url,
            "RASA_URL": rasa_url,
            "TTHC_SECRET": KEY.decode(),
            "PYTHONPATH": str(ROOT),
        }

    def start(self) -> None:
        command = [sys.executable, "-m", "bot"]
        self._process = subprocess.Popen(
            command, cwd=self._folder, env=self._environment, stderr=subprocess.PIPE, text=True
        )
        assert self._process.stderr
        first = self._process.stderr.readline()
        assert "bot.listening" in first, first
        threading.Thread(target=self._process.stderr.read, daemon=True).start()

    def start_beside(self, log: Path) -> None:
        """Start it with stderr in a file, and return when it answers."""
        with log.open("ab") as file:
            command = [sys.executable, "-m", "bot"]
            self._process = subprocess.Popen(command, cwd=self._folder, env=self._environment, stderr=file, text=True)
        until = time.monotonic() + PATIENCE
        while not answers(f"{self.url}/healthz"):
            assert self._process.poll() is None and time.monotonic() < until, "it does not answer"
            time.sleep(0.05)

    @property
    def pid(self) -> int:
        return self._process.pid

    def kill(self) -> None:
        """SIGKILL: no good-bye, no clean-up."""
        self._process.kill()
        self._process.wait()
