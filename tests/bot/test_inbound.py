"""A provider's id as the key under which an event is taken in once."""

from __future__ import annotations

import pytest

from bot.inbound import provider_key


@pytest.mark.parametrize(
    ("raw", "key"), [("96d3cdf3af150460909", "m:96d3cdf3af150460909"), ("x" * 60, "m:" + "x" * 60)]
)
def test_a_short_id_is_its_own_key(raw: str, key: str) -> None:
    assert provider_key(raw) == key


@pytest.mark.parametrize("raw", ["x" * 61, "x" * 5000, "é", "a\nb", "\ud800"])
def test_any_other_id_is_hashed_to_fit(raw: str) -> None:
    assert len(provider_key(raw)) <= 64
    assert provider_key(raw).startswith("h:") and provider_key(raw) == provider_key(raw)
