"""However often somebody asks it to stop, the topology leaves no process and no state behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest

from tests.wide.conftest import need_programs


def living(folder: str) -> list[str]:
    """Return the command lines of processes that were given the folder, by argument or environment."""
    found = []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            text = (entry / "cmdline").read_bytes() + (entry / "environ").read_bytes()
        except OSError:
            continue
        if folder.encode() in text:
            found.append((entry / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@pytest.mark.parametrize("moment", ["starting", "up"])
def test_many_signals_leave_nothing(moment: str) -> None:
    need_programs()
    with tempfile.TemporaryDirectory(prefix="tthc-stop-") as folder:
        Path(folder).chmod(0o711)
        command = [sys.executable, "-u", "-m", "tests.wide.stopping", folder]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True) as process:
            assert process.stdout
            if moment == "up":
                assert process.stdout.readline() == "up\n"
                assert living(folder)
            while moment == "starting" and not (Path(folder) / "log/bot-1.log").exists():
                assert process.poll() is None, process.stdout.read()
                time.sleep(0.02)
            for _ in range(8):
                process.send_signal(signal.SIGINT)
                time.sleep(0.1)
            said = process.communicate(timeout=60)[0]
        # the last one may meet Python on its way out, when all is stopped
        assert process.returncode in (128 + signal.SIGINT, -signal.SIGINT), said
        assert living(folder) == []
        assert not (Path(folder) / "state.json").exists()
