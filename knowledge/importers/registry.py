"""The importers, in the order in which they are asked whether a path is theirs."""

from __future__ import annotations

from knowledge.importers import bundled, index, national, spreadsheet
from knowledge.importers.base import Importer

IMPORTERS: tuple[Importer, ...] = (
    index.IMPORTER,
    bundled.IMPORTER,
    national.IMPORTER,
    spreadsheet.IMPORTER,
)
