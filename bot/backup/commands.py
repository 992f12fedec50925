"""``python -m bot backup FOLDER [--keep N]`` and ``python -m bot restore FOLDER [--force]``."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.backup import manifest
from bot.backup.place import Place
from bot.backup.restoring import restore
from bot.backup.saving import save
from bot.errors import BackupError
from bot.settings import Settings
from bot.texts import Texts

_KEPT = 14  # backups: two weeks of one a night


def run(arguments: Sequence[str], settings: Settings, texts: Texts) -> int:
    """Run one of the two; 1 = it was refused or failed, and one line says why."""
    options = _parser().parse_args(arguments)
    try:
        return int(options.run(options, _place(settings), texts))
    except BackupError as error:
        print(f"✗ {texts.backup(error.key, **error.values)}", file=sys.stderr)
        return 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bot")
    commands = parser.add_subparsers(required=True)
    saving = commands.add_parser("backup", help="copy everything that is stored, while the product runs")
    saving.add_argument("folder", type=Path, metavar="FOLDER")
    saving.add_argument("--keep", type=int, default=_KEPT, help="how many stay there, 0 = all; default %(default)s")
    saving.set_defaults(run=_save)
    putting = commands.add_parser("restore", help="put a backup, or the newest of a folder, in the place of all")
    putting.add_argument("folder", type=Path, metavar="FOLDER")
    putting.add_argument("--force", action="store_true", help="replace what is there")
    putting.set_defaults(run=_restore)
    return parser


def _place(settings: Settings) -> Place:
    host = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(settings.host, settings.host)
    return Place(
        settings.database_url,
        settings.tracker_db,
        settings.tracker_url,
        settings.files_dir,
        f"http://{host}:{settings.port}",
    )


def _save(options: argparse.Namespace, place: Place, texts: Texts) -> int:
    path, made = save(place, options.folder)
    gone = manifest.forget_old(options.folder, options.keep)
    print(f"✓ {texts.backup('saved', path=path, messages=made.rows.get('messages', 0), gone=len(gone))}")
    return 0


def _restore(options: argparse.Namespace, place: Place, texts: Texts) -> int:
    back = restore(place, options.folder, options.force)
    found = back.manifest
    print(f"✓ {texts.backup('restored', created_at=found.created_at, messages=found.rows.get('messages', 0))}")
    if back.erased is None:
        print(f"! {texts.backup('erased_unknown')}")
    elif back.erased:
        print(f"✓ {texts.backup('erased_again', count=back.erased)}")
    return 0
