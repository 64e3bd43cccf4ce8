"""The models of a run, as the user names them, and who of them judges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from dialin.discover.settings import Auto, Settings
from dialin.errors import InputError
from dialin.judge.calibration import Calibration
from dialin.llm.backends import prompt_of_adapter, shipped_adapters
from dialin.llm.spec import AUTO, NO_LLM, Spec, at_server
from dialin.models import store as models
from dialin.prompts.templates import VERSIONS

DEFAULT_LLM = "local:qwen2.5-coder-0.5b"
TUNED_JUDGE = "local:gemma-3-270m+judge"
"""The judge beside a model of the catalogue, where an LLM is to judge: it measured better than each of them."""


@dataclass(frozen=True)
class Specs:
    """The models of a run, as the user names them.

    Parameters
    ----------
    llm : str
        The LLM that names clusters: a spec of `dialin.llm.backends.backend_of`, or "none".
    judge_llm : str
        The LLM that judges them; "auto": see `judge`.
    embedder : str
        A spec of `dialin.embed.choose.embedder_of`; "auto" chooses by the texts.
    cascade : str
        The dear judge, to whom `judge_llm` is the cheap one; "none": there is but one judge.
    fallbacks : tuple of str
        The LLMs that stand in, one after the other, for one that fails.
    calibration : Calibration or "auto"
        Of the judge; "auto": the one in the folder of its adapter, or the one shipped for it.
    """

    llm: str = DEFAULT_LLM
    judge_llm: str = AUTO
    embedder: str = AUTO
    calibration: Calibration | Auto = "auto"
    cascade: str = NO_LLM
    fallbacks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        if self.fallbacks and NO_LLM in {self.llm, *self.fallbacks}:
            raise InputError(
                f"--fallback needs LLMs, got {self.llm} and {', '.join(self.fallbacks)}",
                hint="without an LLM, nothing can fail: leave --fallback out",
            )
        if self.judge_llm == NO_LLM != self.llm:
            raise InputError("--judge-llm none does not go with an LLM that names intents", hint="use --judge geometry")
        if self.cascade != NO_LLM and self.judge in {NO_LLM, self.cascade}:
            raise InputError(
                f"--cascade {self.cascade} needs another LLM that judges cheaply, got {self.judge}",
                hint="name one with --judge-llm",
            )

    @property
    def llms(self) -> list[str]:
        """The specs of all LLMs, each once, without "none"."""
        return [spec for spec in dict.fromkeys([self.llm, self.judge, self.cascade, *self.fallbacks]) if spec != NO_LLM]

    def at_servers(self) -> Specs:
        """Return the same models, each with the URL of its server, so that no environment leads them elsewhere."""
        named = (self.embedder, self.llm, self.judge_llm, self.cascade, *self.fallbacks)
        embedder, llm, judge, cascade, *fallbacks = map(at_server, named)
        return Specs(llm, judge, embedder, self.calibration, cascade, tuple(fallbacks))

    @property
    def is_small(self) -> bool:
        """Whether the LLM is one of the catalogue, and nobody has chosen another judge."""
        spec = Spec.maybe(self.llm)
        is_known = spec is not None and spec.kind == "local" and spec.name in models.catalogue()
        return self.judge_llm == AUTO and is_known

    @property
    def judge(self) -> str:
        """The spec of the judge; for "auto" `TUNED_JUDGE` beside a model of the catalogue, else the LLM itself."""
        is_stale = self.judge_llm == AUTO and stale_adapter(self.wanted_judge)
        return self.llm if is_stale else self.wanted_judge

    @property
    def wanted_judge(self) -> str:
        """The spec of the judge, if its adapter fits today's prompt."""
        if self.is_small:
            return TUNED_JUDGE
        return self.llm if self.judge_llm == AUTO else self.judge_llm


def who_judges(settings: Settings, specs: Specs) -> tuple[Settings, Specs]:
    """Return the settings and the models of a run in which it is no longer "auto" who judges.

    An LLM of the catalogue names the intents, and the embeddings judge alone: even the judge that was tuned for it adds
    less to them than chance (``studies.own.left_out``), and would have to be fetched and asked.

    Examples
    --------
    >>> small, large = who_judges(Settings(), Specs()), who_judges(Settings(), Specs("openai:gpt-4o"))
    >>> small[0].judge, large[0].judge
    ('geometry', 'both')

    Raises
    ------
    InputError
        There is a dear judge, but the embeddings are to judge alone.
    """
    if specs.cascade != NO_LLM:
        return with_cascade(settings, specs)
    if settings.judge != "auto":
        return settings, specs
    own = replace(specs, judge_llm=specs.llm) if specs.is_small else specs
    return replace(settings, judge="geometry" if specs.is_small or own.judge == NO_LLM else "both"), own


def with_cascade(settings: Settings, specs: Specs) -> tuple[Settings, Specs]:
    """Return the settings and the models of a run with a dear judge: here an LLM judges first in any case."""
    if settings.judge not in {"auto", "both", "llm"}:
        raise InputError(
            f"--cascade {specs.cascade} does not go with --judge {settings.judge}: the LLM would be asked nothing",
            hint="use --judge both or --judge llm",
        )
    judge = "both" if settings.judge == "auto" else settings.judge
    return replace(settings, judge=judge), replace(specs, judge_llm=specs.judge)


def stale_adapter(spec: str) -> str:
    """Return the line about an adapter that was tuned with another version of its prompt; "" if it can be used."""
    parsed = Spec.maybe(spec)
    tuned = prompt_of_adapter(parsed) if parsed and parsed.kind == "local" else None
    if tuned is None or VERSIONS[tuned[0]] == tuned[1]:
        return ""
    task, version = tuned
    said = f"version {version}" if version else "an unknown version"
    return (
        f"the adapter of {spec} is not used: it was tuned with {said} of the prompt {task!r}, "
        f"which now has version {VERSIONS[task]} (tune it again)"
    )


def model_hashes(specs: Iterable[str]) -> dict[str, dict[str, str]]:
    """Return {model: {file: sha256}} of the models and adapters that come with dialin and that the specs name."""
    named = [spec for spec in map(Spec.maybe, specs) if spec is not None and spec.kind == "local"]
    names = [name for spec in named for name in (spec.model, spec.adapter, spec.name)]
    known, adapters = models.catalogue(), shipped_adapters()
    found = {name: {f.name: f.sha256 for f in known[name].files} for name in names if name in known}
    return found | {name: {adapters[name].name: models.sha256_of(adapters[name])} for name in names if name in adapters}
