"""A real front server on a free port, a fake Rasa beside it, and citizens who talk to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copyfile
from typing import Any

import pytest

from bot.channels import registry
from bot.settings import Settings
from knowledge.database import migrate
from tests.bot import postgres
from tests.bot.citizen import Talk
from tests.bot.fake_channel import FakeChannel
from tests.bot.fake_rasa import FakeRasa
from tests.bot.phone import Phone
from tests.bot.running import Process, Running


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated database to copy."""
    path = tmp_path_factory.mktemp("database") / "empty.db"
    migrate(f"sqlite:///{path}")
    return path


@pytest.fixture
def database(empty_database: Path, tmp_path: Path) -> Path:
    return Path(copyfile(empty_database, tmp_path / "bot.db"))


@pytest.fixture(scope="session")
def cluster() -> Iterator[postgres.Cluster]:
    """A PostgreSQL server, where its programs are installed."""
    programs = postgres.find()
    if programs is None:
        pytest.skip("PostgreSQL (initdb, pg_ctl) is not installed")
    started = postgres.Cluster(programs)
    yield started
    started.stop()


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """An empty database of each kind."""
    if request.param == "sqlite":
        return f"sqlite:///{request.getfixturevalue('database')}"
    return str(request.getfixturevalue("cluster").fresh())


@pytest.fixture
def rasa() -> Iterator[FakeRasa]:
    fake = FakeRasa()
    yield fake
    fake.down()


@pytest.fixture
def settings(database: Path, rasa: FakeRasa, tmp_path: Path) -> Settings:
    """Settings with short pauses and no limit on messages."""
    return Settings(
        database_url=f"sqlite:///{database}",
        rasa_url=rasa.url,
        assistant_timeout=2.0,
        assistant_pauses=(0.01, 0.02),
        message_rates=(),
        address_rates=(),
        opening_rates=(),
        files_dir=tmp_path / "files",
        tracker_db=tmp_path / "rasa.db",
        file_pauses=(0.01, 0.02),
        file_rates=(),
        erase_after=0.0,
    )


@pytest.fixture
def serve(settings: Settings) -> Iterator[Callable[..., Running]]:
    """Start servers with changed settings; all are stopped at the end."""
    servers: list[Running] = []

    def start(**changes: Any) -> Running:
        servers.append(Running(replace(settings, **changes)))
        return servers[-1]

    yield start
    for server in servers:
        server.stop()


@pytest.fixture
def server(serve: Callable[..., Running]) -> Running:
    return serve()


@pytest.fixture
async def talks(server: Running) -> AsyncIterator[Callable[[], Any]]:
    """Open any number of conversations with the server."""
    opened: list[Talk] = []

    async def start() -> Talk:
        opened.append(await Talk(server.url).open())
        return opened[-1]

    yield start
    for talk in opened:
        await talk.close()


@pytest.fixture
async def talk(talks: Callable[[], Any]) -> Talk:
    return await talks()


@pytest.fixture
def process(tmp_path: Path, database: Path, rasa: FakeRasa) -> Iterator[Process]:
    started = Process(tmp_path, f"sqlite:///{database}", rasa.url)
    started.start()
    yield started
    started.kill()


@pytest.fixture
def phone_on(serve: Callable[..., Running], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Phone]:
    def start(name: str, **changes: Any) -> Phone:
        channel = FakeChannel(name)
        monkeypatch.setattr(registry, "BUILDERS", (*registry.BUILDERS, lambda tools: channel))
        return Phone(serve(**changes), channel)

    return start
