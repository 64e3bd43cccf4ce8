"""Notes in a run folder that a session of work was stopped, and what the run has cost by then."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from pathlib import Path

from dialin import files
from dialin.discover.replies import asked
from dialin.errors import DiskFullError, ProviderError
from dialin.jobs.timing import SessionLog
from dialin.llm.prices import PriceList
from dialin.llm.usage import usage_by_step
from dialin.room import Reserve
from dialin.runs.manifest import INTERRUPTED, Manifest, read_manifest, write_manifest
from dialin.runs.run import Run


@contextmanager
def stop_noted(run: Run, log: SessionLog) -> Iterator[None]:
    """Note what a session has paid and that it was stopped, if the block is: by the user, a provider or a full disk.

    Raises
    ------
    DiskFullError
        There is no room to set aside for the notes, so that the block is not begun; or the block raised it.
    """
    with Reserve(log.path) as reserve:
        try:
            reserve.take()
            yield
        except (KeyboardInterrupt, ProviderError, DiskFullError):
            reserve.give_up()
            with suppress(DiskFullError):  # others may have taken the room, and the run can be resumed without
                log.write(INTERRUPTED)
                note_stop(run, log.prices)
            raise


def note_stop(run: Run, prices: PriceList) -> None:
    """Write into the manifest that a run was stopped; the result of a capped one stays until a better one is there."""
    if not read_manifest(run.folder).result:
        billed = with_bill(run.manifest, run.folder, prices)
        write_manifest(run.folder, replace(billed, status=INTERRUPTED, files={}, result=""))  # half overwritten


def with_bill(manifest: Manifest, folder: Path, prices: PriceList) -> Manifest:
    """Return the manifest with the distinct questions of the run in `folder`, and what they cost at these prices."""
    bill = asked(folder / files.REPLIES)
    usage = {
        step: {"questions": usage.calls, "tokens_in": usage.tokens_in, "tokens_out": usage.tokens_out}
        for step, usage in usage_by_step(bill).items()
    }
    return replace(manifest, usage=usage, cost=prices.cost(bill))
