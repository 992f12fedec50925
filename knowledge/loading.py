"""Loading what comes with the product: hand-written records and the index table."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.orm import Session

from knowledge.importers import bundled, index
from knowledge.importers.base import Importer
from knowledge.importers.runner import Report, run_import
from knowledge.models import ImportRun
from knowledge.places import load_province
from knowledge.profile import load_profile

_CODE = Path(__file__).parent
# hand-written records first: the index then leaves their procedures alone
_BUNDLED: tuple[tuple[Importer, Path], ...] = ((bundled.IMPORTER, bundled.FOLDER), (index.IMPORTER, index.TABLE))


def load_bundled(session: Session) -> list[Report]:
    """Load everything bundled that changed since the last load; the caller commits.

    A source with refused rows is read again next time, so that its errors are not forgotten.
    """
    reports: list[Report] = []
    for importer, path in _BUNDLED:
        mark = f"@{_digest(importer, path)}"
        if path.exists() and not _loaded(session, importer, mark):
            reports += run_import(session, path, importer, mark)
    load_province(session, load_profile())
    return reports


def _loaded(session: Session, importer: Importer, mark: str) -> bool:
    run = ImportRun
    query = sa.select(run.source, run.rejected).where(run.importer == importer.name).order_by(run.id.desc())
    last = session.execute(query).first()
    return last is not None and last.source.endswith(mark) and last.rejected == 0


def _digest(importer: Importer, path: Path) -> str:
    digest = hashlib.sha256()
    for file in _files(importer, path):
        digest.update(file.name.encode())
        digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _files(importer: Importer, path: Path) -> Iterator[Path]:
    # the reading code counts too: a better reading of the same file is a change
    yield from (_CODE / "records.py", _CODE / "rows.py", _CODE / "importers" / f"{importer.name}.py")
    yield from sorted(path.rglob("*.yml")) if path.is_dir() else [path]
