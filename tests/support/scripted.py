"""Stand-ins for tests: an LLM that answers by word overlap, and an embedder that hashes words."""

from __future__ import annotations

import hashlib
import pickle
import random
import re
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from threading import Lock

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import AnyFloats
from dialin.discover import connect, context, estimator, naming
from dialin.embed.choose import ChosenEmbedder
from dialin.judge.calibration import Calibration
from dialin.llm.base import Backend, Reply, Request
from dialin.llm.cache import request_key
from dialin.name.by_nearness import names_by_nearness
from dialin.name.kinds import KINDS, NEED, Kinds
from dialin.name.once import Embed
from dialin.name.task import NamingTask
from dialin.report.map import places

STOP = {
    "the",
    "a",
    "an",
    "my",
    "i",
    "is",
    "to",
    "for",
    "of",
    "and",
    "me",
    "you",
    "please",
    "what",
    "can",
    "how",
    "do",
    "it",
    "in",
    "on",
    "this",
    "that",
    "your",
    "was",
}
DIMENSIONS = 64
CALIBRATION = Calibration("test", (-3.2, 6.0, -0.4, 0.2), (0.0, 1.0), (0.0, 1.0, 1.0))
NASTY = (
    "<script>alert(1)</script> refund money",
    'refund "><img src=x onerror=alert(1)> money',
    "refund \u202eyenom\u202c money",
    "refund money " + "long " * 2_000,
    "refund money 👩‍👩‍👧‍👦 🇨🇳 退款",
)
"""Sentences that a page must show as they are: markup, marks that turn the direction of writing, length, emoji."""
TOPICS = {
    "refund": "refund money back return payment",
    "parcel": "parcel delivery tracking courier shipped",
    "password": "password login account reset locked",
    "appointment": "appointment technician visit booking schedule",
    "invoice": "invoice bill charge statement fee",
}


def words_of(text: str) -> list[str]:
    """Return the words that carry meaning."""
    return [word for word in re.findall(r"[a-z]+|[\u4e00-\u9fff]", text.lower()) if word not in STOP]


def word_vector(word: str) -> NDArray[np.float32]:
    """Return 64 numbers, the same for the same word on every machine."""
    bits = np.frombuffer(hashlib.sha256(word.encode()).digest() * 2, np.uint8)[:DIMENSIONS]
    return np.asarray((bits - 127.5) / 128, dtype=np.float32)


class HashingEmbedder:
    """Sums of word vectors, unit norm."""

    name = "test:hashing"

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        X = np.zeros((len(texts), DIMENSIONS), np.float32)
        for row, text in enumerate(texts):
            X[row] = np.sum([word_vector(word) for word in words_of(text) or ["nothing"]], axis=0)
        return np.asarray(X / np.maximum(np.linalg.norm(X, axis=1, keepdims=True), 1e-9), dtype=np.float32)


def embedder_of(spec: str, texts: Sequence[str] = ()) -> ChosenEmbedder:
    """Take the place of `dialin.embed.choose.embedder_of`."""
    return ChosenEmbedder(HashingEmbedder(), "a test embedder was asked for")


def kinds_by_word(texts: Sequence[str], roles: Sequence[str], opened: object = None) -> Kinds | None:
    """Take the place of `dialin.discover.connect.kinds_by_shipped`: "gives thanks …" is social, "gives data …" is data.

    None where no text begins so: most tests are about other things than kinds.
    """
    starts = {"gives thanks": "social", "gives data": "data"}
    found = [next((kind for start, kind in starts.items() if text.startswith(start)), NEED) for text in texts]
    if set(found) <= {NEED}:
        return None
    return Kinds(np.array([[float(kind == column) for column in KINDS] for kind in found]))


REAL_SPREAD_OUT = places.spread_out
SPREAD_OUT: dict[tuple[bytes, int], AnyFloats] = {}


def spread_out_once(Z: AnyFloats, seed: int) -> AnyFloats:
    """Take the place of `dialin.report.map.places.spread_out`: t-SNE, but of equal vectors only once.

    Many tests find intents in the same sentences, and look at what else a run has than the places on its map.
    """
    key = (np.ascontiguousarray(Z).tobytes(), seed)
    if key not in SPREAD_OUT:
        SPREAD_OUT[key] = REAL_SPREAD_OUT(Z, seed)
    return SPREAD_OUT[key].copy()


