"""Takes a run to its result: embed, predict, discover, write. A stopped run continues from the stored replies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path

from dialin import files
from dialin.cluster.workers import one_blas_thread
from dialin.discover.branching import TreeTask, with_tree
from dialin.discover.connections import Connections
from dialin.discover.context import Tools
from dialin.discover.data import Data
from dialin.discover.measured import Measurements
from dialin.discover.method import discover
from dialin.discover.replies import WatchedBackend, asked, replies_in, shared_store
from dialin.discover.state import MIN_SENTENCES, Result, nothing
from dialin.jobs.answers import answers_note
from dialin.jobs.embedding import embed_into
from dialin.jobs.estimate import Counted, Estimate
from dialin.jobs.forecast import forecast
from dialin.jobs.identify import check_earlier, earlier_seen, identified, told_before
from dialin.jobs.known_first import joined_all, known_splits, placed_by_people, unseen_in
from dialin.jobs.results import Identified, write_identified
from dialin.jobs.stating import stating
from dialin.jobs.stopping import stop_noted, with_bill
from dialin.jobs.timing import SessionLog, Stopwatch
from dialin.jobs.update import Update, earlier_replies
from dialin.llm.base import Backend
from dialin.llm.batches.asking import Batching
from dialin.llm.batches.backend import BatchedBackend
from dialin.llm.batches.register import BatchRegister
from dialin.llm.cache import ReplyStore
from dialin.llm.client import Client
from dialin.llm.ledger import Budget, total_usage
from dialin.llm.prices import PriceList
from dialin.llm.rate import Clock
from dialin.llm.remote import RemoteBackend
from dialin.llm.retry import Retry
from dialin.runs.manifest import CAPPED, COMPLETE, Manifest
from dialin.runs.run import Run, data_of
from dialin.runs.tables import asked_for_several


@dataclass(frozen=True)
class Session:
    """Options of one session of work on a run.

    Parameters
    ----------
    budget : Budget
        Caps on the paid calls, tokens and money of this session.
    estimate : bool
        Whether to predict calls and seconds first.
    retry : Retry
        How to repeat failed calls.
    batch : bool or None
        Whether questions go through the provider's batch interface; False also ends the batches that are open. None:
        as the run was begun.
    watch : Stopwatch
        The seconds so far; by default from now on.
    on_step, on_reply, on_estimate, on_counted : callable
        Callbacks for each step that begins, each reply from the LLM, the prediction, and each question it counts.
    """

    budget: Budget = field(default_factory=Budget)
    estimate: bool = True
    retry: Retry = field(default_factory=Retry)
    batch: bool | None = None
    watch: Stopwatch = field(default_factory=Stopwatch)
    on_step: Callable[[str], None] = lambda _: None
    on_reply: Callable[[], None] = lambda: None
    on_estimate: Callable[[Estimate], None] = lambda _: None
    on_counted: Counted = lambda n, of: None  # noqa: ARG005


@one_blas_thread()
def work_on(run: Run, opened: Connections, session: Session) -> Run:
    """Work on a run until it is complete, hits a cap, or is stopped; every paid reply is kept.

    Returns
    -------
    Run
        The run with status "complete" or "capped".

    Raises
    ------
    ProviderError
        If the LLM or the embedder fails; the run can be resumed.
    KeyboardInterrupt
        If the user stops the run; it can be resumed.
    DiskFullError
        If a disk is full; the run can be resumed.
    InputError
        If the folder cannot be written.
    """
    check_earlier(run)
    update = Update.of(run)
    opened = update.with_vectors(opened) if update else opened
    opened = replace(opened, measurements=Measurements()) if predicts(opened, session) else opened
    log = SessionLog(run.folder, session.budget.prices, session.watch)
    session = replace(session, on_step=_both(log.step, session.on_step))
    with stop_noted(run, log):
        batching = batching_of(run.folder, session, opened.on_note)  # first: whoever resumes the run finds the register
        data = in_place(embed(run, opened, session), run, opened, session)
        with tools_of(opened, _clients(run, session, log), session.on_reply, batching) as tools:
            told = replace(tools, on_step=session.on_step)
            heard = update.heard(data, opened) if update else None
            splits = known_splits(run, data, told, heard.split if heard else None)
            searched = update.searched(splits) if update else None
            rest = searched.data if searched else splits[-1].rest if splits else data
            is_enough = len(rest.texts) >= MIN_SENTENCES
            log.predicted = _predicted(run, opened, session, rest) if is_enough else None
            log.begin()
            session.on_step("cluster")  # until the first question
            earlier = earlier_seen(run)
            before = told_before(earlier, splits) if earlier and not update else None
            found = discover(rest, told, run.manifest.settings, before) if is_enough else nothing(rest)
            joined = update.joined(splits, searched, found) if update and searched else joined_all(splits, found)
            named, taxonomy = identified(run, joined, earlier)
            result = with_tree(named, TreeTask(data.X, told, run.manifest.settings, placed_by_people(run)))
            with closing(replies_in(run.folder / files.REPLIES)) as store:
                note = answers_note(store.answers(), refused_by(tools))
        manifest = replace(_concluded(run, result, session.budget.prices), note=note)
        if asked_for_several(run.corpus):
            session.on_step("several")
            run = stating(run, data.X, result, opened)
        ended = replace(run, manifest=manifest)
        if log.cost:
            opened.on_note(f"paid in this session: {log.ledger.total().calls:,} calls, {log.cost}")
        session.on_step("report")
        beside = update.beside(result, heard) if update and heard else None
        return write_identified(ended, Identified(result, taxonomy), log, opened.on_note, beside)


def _concluded(run: Run, result: Result, prices: PriceList) -> Manifest:
    """Return the manifest of a run with what a result says of it as a whole."""
    about = replace(with_bill(run.manifest, run.folder, prices), suggested=result.suggested, cascaded=result.cascaded)
    return replace(about, unseen=unseen_in(run.folder, result), status=status_of(result))


def _both(first: Callable[[str], None], second: Callable[[str], None]) -> Callable[[str], None]:
    """Return a callback that calls two."""

    def called(step: str) -> None:
        first(step)
        second(step)

    return called


def refused_by(tools: Tools) -> list[str]:
    """Return the words with which servers refused single questions in this session; both clients share the list."""
    clients = [llm for llm in (tools.llm, tools.judge_llm) if isinstance(llm, Client)]
    return clients[0].refused if clients else []


def status_of(result: Result) -> str:
    """Return the status of a run with this result."""
    return COMPLETE if result.complete else CAPPED


def embed(run: Run, opened: Connections, session: Session) -> Data:
    """Return the sentences with the vectors of each by itself, encoding only those that no cache holds."""
    X = run.embeddings
    if X is None:
        session.on_step("embed")
        X = embed_into(run.folder / files.EMBEDDINGS, run.corpus.texts, opened.embed, opened.on_note)
    return data_of(run.corpus, X, run.manifest.embedder)


def in_place(data: Data, run: Run, opened: Connections, session: Session) -> Data:
    """Return the sentences with their kinds and vectors, given where they are said."""
    session.on_step("kind")
    return data.with_kinds(opened.kinds(data.texts, data.roles)).in_context(run.manifest.settings.context)


@contextmanager
def tools_of(
    opened: Connections,
    client_of: Callable[[Backend], Client],
    on_reply: Callable[[], None] = lambda: None,
    batching: Batching | None = None,
) -> Iterator[Tools]:
    """Open the tools of the method: clients of the LLMs in `opened`, which share stores, ledger and budget.

    Parameters
    ----------
    opened : Connections
        LLMs and embedder.
    client_of : callable
        Function that makes the client of a backend.
    on_reply : callable
        Callback for each reply.
    batching : Batching, optional
        What the models on servers are asked in batches with.
    """
    opened_llms = (opened.backend, opened.judge, opened.dear)
    backends = [_watched(backend, on_reply, batching) if backend else None for backend in opened_llms]
    first, measurements = next(filter(None, backends), None), opened.measurements
    if first is None:
        yield Tools(None, opened.embed, on_note=opened.on_note, measurements=measurements)
        return
    with client_of(first) as alone:
        client = alone.falling_back([WatchedBackend(one, on_reply) for one in opened.fallbacks], opened.on_note)
        llm, judge, dear = (client.asking(backend) if backend else None for backend in backends)
        own, of_dear = opened.calibration, opened.dear_calibration
        yield Tools(llm, opened.embed, judge, own, dear, of_dear, on_note=opened.on_note, measurements=measurements)


def _watched(backend: Backend, on_reply: Callable[[], None], batching: Batching | None) -> Backend:
    watched = WatchedBackend(backend, on_reply)
    return BatchedBackend(watched, backend, batching) if batching and isinstance(backend, RemoteBackend) else watched


def goes_in_batches(folder: Path, session: Session) -> bool:
    """Return whether a session works on a run with batches."""
    return (folder / files.BATCHES).exists() if session.batch is None else session.batch


def batching_of(folder: Path, session: Session, on_note: Callable[[str], None]) -> Batching | None:
    """Return what a session asks in batches with; None if all questions are asked at once, and no batch is open."""
    if not goes_in_batches(folder, session) and not (folder / files.BATCHES).exists():
        return None
    is_ending = session.batch is False
    register = BatchRegister(folder / files.BATCHES, is_ending)
    return Batching(register, on_note, session.on_reply, Clock(), is_ending)


def _clients(run: Run, session: Session, log: SessionLog) -> Callable[[Backend], Client]:
    """Return a function that makes a client, which looks up replies in the run's stores, then in the shared store."""

    def client_of(backend: Backend) -> Client:
        return Client(backend, [*_stores_of(run), shared_store()], log.ledger, session.budget, session.retry)

    return client_of


def _stores_of(run: Run) -> list[ReplyStore]:
    """Open the replies of a run, and those of the run that it updates, which are only read."""
    return [ReplyStore(run.folder / files.REPLIES), *earlier_replies(run.manifest)]


def predicts(opened: Connections, session: Session) -> bool:
    """Return whether a session predicts its run: where an LLM is asked, unless nobody wants to know."""
    return session.estimate and bool(opened.backend or opened.judge)  # a dear judge has a cheap one before it


def _predicted(run: Run, opened: Connections, session: Session, data: Data) -> Estimate | None:
    if not predicts(opened, session):
        return None
    session.on_step("predict")
    found = forecast(data, opened, run.manifest.settings, _stores_of(run), session.on_counted)
    prediction = replace(found, prices=session.budget.prices)
    session.on_estimate(prediction)
    return prediction


def n_replies(folder: Path) -> int:
    """Return the number of replies that a run has."""
    return total_usage(asked(folder / files.REPLIES)).calls
