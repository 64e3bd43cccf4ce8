"""Starts a run: reads and checks its input, and creates its folder in one step or not at all."""

from __future__ import annotations

import shutil
from contextlib import suppress
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from dialin import files
from dialin.discover.connections import Connections
from dialin.discover.settings import Settings, check, check_describer
from dialin.discover.specs import model_hashes
from dialin.discover.state import MIN_SENTENCES
from dialin.errors import DialinError, InputError
from dialin.llm.servers import allow, servers_of
from dialin.llm.spec import NO_LLM
from dialin.prompts.steering import STEPS_OF
from dialin.prompts.templates import shipped
from dialin.read.corpus import Corpus
from dialin.read.database import SqlQuery
from dialin.read.limits import NO_LIMITS, ReadLimits
from dialin.read.remote import is_remote, without_secrets
from dialin.redact.choice import OFF
from dialin.redact.source import RedactedCorpus, Redaction, read_redacted
from dialin.review.pin import KeptIntents, pinned_of, write_pinned
from dialin.runs.listed import write_listed
from dialin.runs.manifest import COMPLETE, RUNNING, InputSource, Manifest, RunPlan, read_manifest, write_manifest
from dialin.runs.redaction import write_redaction
from dialin.runs.run import Run, decided, fingerprint, keys_of, load
from dialin.runs.tables import sentences_table, with_stated
from dialin.runs.update import united


def read_corpus(plan: RunPlan, limits: ReadLimits = NO_LIMITS) -> RedactedCorpus:
    """Read the sentences of a plan, replace what must not be seen, and check that they and the settings are usable.

    Parameters
    ----------
    plan : RunPlan
        The task.
    limits : ReadLimits
        What reading may take.

    Raises
    ------
    InputError
        If the input or the settings are not usable, or the limits raise it.
    """
    check(plan.settings)
    check_describer(plan.settings, has_llm=plan.specs.llm != NO_LLM)
    if plan.is_update:
        return united(plan, limits)
    found = read_redacted(plan.source, plan.columns, plan.redact or OFF, limits)
    corpus = found.corpus
    n, n_rows, where = len(corpus.texts), corpus.occurrences.num_rows, shown(plan.source)
    if n < MIN_SENTENCES:
        raise InputError(
            f"{where} has too few distinct sentences: {n} in {n_rows} rows; at least {MIN_SENTENCES} are needed",
            hint="give more sentences, or name another text column",
        )
    if max(map(len, corpus.texts)) == 1:
        raise InputError(
            f"all {n} distinct texts of {where} are one character long, such as {corpus.texts[0]!r}",
            hint="name another text column",
        )
    _check_sizes(plan.settings, n)
    return found


def _check_sizes(settings: Settings, n: int) -> None:
    least = settings.min_cluster_size
    given = {"n_clusters": max(settings.n_clusters, default=0), "min_cluster_size": 0 if least == "auto" else least}
    for name, value in given.items():
        if value > n:
            raise InputError(f"{name} {value} exceeds the {n} distinct sentences", hint="choose a smaller value")


def check_free(folder: Path) -> None:
    """Raise InputError if `folder` cannot become a run folder because it is a file or not empty."""
    if not folder.exists():
        return
    if not folder.is_dir():
        raise InputError(f"{folder} is a file, not a folder", hint="choose another --out")
    if (folder / files.MANIFEST).exists():
        manifest = read_manifest(folder)
        is_annotation = manifest.settings.judge == "people"
        if manifest.status == COMPLETE and not is_annotation:
            raise InputError(f"{folder} already holds a complete run", hint="choose another --out")
        command = "annotate" if is_annotation else "resume"
        raise InputError(
            f"{folder} already holds a run",
            hint=f"continue it with: dialin {command} {files.quoted(folder)}; or choose another --out",
        )
    if any(folder.iterdir()):
        raise InputError(f"{folder} is not empty", hint="choose another --out")


def start(folder: Path, plan: RunPlan, corpus: Corpus, opened: Connections, redaction: Redaction | None = None) -> Run:
    """Create a run folder, in one step, with everything needed to continue from it.

    Parameters
    ----------
    folder : Path
        The folder.
    plan : RunPlan
        The task.
    corpus : Corpus
        The sentences.
    opened : Connections
        LLMs and embedder.
    redaction : Redaction, optional
        What was replaced in the sentences, if it was looked for.

    Raises
    ------
    InputError
        If the folder is not free or cannot be written; no part of it remains.
    """
    check_free(folder)
    pinned = pinned_for(plan, corpus, opened) if plan.since and not plan.is_update else None
    corpus = with_stated(corpus, None) if plan.multi else corpus
    run = Run(folder, first_manifest(plan, corpus, opened), corpus)
    place = folder.resolve()  # a link leads to the folder, and stays
    staging = _staging(place)
    made = _missing_parents(place)
    try:
        shutil.rmtree(staging, ignore_errors=True)
        staging.mkdir(parents=True)
        files.write_table(staging / files.OCCURRENCES, corpus.occurrences)
        files.write_table(staging / files.SENTENCES, sentences_table(corpus, None))
        if pinned:
            write_pinned(staging / files.PINNED_INTENTS, pinned)
        if plan.listed:
            write_listed(staging / files.LISTED_INTENTS, plan.listed)
        if redaction:
            write_redaction(staging / files.REDACTION, redaction)
        write_manifest(staging, run.manifest)
        if place.exists():
            place.rmdir()
        staging.rename(place)
        _remember_servers(plan, opened)
    except BaseException as error:
        shutil.rmtree(staging, ignore_errors=True)
        _remove_empty(made)
        if isinstance(error, OSError) and not isinstance(error, DialinError):
            raise files.cannot_write(folder, error) from error
        raise
    return run