NAMES: dict[bytes, list[str]] = {}


def names_once(clusters: NamingTask, embed: Embed) -> list[str]:
    """Take the place of `dialin.discover.naming.names_by_nearness`: the names of equal clusters are found only once.

    The centroids tell which embedder it is.
    """
    key = hashlib.sha256(pickle.dumps(clusters)).digest()
    if key not in NAMES:
        NAMES[key] = names_by_nearness(clusters, embed)
    return [*NAMES[key]]


def install(backend: Backend, put: Callable[[object, str, object], None] = setattr) -> None:
    """Put stand-ins in the place of LLM (``--llm test:scripted``), embedder and calibration."""
    before: Callable[[str], Backend | None] = vars(connect)["backend_of"]  # of another stand-in, maybe
    put(connect, "backend_of", lambda spec: backend if spec == backend.name else before(spec))
    put(connect, "embedder_of", embedder_of)
    for module in (connect, estimator):  # the heads read the vectors of the shipped embedders alone
        put(module, "kinds_by_shipped", kinds_by_word)
    put(context, "general_calibration", lambda llm, form: CALIBRATION)
    put(naming, "names_by_nearness", names_once)
    put(places, "spread_out", spread_out_once)


class ScriptedBackend:
    """Says Yes where two sentences share a topic; names and describes a cluster by its most frequent word.

    Parameters
    ----------
    log : Path, optional
        Gets the key of every question, before it is answered.
    on_call : callable
        Told "ask" before and "answer" after each reply.
    """

    name = "test:scripted"
    n_parallel = 1
    n_draws = 1

    def __init__(self, log: Path | None = None, on_call: Callable[[str], None] = lambda _: None) -> None:
        self.log, self.on_call = log, on_call
        self.asked: list[str] = []
        self._lock = Lock()

    def reply(self, request: Request) -> Reply:
        with self._lock:
            self.asked.append(request_key(self.name, request))
            if self.log:
                with self.log.open("a") as file:
                    file.write(self.asked[-1] + "\n")
        self.on_call("ask")
        reply = answer(request)
        self.on_call("answer")
        return reply

    def close(self) -> None:
        pass


def answer(request: Request) -> Reply:
    """Return the scripted answer of one request."""
    user = request.prompt.user
    if request.options:
        p = 0.9 if same_topic(user) else 0.1
        return Reply(request.options[p < 0.5], (p, 1 - p), len(user) // 4 + 50, 1)
    first = Counter(topic_of(line) for line in user.split("\n") if line.startswith("- ")).most_common(1)
    about = first[0][0] if first else "something"
    text = f"Customers talk about the {about} here." if "Quotes:" in user else f"inquire-{about}"
    return Reply(text, (), len(user) // 4 + 80, 4)


def same_topic(user: str) -> bool:
    """Tell whether the numbered (or bulleted) sentences of a prompt have one topic."""
    lines = [line for line in user.split("\n") if re.match(r"(\d+:|-) ", line)]
    return len({topic_of(line) for line in lines}) == 1


def topic_of(text: str) -> str:
    """Return the topic with most words in a text, "other" for none."""
    words = set(words_of(text))
    scores = {topic: len(words & set(known.split())) for topic, known in TOPICS.items()}
    best = max(scores, key=lambda topic: scores[topic])
    return best if scores[best] else "other"


def sentences(n_per_topic: int = 14, seed: int = 0) -> list[tuple[str, str]]:
    """Return (sentence, topic) pairs: some words of a topic, and words that mean nothing."""
    rng = random.Random(seed)
    filler = [
        "hello",
        "yes",
        "today",
        "really",
        "quickly",
        "still",
        "again",
        "morning",
        "friend",
        "thanks",
        "maybe",
        "soon",
        "okay",
        "now",
        "there",
    ]
    rows = []
    for topic, known in TOPICS.items():
        for _ in range(n_per_topic):
            words = rng.sample(known.split(), 3) + rng.sample(filler, 1)
            rows.append((" ".join(words), topic))
    rng.shuffle(rows)
    return rows
