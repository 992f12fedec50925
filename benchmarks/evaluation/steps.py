"""Runs one step of understanding alone on a file of questions, one JSON line each.

``python -m benchmarks.evaluation.steps normalise|find|aspects|decide FILE.jsonl``; a line needs ``id`` and ``text``.
``find`` and ``decide`` search the bundled records with the trained search model (TTHC_SEARCH_MODEL, else the newest in
models/); ``aspects`` loads the trained dialogue model (RASA_MODEL, else the newest), which takes half a minute.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import logging
import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.evaluation.questions import EvaluationError
from benchmarks.evaluation.records import bundled_records
from knowledge.search.decide import decide, load_choices, open_choice
from knowledge.search.features import load_wording
from knowledge.search.finder import Found, find
from knowledge.search.model import load_model
from nlu.text import normalise

ROOT = Path(__file__).parents[2]
Line = dict[str, Any]
Step = Callable[[Iterable[Line]], Iterator[Line]]
_LISTED = 8  # as many as the dialogue looks at


def main(arguments: Sequence[str] | None = None) -> int:
    """Print one line a question; 2 = the file or a model is missing."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.evaluation.steps", description="Run one step alone.")
    parser.add_argument("step", choices=STEPS)
    parser.add_argument("file", type=Path, metavar="FILE.jsonl")
    options = parser.parse_args(arguments)
    try:
        text = options.file.read_text(encoding="utf-8")
        for line in STEPS[options.step](json.loads(line) for line in text.split("\n") if line.strip()):
            print(json.dumps(line, ensure_ascii=False))
    except KeyError as error:
        print(f"steps: a line of {options.file} lacks {error}", file=sys.stderr)
    except (OSError, ValueError) as error:
        print(f"steps: {error}", file=sys.stderr)
    else:
        return 0
    return 2


def normalised(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield each text as the later steps read it."""
    lexicon = load_wording().lexicon
    for line in lines:
        yield {"id": line["id"], "text": normalise(line["text"], lexicon)}


def found(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield what search finds, best first, with probabilities."""
    for line, result in _searched(lines):
        hits = [{"code": hit.code, "probability": round(hit.probability, 4)} for hit in result.hits]
        yield {"id": line["id"], "hits": hits, "none": round(result.outlook.none, 4)}


def decided(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield what is done with what was found; an open question is asked before anything is searched."""
    wording = load_wording()
    for line, result in _searched(lines):
        choice = open_choice(normalise(line["text"], wording.lexicon), load_choices(), wording)
        decision = decide(result)
        codes = [option.code for option in choice.options] if choice else [hit.code for hit in decision.hits]
        yield {"id": line["id"], "kind": "clarify" if choice else decision.kind, "codes": codes}


def _searched(lines: Iterable[Line]) -> Iterator[tuple[Line, Found]]:
    model = load_model(newest_model("TTHC_SEARCH_MODEL", "search-*"))
    with bundled_records() as session:
        for line in lines:
            yield line, find(session, line["text"], _LISTED, model)


def aspects(lines: Iterable[Line]) -> Iterator[Line]:
    """Yield the aspects that the trained dialogue model reads in each text."""
    os.environ.update(RASA_TELEMETRY_ENABLED="false", TF_CPP_MIN_LOG_LEVEL="3", CUDA_VISIBLE_DEVICES="-1")
    from rasa.core.agent import Agent  # half a minute that the other steps save
    from rasa.utils.log_utils import configure_structlog

    configure_structlog(logging.CRITICAL)  # or every message is logged between the lines
    agent = Agent.load(str(newest_model("RASA_MODEL", "tthc-*.tar.gz")))
    for line in lines:
        parsed = asyncio.run(agent.parse_message(line["text"]))
        said = [entity["value"] for entity in parsed["entities"] if entity["entity"] == "aspect"]
        yield {"id": line["id"], "intent": parsed["intent"]["name"], "aspects": said}


def newest_model(variable: str, pattern: str) -> Path:
    """Return the model the variable names, else the newest one trained here."""
    trained = sorted((ROOT / "models").glob(pattern), key=lambda path: path.stat().st_mtime)
    if not os.environ.get(variable) and not trained:
        raise EvaluationError(f"no models/{pattern}: run 'make train' first")
    return Path(os.environ.get(variable) or trained[-1])


STEPS: dict[str, Step] = {"normalise": normalised, "find": found, "aspects": aspects, "decide": decided}

if __name__ == "__main__":
    sys.exit(main())
