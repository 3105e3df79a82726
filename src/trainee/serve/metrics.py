"""Metrics: what Prometheus is told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from trainee.record.events import Event

if TYPE_CHECKING:
    from trainee.serve.service import Service

BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0)


class Metrics:
    """Counts since the service was started."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        told: Any = {"registry": self.registry}
        self.events = Counter("trainee_events_total", "Events recorded, by kind", ["job", "kind"], **told)
        self.decisions = Counter("trainee_decisions_total", "Decisions, by who decided", ["job", "source"], **told)
        self.seconds = Histogram("trainee_decision_seconds", "Time to decide", ["job"], buckets=BUCKETS, **told)
        self.failures = Counter("trainee_record_failures_total", "Calls that could not be recorded", **told)
        self.waiting = Gauge("trainee_record_waiting", "Groups of events that wait to be recorded", **told)
        self.open = Gauge("trainee_episodes_open", "Episodes under way", ["job"], **told)
        self.behind = Gauge("trainee_learning_behind_events", "Events that learning has not taken up", ["job"], **told)
        self.steps = Gauge("trainee_learning_steps", "Time steps learned from", ["job"], **told)
        self.ready = Gauge("trainee_ready", "1 where the service is ready", **told)

    def count(self, event: Event) -> None:
        """One more event."""
        self.events.labels(event.job or "", event.kind).inc()
        if event.kind == "decided":
            self.decisions.labels(event.job, event.body["source"]).inc()
            if event.body["source"] in ("agent", "baseline"):
                self.seconds.labels(event.job).observe(event.body["took_ms"] / 1000)

    def told(self, service: Service) -> bytes:
        """As Prometheus reads it."""
        self.waiting.set(service.writer.waiting)
        self.ready.set(service.problem is None)
        for name, job in service.jobs.items():
            self.open.labels(name).set(job.counts["open_episodes"])
            if name in service.places:
                self.behind.labels(name).set(max(job.last - service.places[name].cursor, 0))
                self.steps.labels(name).set(service.places[name].steps)
        return generate_latest(self.registry)
