"""Metrics of a server, in Prometheus' text format."""

from __future__ import annotations

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Counter, Gauge, Histogram, generate_latest

#: Media type of the text.
MEDIA_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.1, 0.25, 0.5, 1, 2.5, 5, 10, 25, 50, 100)


class Metrics:
    """Numbers that a server counts. Each server has its own registry, so that there can be several in a process."""

    def __init__(self) -> None:
        self._registry = CollectorRegistry()
        self.requests = Counter(
            "primage_renders",
            "Requests to render, by model and outcome: done, or the code of the error.",
            ("model", "outcome"),
            registry=self._registry,
        )
        self.render_seconds = Histogram(
            "primage_render_seconds",
            "Time that a worker took for a result.",
            ("model",),
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.waiting_seconds = Histogram(
            "primage_waiting_seconds",
            "Time from the end of an upload to the start of its render.",
            buckets=_SECONDS,
            registry=self._registry,
        )
        self.waiting = Gauge(
            "primage_waiting", "Requests that are received or wait for a worker.", registry=self._registry
        )
        self.running = Gauge("primage_running", "Requests that are rendered.", registry=self._registry)
        self.queue = Gauge("primage_queue_size", "Requests that may wait.", registry=self._registry)
        self.workers = Gauge("primage_workers", "Worker processes that run.", registry=self._registry)
        self.deaths = Counter(
            "primage_worker_deaths", "Worker processes that ended unexpectedly.", registry=self._registry
        )

    def text(self) -> bytes:
        """All of them, as Prometheus reads them."""
        return generate_latest(self._registry)
