"""What is counted, for Prometheus; each server has its own registry."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from bot.logbook import LOST
from bot.measuring import Backlog, Standing

_CHANNEL = ["channel"]
PARTS = ("database", "migrations", "disk", "rasa", "actions")


class Metrics:
    """Counters by channel. Nothing in them tells who wrote or what."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.registry.register(LOST)  # the log is the whole process's
        self._received = self._counter("received", "Messages and events that came in")
        self._duplicates = self._counter("duplicates", "Repetitions of what was already there")
        self._ignored = self._counter("ignored", "Events that are only counted, by kind", "kind")
        self._refused = self._counter("refused", "Requests refused at the door, by reason", "reason")
        self._delivered = self._counter("delivered", "Parts handed to the provider")
        self._failed = self._counter("failed", "Failed tries to deliver, by class of error", "reason")
        self._parked = self._counter("parked", "Messages given up on, waiting for a person")
        self._notices = Counter(
            "tthc_notices", "Notices about dossiers, by the way they went", [*_CHANNEL, "way"], registry=self.registry
        )
        self._held = Gauge("tthc_notices_held", "Notices that wait for the assistant's turn", registry=self.registry)
        self._spool = self._plain("spool_waiting", "Messages that are written down and not taken in yet")
        self._inbox = self._plain("inbox_waiting", "Questions that are not answered yet")
        self._inbox_age = self._plain("inbox_age_seconds", "Age of the oldest question that is not answered yet")
        self._people = self._plain("citizens_waiting", "Citizens who wait for a person or a call")
        self._people_age = self._plain("citizens_longest_wait_seconds", "How long the first of them has waited")
        self._answers = Counter("tthc_answers", "Answers given, by outcome", ["outcome"], registry=self.registry)
        self._seconds = Histogram(
            "tthc_answer_seconds",
            "From a question taken in to its answer stored",
            buckets=(0.1, 0.25, 0.5, 1, 2, 4, 8, 15, 30, 60, 300),
            registry=self.registry,
        )
        self._rasa_away = self._plain("rasa_away", "1 while this process holds questions back because Rasa is away")
        self._asked = Counter(
            "tthc_rasa_failures", "Questions that Rasa did not answer at a try", ["reason"], registry=self.registry
        )
        self._silences = Counter(
            "tthc_dossier_system_silences",
            "Rounds ended by a dossier system's silence",
            ["source"],
            registry=self.registry,
        )
        self._given_up = self._plain("given_up", "Messages that wait for an operator", "where")
        self._alerts = self._plain("alerts_open", "Alerts that stand, by kind", "kind")
        self._up = self._plain("part_up", "1 while a part answers", "part")
        self._pool = self._plain("database_connections", "Connections of this process, by state", "state")
        self._waiting = self._gauge("waiting", "Messages that wait to be delivered")
        self._lag = self._gauge("lag_seconds", "Age of the oldest message that waits to be delivered")

    def _counter(self, name: str, help_text: str, *more: str) -> Counter:
        return Counter(f"tthc_channel_{name}", help_text, [*_CHANNEL, *more], registry=self.registry)

    def _gauge(self, name: str, help_text: str) -> Gauge:
        return Gauge(f"tthc_channel_{name}", help_text, _CHANNEL, registry=self.registry)

    def _plain(self, name: str, help_text: str, *labels: str) -> Gauge:
        return Gauge(f"tthc_{name}", help_text, labels, registry=self.registry)

    def received(self, channel: str) -> None:
        self._received.labels(channel).inc()

    def duplicate(self, channel: str) -> None:
        self._duplicates.labels(channel).inc()

    def ignored(self, channel: str, kind: str) -> None:
        """``kind`` must come from a fixed list, never from the sender."""
        self._ignored.labels(channel, kind).inc()

    def refused(self, channel: str, reason: str) -> None:
        self._refused.labels(channel, reason).inc()

    def delivered(self, channel: str) -> None:
        self._delivered.labels(channel).inc()

    def failed(self, channel: str, reason: str) -> None:
        self._failed.labels(channel, reason).inc()

    def parked(self, channel: str) -> None:
        self._parked.labels(channel).inc()

    def noticed(self, channel: str, way: str) -> None:
        """``way`` is say, template or task."""
        self._notices.labels(channel, way).inc()

    def set_held(self, count: int) -> None:
        self._held.set(count)

    def answered(self, outcomes: Iterable[str], seconds: float) -> None:
        """Count an answer that is stored, ``seconds`` after its question was."""
        for outcome in outcomes:
            self._answers.labels(outcome).inc()
        self._seconds.observe(seconds)

    def rasa_failed(self, reason: str) -> None:
        """``reason`` is the class of an error."""
        self._asked.labels(reason).inc()

    def dossier_system_silent(self, source: str) -> None:
        self._silences.labels(source).inc()

    def set_rasa_away(self, is_away: bool) -> None:
        self._rasa_away.set(is_away)

    def set_parts(self, found: Mapping[str, bool]) -> None:
        """``found`` has every one of ``PARTS``."""
        for part in PARTS:
            self._up.labels(part).set(found[part])

    def set_connections(self, used: int, most: float) -> None:
        self._pool.labels("in_use").set(used)
        self._pool.labels("allowed").set(most)

    def set_standing(self, found: Standing, channels: Iterable[str]) -> None:
        """Take over what stands in the database."""
        self._spool.set(found.spool.count)
        self._inbox.set(found.inbox.count)
        self._inbox_age.set(found.inbox.age)
        self._people.set(found.people.count)
        self._people_age.set(found.people.age)
        for where, count in found.parked.items():
            self._given_up.labels(where).set(count)
        self._alerts.clear()
        for kind, count in found.alerts.items():
            self._alerts.labels(kind).set(count)
        for channel in channels:
            backlog = found.outbox.get(channel, Backlog())
            self._waiting.labels(channel).set(backlog.count)
            self._lag.labels(channel).set(backlog.age)

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return bytes(generate_latest(self.registry))
