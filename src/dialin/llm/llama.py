"""llama.cpp in this process: a request has one reply, whatever came before it."""

from __future__ import annotations

import math
import mmap
import os
import secrets
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from dialin.errors import InputError, ModelError, ProviderError
from dialin.llm.base import Reply, Request
from dialin.llm.llama_tokens import Tokens
from dialin.llm.options import Candidate, option_probabilities
from dialin.llm.render import Template, render

_NO_LOG = -1
PATIENCE = 2.0
"""Seconds for which the end waits for a call that an interrupt has left alone."""
N_TOP = 40
"""Candidates for a token that llama.cpp is asked for."""


@dataclass(frozen=True)
class LlamaOptions:
    """How to run a local model.

    Parameters
    ----------
    chat_template : {"chatml", "plain"}, optional
        How a conversation is written; None looks in the file (a vocabulary with ``<|im_start|>`` is ChatML).
    n_ctx : int
        Tokens that a prompt and its answer may have.
    n_threads : int, optional
        Threads; None takes one for each core.
    n_gpu_layers : int
        Layers on the accelerator, if the installed llama.cpp supports one.
    reuse_prefix : bool
        Evaluate the shared beginning of prompts once; False evaluates every prompt in full, for comparison.
    lora : Path, optional
        A GGUF adapter (as `dialin tune` writes it) to use with the model.
    """

    chat_template: Template | None = None
    n_ctx: int = 4096
    n_threads: int | None = None
    n_gpu_layers: int = 0
    reuse_prefix: bool = True
    lora: Path | None = None


class LlamaBackend:
    """A GGUF model in this process.

    Calls are answered one at a time. llama.cpp's rounding depends on which tokens are evaluated together:
    probabilities would move (by some 0.02) with the order of the calls or with parallel slots. Here the state
    is cut back to exactly the shared prefix before each call: a request has one reply, bit for bit.

    Parameters
    ----------
    model_path : str or Path
        The GGUF file.
    name : str, optional
        Name of the model in stores and reports; by default the file's, with an adapter's after a "+".
    options : LlamaOptions
        How to run it.

    Raises
    ------
    ModelError
        A file is missing, or llama.cpp cannot load it as a model or adapter.
    """

    n_parallel = 1
    n_draws = 1

    def __init__(self, model_path: str | Path, name: str | None = None, options: LlamaOptions = LlamaOptions()) -> None:
        path = Path(model_path)
        self.name = name or f"local:{path.name}" + (f"+{options.lora.name}" if options.lora else "")
        self._options = options
        self._template: Template = options.chat_template or template_of(path)
        self._server, self._tokens = _load(path, options)
        self._lock = Lock()
        self._prefix: list[int] = []  # the model's key-value state begins with these tokens

    def reply(self, request: Request) -> Reply:
        """Answer one request.

        Raises
        ------
        InputError
            The prompt is longer than the context, or the grammar is invalid.
        ProviderError
            llama.cpp failed.
        """
        prefix, rest = render(request.prompt, self._template)
        with self._lock:
            if self._options.reuse_prefix:
                self._hold(self._tokens.of(prefix))
            prompt = self._tokens.of([*prefix, *rest])
            body = self._body(request) | {"prompt": prompt, "cache_prompt": self._options.reuse_prefix}
            return _read_reply(self._complete(body), request)

    def close(self) -> None:
        """Give back the memory of the model; after a call that does not end, the process gives it back."""
        if self._lock.acquire(timeout=PATIENCE):
            self._tokens.close()
            self._server = None
            self._lock.release()

    def _hold(self, prefix: list[int]) -> None:
        """Cut the state back to exactly `prefix`: of its tokens, only the last is evaluated again."""
        if prefix != self._prefix:
            self._prefix = []  # in case this fails
            self._complete({"prompt": prefix, "max_tokens": 0, "cache_prompt": False})
            self._prefix = prefix
        self._complete({"prompt": prefix, "max_tokens": 0, "cache_prompt": True})

    def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {"max_tokens": request.max_tokens, "temperature": 0}
        if request.options:
            body |= {"max_tokens": 1, "n_probs": N_TOP}
        if request.grammar:
            body["grammar"] = request.grammar
        if self._template == "plain":
            body["stop"] = ["\n"]
        return body

    def _complete(self, body: dict[str, Any]) -> dict[str, Any]:
        if self._server is None:
            raise ProviderError(f"the model {self.name} has been closed")
        answer: dict[str, Any] = self._server.handle_completions(body)
        if "error" in answer:
            self._prefix = []
            raise _fault(self.name, answer["error"])
        return answer


