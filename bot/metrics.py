"""What is counted, for Prometheus; each server has its own registry."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, generate_latest

_CHANNEL = ["channel"]


class Metrics:
    """Counters by channel. Nothing in them tells who wrote or what."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._received = self._counter("received", "Messages and events that came in")
        self._duplicates = self._counter("duplicates", "Repetitions of what was already there")
        self._ignored = self._counter("ignored", "Events that are only counted, by kind", "kind")
        self._refused = self._counter("refused", "Requests refused at the door, by reason", "reason")
        self._delivered = self._counter("delivered", "Parts handed to the provider")
        self._failed = self._counter("failed", "Failed tries to deliver, by class of error", "reason")
        self._parked = self._counter("parked", "Messages given up on, waiting for a person")
        self._waiting = self._gauge("waiting", "Messages that wait to be delivered")
        self._lag = self._gauge("lag_seconds", "Age of the oldest message that waits to be delivered")

    def _counter(self, name: str, help_text: str, *more: str) -> Counter:
        return Counter(f"tthc_channel_{name}", help_text, [*_CHANNEL, *more], registry=self.registry)

    def _gauge(self, name: str, help_text: str) -> Gauge:
        return Gauge(f"tthc_channel_{name}", help_text, _CHANNEL, registry=self.registry)

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

    def set_backlog(self, channel: str, waiting: int, lag: float) -> None:
        self._waiting.labels(channel).set(waiting)
        self._lag.labels(channel).set(lag)

    def text(self) -> bytes:
        """Return everything in Prometheus's text format."""
        return bytes(generate_latest(self.registry))
