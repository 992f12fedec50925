"""The seal of a proof and the secret behind it."""

from __future__ import annotations

import stat
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from knowledge.errors import KnowledgeError
from knowledge.proof import load_secret, matches, seal

KEY = b"a key that is long enough"


def test_a_seal_depends_on_digits_and_key_and_hides_them() -> None:
    assert seal("8317", KEY) == seal("8317", KEY)
    assert len({seal("8317", KEY), seal("8318", KEY), seal("8317", KEY + b"!")}) == 3
    assert "8317" not in seal("8317", KEY)


SEALS = [("a", "a", True), ("a", "b", False), ("", "", False), ("a", "", False)]


@pytest.mark.parametrize(("given", "kept", "same"), SEALS)
def test_an_empty_seal_matches_nothing(given: str, kept: str, same: bool) -> None:
    assert matches(given, kept) is same


def test_the_environment_comes_first(tmp_path: Path) -> None:
    path = tmp_path / "secret"
    assert load_secret({"TTHC_SECRET": "from the environment"}, path) == b"from the environment"
    assert not path.exists()


def test_a_secret_is_made_once_and_is_private(tmp_path: Path) -> None:
    path = tmp_path / "var" / "secret"
    first = load_secret({}, path)
    assert load_secret({}, path) == first
    assert load_secret({}, tmp_path / "other") != first
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert [file.name for file in path.parent.iterdir()] == ["secret"]


def test_processes_that_start_together_agree(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        secrets = set(pool.map(lambda _: load_secret({}, tmp_path / "secret"), range(24)))
    assert len(secrets) == 1


def test_a_short_secret_is_refused(tmp_path: Path) -> None:
    with pytest.raises(KnowledgeError, match="TTHC_SECRET"):
        load_secret({"TTHC_SECRET": "short"}, tmp_path / "secret")