def template_of(path: Path) -> Template:
    """Return the template that fits a GGUF file's vocabulary; raise `ModelError` if it is not a GGUF file."""
    try:
        with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if data[:4] != b"GGUF":
                raise ModelError(f"{path} is not a GGUF model file", hint="fetch the model again")
            return "chatml" if data.find(b"<|im_start|>", 0, 32 << 20) >= 0 else "plain"
    except (OSError, ValueError) as error:  # ValueError: an empty file cannot be mapped
        raise ModelError(f"cannot read the model file {path}: {error}") from error


def _load(path: Path, options: LlamaOptions) -> tuple[Any, Tokens]:
    """Return llama.cpp with the model, and its tokenizer."""
    # Threads that spin while they wait made all seven times slower on a busy machine. OpenMP reads this
    # once, when it is loaded.
    os.environ.setdefault("OMP_WAIT_POLICY", "passive")
    import xllamacpp  # noqa: PLC0415  (tens of MB, wanted only with a local model)

    params = _params(xllamacpp.CommonParams(), path, options)
    if options.lora:
        template_of(options.lora)  # a missing file, or one that is not GGUF, is reported by its own name
        params.lora_adapters = [xllamacpp.CommonAdapterLoraInfo(str(options.lora))]
    both = f"{path} with {options.lora}" if options.lora else str(path)
    try:
        server = xllamacpp.Server(params)
    except RuntimeError as error:
        raise ModelError(
            f"llama.cpp cannot load {both}: {error}",
            hint="the file may be cut short or too new: fetch it again",
        ) from error
    # A server that is closed before its loop has begun waits for ever (seen once in five): one call makes sure.
    server.handle_completions({"prompt": "a", "max_tokens": 0})
    return server, Tokens(server.listening_address, params.api_keys[0])


def _params(params: Any, path: Path, options: LlamaOptions) -> Any:
    params.model.path = str(path)
    params.n_ctx = options.n_ctx
    params.n_parallel = 1
    params.n_gpu_layers = options.n_gpu_layers
    params.warmup = False
    params.verbosity = _NO_LOG
    params.endpoint_slots = False  # xllamacpp also listens on loopback: let no other user of the machine ask or read
    params.api_keys = [secrets.token_hex()]
    params.cache_ram_mib = 0  # no second cache: an older state would bring back another batch's rounding
    params.swa_full = True  # models with a sliding window cannot be cut back otherwise
    for threads in (params.cpuparams, params.cpuparams_batch):
        threads.n_threads = options.n_threads or os.cpu_count() or 1
    return params


def _fault(name: str, error: dict[str, Any]) -> InputError | ProviderError:
    message = str(error.get("message", error))
    if error.get("type") == "exceed_context_size_error":
        sizes = f"{error.get('n_prompt_tokens')} tokens, it holds {error.get('n_ctx')}"
        return InputError(f"the prompt is too long for {name}: {sizes}", hint="send fewer or shorter sentences")
    if error.get("code") == 400:
        return InputError(f"{name} refuses the request: {message}")
    return ProviderError(f"{name} failed: {message}")


def _read_reply(answer: dict[str, Any], request: Request) -> Reply:
    choice, usage = answer["choices"][0], answer["usage"]
    probabilities = option_probabilities(_candidates(choice), request.options)
    return Reply(choice["text"].strip(), probabilities, usage["prompt_tokens"], usage["completion_tokens"])


def _candidates(choice: dict[str, Any]) -> list[Candidate]:
    content = (choice["logprobs"] or {}).get("content") or []
    top = content[0]["top_logprobs"] if content else []
    return [(bytes(entry["bytes"]), entry["logprob"]) for entry in top if math.isfinite(entry["logprob"])]
