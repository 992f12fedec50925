"""numpy is told of the instructions that the processor really has."""

from __future__ import annotations

from pathlib import Path

import pytest

from setup.processor import arithmetic
from setup.services import environment

WIDE = "fpu sse2 avx2 fma avx512f avx512dq avx512cd avx512bw avx512vl"


@pytest.mark.parametrize(
    ("written", "told"),
    [
        (f"model name\t: Xeon\nflags\t\t: {WIDE}\n", {"OPENBLAS_CORETYPE": "SkylakeX"}),
        ("flags\t\t: fpu sse2 avx avx2 fma avx512f\n", {"OPENBLAS_CORETYPE": "Haswell"}),
        ("flags\t\t: fpu sse2 avx\n", {}),
        ("Features\t: fp asimd\n", {}),
    ],
)
def test_the_widest_instructions_that_are_there_are_named(written: str, told: dict[str, str], tmp_path: Path) -> None:
    file = tmp_path / "cpuinfo"
    file.write_text(written, encoding="utf-8")
    assert arithmetic(file) == told


def test_nothing_is_said_of_a_system_that_does_not_tell(tmp_path: Path) -> None:
    assert arithmetic(tmp_path / "none") == {}


def test_what_a_person_chose_wins(tmp_path: Path) -> None:
    assert environment({"OPENBLAS_CORETYPE": "Zen"}, tmp_path / "none")["OPENBLAS_CORETYPE"] == "Zen"
