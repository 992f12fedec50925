"""Where things are stored, and what their copies are called."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy.engine import make_url

from bot.backup import postgresql, sqlite

FILES, PRODUCT, MEMORY = "files.tar", "product", "memory"
_ENDINGS = {"sqlite": "db", "postgresql": "dump"}


@dataclass(frozen=True)
class Place:
    """Where things are stored: the product's database, Rasa's memory (``tracker_url`` or file), citizens' files.

    ``front_server`` is the address that answers while the product runs.
    """

    database_url: str = field(repr=False)
    tracker_db: Path
    tracker_url: str = field(repr=False)
    files: Path
    front_server: str = ""

    @property
    def kind(self) -> str:
        """Which database it is: sqlite or postgresql."""
        return str(make_url(self.database_url).get_backend_name())

    @property
    def database_file(self) -> Path:
        """The file of a SQLite database."""
        return Path(make_url(self.database_url).database or "")

    @property
    def product(self) -> str:
        """The name of the copy of the product's database."""
        return f"{PRODUCT}.{_ENDINGS[self.kind]}"

    @property
    def memory(self) -> str:
        """The name of the copy of Rasa's memory."""
        return f"{MEMORY}.{_ENDINGS['postgresql' if self.tracker_url else 'sqlite']}"

    def rows(self) -> Mapping[str, int]:
        """Return the number of rows by table of the product's database."""
        return sqlite.rows(self.database_file) if self.kind == "sqlite" else postgresql.rows(self.database_url)
