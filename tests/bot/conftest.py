"""A real front server on a free port, a fake Rasa beside it, and citizens who talk to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import replace
from pathlib import Path
from shutil import copyfile
from typing import Any

import httpx
import pytest
from sqlalchemy.orm import sessionmaker

from bot.channels import registry
from bot.channels.settings import ChannelSettings
from bot.channels.tools import Tools
from bot.delivery.hub import Hub
from bot.settings import Settings
from bot.texts import Texts
from knowledge.database import create_engine, migrate, session_factory
from tests.bot import postgres
from tests.bot.citizen import Talk
from tests.bot.fake_channel import FakeChannel
from tests.bot.fake_rasa import FakeRasa
from tests.bot.on_telegram import PATH, SECRET, polling, webhook
from tests.bot.phone import Phone
from tests.bot.running import Process, Running
from tests.fakes.telegram import FakeTelegram
from tests.fakes.zalo_bot import FakeZaloBot


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
def sessions(database: Path) -> Iterator[sessionmaker]:
    """Sessions on an empty SQLite file."""
    engine = create_engine(f"sqlite:///{database}")
    yield session_factory(engine)
    engine.dispose()


@pytest.fixture
def either_sessions(database_url: str) -> Iterator[sessionmaker]:
    """Sessions on an empty database of each kind."""
    engine = create_engine(database_url)
    yield session_factory(engine)
    engine.dispose()


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
        assistant_timeout=10.0,  # no test waits for it
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


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who cannot reach a provider tries again at once."""
    monkeypatch.setattr("bot.channels.reception._FIRST_PAUSE", 0.001)
    monkeypatch.setattr("bot.channels.reception._LONGEST_PAUSE", 0.02)


@pytest.fixture
def zalo_bot(impatient: None) -> Iterator[FakeZaloBot]:
    fake = FakeZaloBot()
    yield fake
    fake.close()


@pytest.fixture
def telegram(impatient: None) -> Iterator[FakeTelegram]:
    fake = FakeTelegram()
    yield fake
    fake.close()


@pytest.fixture
def on_polling(serve: Callable[..., Running], telegram: FakeTelegram) -> Running:
    return serve(channels=polling(telegram))


@pytest.fixture
def on_webhook(serve: Callable[..., Running], telegram: FakeTelegram) -> Running:
    server = serve(channels=webhook(telegram, ""))
    telegram.secret, telegram.webhook = SECRET, f"{server.url}{PATH}"
    return server


@pytest.fixture(params=["on_polling", "on_webhook"])
def either(request: pytest.FixtureRequest) -> Running:
    """A server that gets its updates one way, then the other."""
    found: Running = request.getfixturevalue(request.param)
    return found


@pytest.fixture
async def make_channel(settings: Settings) -> AsyncIterator[Callable[[str, ChannelSettings], tuple[Any, Texts]]]:
    """Build one channel without a server; return it and the texts."""
    engine = create_engine(settings.database_url)
    async with httpx.AsyncClient(verify=False, timeout=5.0, trust_env=False) as client:

        def make(name: str, channels: ChannelSettings) -> tuple[Any, Texts]:
            texts = Texts.load()
            tools = Tools(channels, session_factory(engine), client, texts, Hub(), b"a key")
            return registry.build_channels(tools).get(name), texts

        yield make
    engine.dispose()
