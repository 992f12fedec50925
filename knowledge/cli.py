"""The office's command line: ``python -m knowledge migrate|load|import|check|export|search|stats|dossiers …``."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from knowledge import database
from knowledge.errors import KnowledgeError

_Command = Callable[[argparse.Namespace], int]


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return 0, 1 (findings) or 2 (cannot be done, one line says why)."""
    options = _parser().parse_args(argv)
    try:
        return options.run(options)
    except (KnowledgeError, OSError) as error:
        print(f"knowledge {options.command}: {error}", file=sys.stderr)
    except OperationalError as error:
        print(f"knowledge {options.command}: the database does not answer: {error.orig}", file=sys.stderr)
    return 2


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m knowledge", description="Procedures: load, check, search.")
    url = os.environ.get("DATABASE_URL") or database.DEFAULT_URL
    parser.add_argument("--database", metavar="URL", default=url, help="default: DATABASE_URL or %(default)s")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    _add(commands, "migrate", _migrate, "make or upgrade the tables")
    _add(commands, "load", _load, "upgrade the tables and load the bundled records")
    _add(commands, "import", _import, "import a folder or file (national portal files, xlsx, csv)").add_argument(
        "path", type=Path, metavar="FROM"
    )
    _add(commands, "check", _check, "check the bundled records; exit 1 on findings")
    export = _add(commands, "export", _export, "write records to .jsonl, .xlsx or a folder of YAML")
    export.add_argument("path", type=Path, metavar="TO")
    search = _add(commands, "search", _search, "find procedures for a question")
    search.add_argument("question")
    search.add_argument("--limit", type=int, default=5)
    train = _add(commands, "train", _train, "learn to find procedures from citizens' questions")
    train.add_argument("--out", type=Path, required=True, metavar="FOLDER")
    train.add_argument("--negatives", type=Path, required=True, metavar="FILE", help="examples that mean no procedure")
    _add(commands, "stats", _stats, "print counts, and import issues by reason")
    template = _add(commands, "template", _template, "write an empty spreadsheet for a province to fill")
    template.add_argument("path", type=Path, metavar="FILE.xlsx")
    index = _add(commands, "build-index", _build_index, "rebuild the bundled index table from national files")
    index.add_argument("path", type=Path, metavar="FROM")
    _add(commands, "demo", _demo, "seed demo dossiers (never mixed into real ones)")
    dossiers = _add(commands, "dossiers", _dossiers, "import a table of dossiers (csv, xlsx)")
    dossiers.add_argument("action", choices=("import",))
    dossiers.add_argument("path", type=Path, metavar="FILE")
    return parser


def _add(commands: argparse._SubParsersAction, name: str, run: _Command, text: str) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(name, help=text)
    parser.set_defaults(run=run)
    return parser


def _session(options: argparse.Namespace) -> Session:
    engine = database.create_engine(options.database)
    database.check_schema(engine)
    return database.session_factory(engine)()


def _migrate(options: argparse.Namespace) -> int:
    database.migrate(options.database)
    print("database: newest schema")
    return 0


def _load(options: argparse.Namespace) -> int:
    from knowledge.loading import load_bundled
    from knowledge.places import load_province
    from knowledge.profile import load_profile
    from knowledge.stats import summary

    database.migrate(options.database)
    with _session(options) as session:
        load_province(session, load_profile())
        reports = load_bundled(session)
        session.commit()
    for line in summary(reports):
        print(line)
    if not reports:
        print("bundled records: nothing new")
    return 0


def _import(options: argparse.Namespace) -> int:
    from knowledge.importers.runner import run_import
    from knowledge.stats import summary

    with _session(options) as session:
        reports = run_import(session, options.path)
        session.commit()
    for line in summary(reports, every_doubt=sum(len(report.issues) for report in reports) <= 50):
        print(line)
    return 0 if not any(report.count("rejected") for report in reports) else 1


def _train(options: argparse.Namespace) -> int:
    """Learn on the bundled records alone, in a database of its own: the office's one may hold other procedures."""
    from knowledge.loading import load_bundled
    from knowledge.search.training import train

    with TemporaryDirectory() as folder:
        url = f"sqlite:///{folder}/bundled.db"
        database.migrate(url)
        with database.session_factory(database.create_engine(url))() as session:
            load_bundled(session)
            model = train(session, options.negatives)
    model.save(options.out)
    print(f"search: {sum(map(bool, model.matcher.codes))} procedures learnt")
    return 0


def _check(_options: argparse.Namespace) -> int:
    from knowledge.check import check_bundled

    findings = list(check_bundled())
    for line in findings:
        print(line)
    print(f"{len(findings)} findings")
    return 1 if findings else 0


def _export(options: argparse.Namespace) -> int:
    from knowledge.export import export

    with _session(options) as session:
        count = export(session, options.path)
    print(f"{count} records written to {options.path}")
    return 0


def _search(options: argparse.Namespace) -> int:
    from knowledge.search import find_procedures

    with _session(options) as session:
        hits = find_procedures(session, options.question, options.limit)
    for hit in hits:
        print(f"{hit.code}  {hit.short_name}  {hit.probability:.2f}  {hit.names:.2f}")
    return 0


def _stats(options: argparse.Namespace) -> int:
    from knowledge.stats import stats

    with _session(options) as session:
        for line in stats(session):
            print(line)
    return 0


def _template(options: argparse.Namespace) -> int:
    from knowledge.importers.spreadsheet_write import write_template

    write_template(options.path)
    print(f"template written to {options.path}")
    return 0


def _build_index(options: argparse.Namespace) -> int:
    from knowledge.importers.index import build_index

    print(f"{build_index(options.path)} procedures in the index table")
    return 0


def _demo(options: argparse.Namespace) -> int:
    from knowledge.demo import RealDossiers, seed
    from knowledge.dossiers.standings import refresh
    from knowledge.models import utc_now
    from knowledge.profile import load_profile
    from knowledge.proof import load_secret

    with _session(options) as session:
        try:
            lines = list(seed(session, load_profile(), load_secret()))
            session.commit()
            refresh(session, utc_now(), load_profile())
        except RealDossiers as reason:  # the office is in use: `make run` must go on
            lines = [str(reason)]
    print("\n".join(lines))
    return 0


def _dossiers(options: argparse.Namespace) -> int:
    from knowledge.dossiers.importing import import_dossiers
    from knowledge.profile import load_profile
    from knowledge.proof import load_secret

    with _session(options) as session:
        report = import_dossiers(session, options.path, load_profile(), load_secret())
    print("\n".join(report.lines()))
    return 1 if report.counts["refused"] else 0
