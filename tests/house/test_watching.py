"""Alert rules and dashboard name metrics that exist, and every alert has its page in the runbook."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
import yaml

from bot.metrics import Metrics
from tests.house.repository import ROOT

RULES: list[dict[str, Any]] = [
    rule
    for group in yaml.safe_load((ROOT / "deploy/prometheus/alerts.yml").read_text(encoding="utf-8"))["groups"]
    for rule in group["rules"]
]
DASHBOARD = json.loads((ROOT / "deploy/grafana/dashboard.json").read_text(encoding="utf-8"))
RUNBOOK = (ROOT / "docs/runbook.md").read_text(encoding="utf-8")
PAGES = dict(re.findall(r"(?ms)^## (\w+)$(.*?)(?=^##? |\Z)", RUNBOOK))


def exported() -> Iterator[str]:
    """Yield the names under which Prometheus finds our figures."""
    for family in Metrics().registry.collect():
        for suffix in {"counter": ("_total",), "histogram": ("_bucket", "_sum", "_count")}.get(family.type, ("",)):
            yield f"{family.name}{suffix}"


def named(expression: str) -> set[str]:
    return set(re.findall(r"\btthc_\w+", expression))


def test_every_metric_that_is_watched_is_exported_and_all_that_matter_are_watched() -> None:
    alerts = set().union(*(named(rule["expr"]) for rule in RULES))
    shown = set().union(*(named(target["expr"]) for panel in DASHBOARD["panels"] for target in panel["targets"]))
    assert len(alerts) > 10 and len(shown) > 15
    assert (alerts | shown) - set(exported()) == set()


@pytest.mark.parametrize("rule", RULES, ids=[rule["alert"] for rule in RULES])
def test_every_alert_leads_to_its_page(rule: dict[str, Any]) -> None:
    assert rule["annotations"]["runbook_url"] == f"docs/runbook.md#{rule['alert'].lower()}"
    assert rule["labels"]["severity"] in ("page", "ticket") and rule["for"]
    page = PAGES[rule["alert"]]
    assert re.findall(r"(?m)^- \*\*(.+?)\*\*: \S", page) == ["Citizens feel", "Check", "Mend", "Tell"]
    assert "- **Check**: `/readyz`" in page, "it names the part that is ill"


def test_no_page_is_without_its_alert() -> None:
    assert set(PAGES) == {rule["alert"] for rule in RULES}
