"""Events in the published form, one file each."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).parents[2] / "fixtures" / "zalo"
NAMES = tuple(sorted(path.stem for path in FOLDER.glob("*.json")))
APP, OA, USER = "1884670237150", "579745863508352884", "7124498127743301"


def payload(name: str, **changes: Any) -> dict[str, Any]:
    """Return an event; ``changes`` replace its outermost members."""
    return {**json.loads((FOLDER / f"{name}.json").read_text(encoding="utf-8")), **changes}
