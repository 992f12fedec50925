"""The bundled records in a database of the evaluation's own, and plain BM25 over their names."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import bm25s
import sqlalchemy as sa
from sqlalchemy.orm import Session

from benchmarks.evaluation.questions import Answer, Question
from knowledge import database
from knowledge.loading import load_bundled
from knowledge.models import Procedure, ProcedureVersion
from nlu.text import fold, tokens

FOLDER = Path("var/evaluation")
DATABASE = f"sqlite:///{FOLDER}/tthc.db"
_FIRST = 3


@contextmanager
def bundled_records() -> Iterator[Session]:
    """Load what changed of the bundled records (half a minute the first time) and open them."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    database.migrate(DATABASE)
    engine = database.create_engine(DATABASE)
    with database.session_factory(engine)() as session:
        load_bundled(session)
        session.commit()
        yield session
    engine.dispose()


def read_names(session: Session) -> dict[str, str]:
    """Return the official names of the current procedures by code."""
    query = (
        sa.select(Procedure.code, ProcedureVersion.name)
        .join(ProcedureVersion, ProcedureVersion.procedure_id == Procedure.id)
        .where(ProcedureVersion.superseded_at.is_(None))
        .order_by(Procedure.code)
    )
    return dict(session.execute(query).all())


def plain_bm25(names: Mapping[str, str], questions: Iterable[Question]) -> dict[str, Answer]:
    """Return what BM25 over the official names finds: the honest baseline, without aliases or anything learnt."""
    ranker = bm25s.BM25()
    ranker.index([_bag(name) for name in names.values()], show_progress=False)
    asked, codes = list(questions), list(names)
    found = ranker.retrieve([_bag(question.text) for question in asked], k=_FIRST, show_progress=False)
    return {
        question.id: Answer(question.id, "answered", tuple(codes[place] for place, score in zip(*row) if score > 0))
        for question, row in zip(asked, zip(found.documents, found.scores))
    }


def _bag(text: str) -> list[str]:
    """Return the words, and each again without marks, so that questions typed without marks find something."""
    words = tokens(text)
    return [*words, *(f"~{fold(word)}" for word in words)]
