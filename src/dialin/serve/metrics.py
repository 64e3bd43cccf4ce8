"""Counts what the service does, for Prometheus; no text of a request is in it."""

from __future__ import annotations

from collections import Counter as Tally

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from dialin.serve.batches import Told

PATHS = frozenset(
    [
        *("/", "/docs", "/openapi.json", "/health", "/ready", "/metrics", "/version"),
        *("/predict", "/dialogues", "/model/parse", "/intents"),
    ]
)
_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Metrics:
    """The counts of one service, since it was started."""

    def __init__(self) -> None:
        own = self._registry = CollectorRegistry()
        self._requests = Counter("dialin_requests", "Requests, by path and status.", ["path", "status"], registry=own)
        self._seconds = Histogram(
            "dialin_request_seconds", "Seconds of a request.", ["path"], buckets=_BUCKETS, registry=own
        )
        self._utterances = Counter("dialin_utterances", "Utterances that were asked about.", registry=own)
        self._none = Counter("dialin_unassigned", "Utterances without an intent, by reason.", ["reason"], registry=own)
        self._share = Gauge("dialin_unassigned_share", "Share of the utterances without an intent.", registry=own)
        self._intents = Counter("dialin_intent", "Utterances of each intent.", ["intent_id", "intent"], registry=own)
        self._renewals = Counter("dialin_renewals", "Times that a new version was loaded.", ["outcome"], registry=own)
        self._n, self._n_none = 0, 0

    def request(self, path: str, status: int, seconds: float) -> None:
        """Count a request."""
        known = kind_of_path(path)
        self._requests.labels(known, str(status)).inc()
        self._seconds.labels(known).observe(seconds)

    def told(self, told: Told) -> None:
        """Count what was decided about the utterances of a request."""
        names = told.served.names
        for intent, n in Tally(answer.intent_id for answer in told.answers if answer.intent_id >= 0).items():
            self._intents.labels(str(intent), names[intent]).inc(n)
        reasons = Tally(answer.reason for answer in told.answers if answer.reason)
        for reason, n in reasons.items():
            self._none.labels(reason).inc(n)
        self._utterances.inc(len(told.answers))
        self._n, self._n_none = self._n + len(told.answers), self._n_none + reasons.total()
        self._share.set(self._n_none / max(self._n, 1))

    def renewal(self, *, worked: bool) -> None:
        """Count that a new version was loaded, or could not be."""
        self._renewals.labels("loaded" if worked else "kept the old one").inc()

    def text(self) -> bytes:
        """Return all counts in Prometheus' text format."""
        return generate_latest(self._registry)


def kind_of_path(path: str) -> str:
    """Return the route of a path, so that strangers cannot make up labels.

    Examples
    --------
    >>> kind_of_path("/predict"), kind_of_path("/intents/12"), kind_of_path("/wp-admin")
    ('/predict', '/intents/{intent_id}', 'other')
    """
    if path.startswith("/intents/"):
        return "/intents/{intent_id}"
    return path if path in PATHS else "other"
