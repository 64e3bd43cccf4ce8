"""Lets the cores of a Ray cluster work at the same time, each with a model that stays open from task to task."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Protocol, TypeVar

from dialin.errors import ClusterError, DialinError

FIRST_SECONDS, REST_SECONDS = 300.0, 20.0
"""How long to wait for the first core, and then for the others: a cluster may be at work for somebody else."""
MOST_RETRIES = 3
"""How often an item is tried again whose core has died; one that kills every core is no reason to go on."""

Item_contra = TypeVar("Item_contra", contravariant=True)
Found_co = TypeVar("Found_co", covariant=True)


class Work(Protocol[Item_contra, Found_co]):
    """What a core does; it travels there, so it holds names of models rather than models, and opens them there."""

    def open(self) -> None:
        """Open what the work needs; raise `DialinError` where that is not possible."""
        ...

    def __call__(self, item: Item_contra, /) -> Found_co:
        """Do it for one item; the result depends on the item alone, as it is done again if the core dies."""
        ...


class Cores:
    """The cores of the joined cluster; at any time, all of them hold the same work.

    An actor of Ray on each core holds the work. One that dies is started again, and does its task again.
    """

    def __init__(self) -> None:
        self._work: object = None
        self._actors: list[Any] = []

    def map(self, work: Work[Item_contra, Found_co], items: Iterable[Item_contra]) -> Iterator[Found_co]:
        """Yield what the work finds for each item, in the order of the items.

        Items are taken only as they are needed: each core has one in hand and one in wait. So neither the items nor the
        results are ever in memory together, and whoever makes the items, or takes the results, works at the same time.

        Raises
        ------
        DialinError
            What the work raised.
        ClusterError
            The cluster failed, or has no free core.
        """
        import ray  # noqa: PLC0415  (an extra)

        with told():
            idle = deque(self._holding(work) * 2)
            most, doing, found = 2 * len(idle), dict[Any, Any](), deque[Any]()
            for item in items:
                if not idle:
                    [ended], _ = ray.wait(list(doing))
                    idle.append(doing.pop(ended))
                actor = idle.popleft()
                task = actor.do.remote(item)
                doing[task] = actor
                found.append(task)
                while found[0] not in doing or len(found) >= most:
                    yield self._taken(found.popleft(), doing, idle)
                    if not found:
                        break
            while found:
                yield self._taken(found.popleft(), doing, idle)

    @staticmethod
    def _taken(task: Any, doing: dict[Any, Any], idle: deque[Any]) -> Any:
        """Return the result of a task, once it is there; its actor is idle then."""
        import ray  # noqa: PLC0415

        result = ray.get(task)
        if task in doing:
            idle.append(doing.pop(task))
        return result

    def _holding(self, work: Work[Any, Any]) -> list[Any]:
        """Return the actors, which hold this work from now on."""
        if work != self._work:
            self._end()
            self._actors, self._work = _opened(work), work
        return self._actors

    def _end(self) -> None:
        import ray  # noqa: PLC0415

        for actor in self._actors:
            ray.kill(actor)
        self._actors, self._work = [], None


class _Holder:
    """What runs on a core."""

    def __init__(self, work: Work[Any, Any]) -> None:
        self._work = work

    def open(self) -> None:
        self._work.open()

    def do(self, item: Any) -> Any:
        return self._work(item)


def _opened(work: Work[Any, Any]) -> list[Any]:
    """Return an actor for each core that is free."""
    import ray  # noqa: PLC0415

    holder = ray.remote(num_cpus=1, max_restarts=-1, max_task_retries=MOST_RETRIES)(_Holder)
    n_cores = max(1, int(ray.cluster_resources().get("CPU", 1)))
    actors = [holder.remote(work) for _ in range(n_cores)]
    opening = [actor.open.remote() for actor in actors]
    first, _ = ray.wait(opening, timeout=FIRST_SECONDS)
    ready, _ = ray.wait(opening, num_returns=n_cores, timeout=REST_SECONDS if first else 0.0)
    if not ready:
        raise ClusterError("no core of the Ray cluster is free", hint="try again when its other work has ended")
    ray.get(ready)  # raises what opening raised
    for actor, opened in zip(actors, opening, strict=True):
        if opened not in ready:
            ray.kill(actor)
    return [actor for actor, opened in zip(actors, opening, strict=True) if opened in ready]


@contextmanager
def told() -> Iterator[None]:
    """Raise what a core raised on purpose as it is, and what befell the cluster as a `ClusterError`."""
    import ray  # noqa: PLC0415

    try:
        yield
    except ray.exceptions.RayError as error:
        cause = getattr(error, "cause", None)
        if isinstance(cause, DialinError):
            raise cause from error
        if isinstance(error, ray.exceptions.RayTaskError):  # a bug, never wrapped
            raise
        said: Sequence[str] = str(error).strip().splitlines() or [type(error).__name__]
        raise ClusterError(f"the Ray cluster failed: {said[0]}", hint="see the logs of Ray") from error