def discard(folder: Path) -> None:
    """Delete a run folder: it goes in one step, and what a killed process leaves of it, the next `start` deletes.

    Raises
    ------
    InputError
        The folder cannot be deleted.
    """
    place = folder.resolve()  # a link leads to the folder, and stays
    staging = _staging(place)
    try:
        shutil.rmtree(staging, ignore_errors=True)
        place.rename(staging)
        shutil.rmtree(staging)
    except OSError as error:
        raise InputError(
            f"cannot delete {folder}: {error.strerror or error}", hint="close what uses it, and try again"
        ) from error


def _staging(place: Path) -> Path:
    """Return where a run folder is made, and where it is deleted: beside its place, under a name of its own."""
    return place.parent / f".{place.name}.starting"


def _remember_servers(plan: RunPlan, opened: Connections) -> None:
    """Remember that the user named these servers, so that the run can ask them later, too."""
    with suppress(InputError):  # a folder that cannot be written: `--allow-server` says so when it is needed
        allow(servers_of([*plan.specs.llms, opened.embedder_name]))


def pinned_for(plan: RunPlan, corpus: Corpus, opened: Connections) -> KeptIntents | None:
    """Return the intents that people decided about in the earlier run of a plan, applied to the sentences of a new one.

    Returns
    -------
    KeptIntents or None
        None if nobody has decided about the earlier run.

    Raises
    ------
    InputError
        If the two runs do not have the same embedder and, in dialogues, the same context.
    """
    since, context = Path(plan.since or ""), plan.settings.context
    old = load(since)
    if old.manifest.embedder != opened.embedder_name:
        raise InputError(
            f"{since} was made with the embedder {old.manifest.embedder}, but this run uses {opened.embedder_name}",
            hint=f"use --embedder {old.manifest.embedder}",
        )
    known_by = old.manifest.settings.context
    if known_by != context and (old.corpus.has_dialogues or corpus.has_dialogues):
        raise InputError(
            f"{since} was made with --context {known_by}, but this run has --context {context}",
            hint=f"use --context {known_by}",
        )
    return pinned_of(decided(old), keys_of(corpus))


def _missing_parents(folder: Path) -> list[Path]:
    return [parent for parent in folder.parents if not parent.exists()]


def _remove_empty(folders: list[Path]) -> None:
    for folder in folders:
        try:
            folder.rmdir()
        except OSError:  # never created, or others have put something there
            return


def recorded_path(source: str | SqlQuery) -> str:
    """Return the absolute path of an input, or its URL without secrets; "-" for standard input."""
    if isinstance(source, SqlQuery) or source == "-" or is_remote(source):
        return shown(source)
    return str(Path(source).absolute())


def shown(source: str | SqlQuery) -> str:
    """Return what an input is called in messages and files: without passwords and signatures."""
    return without_secrets(source) if isinstance(source, str) else source.shown


def embedder_reason(plan: RunPlan, opened: Connections) -> str:
    """Return why a run has its embedder: nobody asked for one that it takes over from an earlier run."""
    name = opened.embedder_name
    if plan.since is None or read_manifest(plan.since).embedder != name:
        return opened.reason
    return f"{name} is the embedder of {plan.since.absolute().name}"


def first_manifest(plan: RunPlan, corpus: Corpus, opened: Connections) -> Manifest:
    """Return the manifest of a new run."""
    n_rows = corpus.occurrences.num_rows
    specs = plan.specs.at_servers()
    counts = len(corpus.texts), n_rows, corpus.n_blank
    sql = plan.source.sql if isinstance(plan.source, SqlQuery) else ""
    source = InputSource(recorded_path(plan.source), plan.columns, fingerprint(corpus), *counts, sql=sql)
    return Manifest(
        dialin=version("dialin"),
        status=RUNNING,
        settings=plan.settings,
        source=replace(source, redact=plan.redact or OFF),
        embedder=opened.embedder_name,
        embedder_reason=embedder_reason(plan, opened),
        llm=specs.llm,
        judge_llm=specs.judge,
        cascade_llm=specs.cascade,
        fallback_llms=list(specs.fallbacks),
        models=model_hashes([*specs.llms, opened.embedder_name]),
        prompts=plan.settings.steering.prompts_of(shipped(), STEPS_OF),
        calibration=opened.calibration,
        since=str(plan.since.absolute()) if plan.since else "",
        is_update=plan.is_update,
    )
