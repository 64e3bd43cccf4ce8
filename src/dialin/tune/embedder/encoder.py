"""A transformers encoder that turns sentences into unit vectors: load it, pool it, and write it to a folder."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dialin.arrays import Matrix
from dialin.errors import InputError
from dialin.files import write_json
from dialin.tune.base import Weights, loading, quiet
from dialin.tune.embedder.from_onnx import bert_of
from dialin.tune.embedder.settings import EmbedderSettings, Pooling

TOKENIZER = "tokenizer.json"
POOLING = ("1_Pooling/config.json", "pooling.json")
"""Where a base says how to pool: in folders of sentence-transformers, and in `dialin models`."""
MAX_READ = 256
"""Maximum number of tokens in scores, as for the embedded models."""
_N_READ = 128
_TOKENIZER_FILES = (TOKENIZER, "tokenizer_config.json", "special_tokens_map.json", "vocab.txt")
LORA_DOWN = "lora_A"
"""Part of the names of LoRA's first matrices; the second ones begin as 0, so the model begins as its base."""
_LAYER = re.compile(r"(?:^|\.)layers?\.(\d+)\.")


@dataclass
class SentenceEncoder:
    """A loaded encoder.

    Parameters
    ----------
    weights : Weights
        Files that it was loaded from.
    model : object
        Model of transformers, without dropout.
    tokenizer : tokenizers.Tokenizer
        Its tokenizer, without padding.
    pooling : {"mean", "cls"}
        How token states become a sentence vector.
    device : str
        Device of the model, as torch names it.
    """

    weights: Weights
    model: Any
    tokenizer: Any
    pooling: Pooling
    device: str

    def embed(self, model: Any, texts: Sequence[str], max_tokens: int) -> Any:
        """Return the vectors of some texts as a float32 tensor of unit norm, shape (n, d), with their gradients.

        Parameters
        ----------
        model : object
            `model`, or a copy of it with other weights.
        texts : sequence of str
            The texts.
        max_tokens : int
            Tokens beyond this number, or beyond what the model can read, are cut off.
        """
        import torch  # noqa: PLC0415

        tokens = self.token_ids(texts, max_tokens)
        shape = (len(tokens), max(map(len, tokens)))
        ids = torch.full(shape, int(self.model.config.pad_token_id or 0))
        mask = torch.zeros(shape, dtype=torch.int64)
        for row, own in enumerate(tokens):
            ids[row, : len(own)] = torch.tensor(own)
            mask[row, : len(own)] = 1
        ids, mask = ids.to(self.device), mask.to(self.device)
        states = model(input_ids=ids, attention_mask=mask).last_hidden_state
        return pooled(states.float(), mask, self.pooling)

    def token_ids(self, texts: Sequence[str], max_tokens: int) -> list[list[int]]:
        """Return the tokens of texts, without those beyond `max_tokens` or beyond what the model can read."""
        self.tokenizer.enable_truncation(min(max_tokens, longest(self.model.config)))
        return [encoded.ids for encoded in self.tokenizer.encode_batch(list(texts))]

    def tokenizer_json(self) -> str:
        """Return the tokenizer as JSON, without a maximum length, which the reader chooses."""
        self.tokenizer.no_truncation()
        return str(self.tokenizer.to_str())

    def vectors(self, texts: Sequence[str]) -> Matrix:
        """Return the vectors of texts with the present weights: float32 of unit norm, shape (n, d)."""
        import torch  # noqa: PLC0415

        found = np.empty((len(texts), int(self.model.config.hidden_size)), dtype=np.float32)
        order = np.argsort([len(text) for text in texts], kind="stable")  # similar lengths need little padding
        with torch.inference_mode():
            for start in range(0, len(texts), _N_READ):
                rows = order[start : start + _N_READ]
                found[rows] = self.embed(self.model, [texts[row] for row in rows], MAX_READ).cpu().numpy()
        return found


def pooled(states: Any, mask: Any, pooling: Pooling) -> Any:
    """Return unit vectors, a tensor of shape (n, d), from token states (n, length, d) and their mask (n, length)."""
    import torch  # noqa: PLC0415

    if pooling == "cls":
        return torch.nn.functional.normalize(states[:, 0], dim=-1)
    weights = mask.unsqueeze(-1).to(states.dtype)
    return torch.nn.functional.normalize((states * weights).sum(dim=1) / weights.sum(dim=1), dim=-1)


def load_encoder(weights: Weights, pooling: Pooling | None, device: str) -> SentenceEncoder:
    """Return an encoder in float32.

    Parameters
    ----------
    weights : Weights
        Its files.
    pooling : {"mean", "cls"} or None
        How to pool; None: as the folder says, else "mean"; "cls" for an ONNX file, as `dialin.embed.onnx` reads it.
    device : str
        Device, as torch names it.

    Raises
    ------
    InputError
        The model is not an encoder, lacks ``tokenizer.json``, or pools in another way.
    ModelError
        transformers cannot read the files, or an ONNX file is not a complete BERT.
    """
    import tokenizers  # noqa: PLC0415

    chosen = pooling or ("cls" if weights.onnx else pooling_of(weights.folder))
    if not weights.onnx:
        _check_kind(weights)
    if not (weights.folder / TOKENIZER).is_file():
        raise InputError(
            f"{weights.name} has no {TOKENIZER}", hint="save its tokenizer as a fast one, or choose another"
        )
    with loading(weights):
        tokenizer = tokenizers.Tokenizer.from_file(str(weights.folder / TOKENIZER))
    model = bert_of(weights) if weights.onnx else _transformer(weights)
    tokenizer.no_padding()
    if getattr(model, "pooler", None) is not None:
        model.pooler = None  # it is not used, and many files lack its weights
    return SentenceEncoder(weights, model.to(device).eval(), tokenizer, chosen, device)


def _transformer(weights: Weights) -> Any:
    import transformers  # noqa: PLC0415

    with loading(weights):
        return transformers.AutoModel.from_pretrained(str(weights.folder), attn_implementation="eager", dtype="float32")


def _check_kind(weights: Weights) -> None:
    import transformers  # noqa: PLC0415
    from transformers.models.auto.modeling_auto import MODEL_FOR_MASKED_LM_MAPPING_NAMES  # noqa: PLC0415

    with loading(weights):
        config = transformers.AutoConfig.from_pretrained(str(weights.folder))
    if config.model_type not in MODEL_FOR_MASKED_LM_MAPPING_NAMES or config.is_encoder_decoder:
        raise InputError(
            f"{weights.name} is a {config.model_type} model, not an encoder", hint="give an encoder such as BERT"
        )


def longest(config: Any) -> int:
    """Return the maximum number of tokens of an encoder; RoBERTa's positions begin after its padding token."""
    begins_late = "roberta" in config.model_type or config.model_type in ("camembert", "mpnet")
    offset = int(config.pad_token_id) + 1 if begins_late else 0
    return int(config.max_position_embeddings) - offset


def pooling_of(folder: Path) -> Pooling:
    """Return how the model in a folder pools: as a file of `POOLING` says, else "mean".

    Raises
    ------
    InputError
        The file asks for something else than the mean or the CLS token.
    """
    paths = [folder / name for name in POOLING if (folder / name).is_file()]
    if not paths:
        return "mean"
    found = json.loads(paths[0].read_text("utf-8"))
    modes = [name for name, is_on in found.items() if name.startswith("pooling_mode") and is_on is True]
    if modes == ["pooling_mode_mean_tokens"]:
        return "mean"
    if modes == ["pooling_mode_cls_token"]:
        return "cls"
    raise InputError(f"{paths[0]} asks for neither mean nor CLS pooling", hint="choose one with --pooling")


def freeze(model: Any, n_layers: int) -> None:
    """Exclude the embeddings and the lowest layers from training; with 0, nothing is excluded.

    Raises
    ------
    InputError
        The model has no more layers than these, so nothing would be trained.
    """
    n_known = int(model.config.num_hidden_layers)
    if n_layers >= n_known:
        raise InputError(f"freeze must be below the number of layers, {n_known}, got {n_layers}")
    for name, weight in model.named_parameters():
        layer = _LAYER.search(name)
        is_low = int(layer[1]) < n_layers if layer else "embed" in name
        weight.requires_grad_(not (n_layers and is_low))


def with_lora(encoder: SentenceEncoder, settings: EmbedderSettings) -> None:
    """Put LoRA's matrices into the layers of an encoder that are not frozen; only these are trained then."""
    import peft  # noqa: PLC0415
    import torch  # noqa: PLC0415

    parts = encoder.model.named_modules()
    trained = [name for name, part in parts if isinstance(part, torch.nn.Linear) and part.weight.requires_grad]
    config = peft.LoraConfig(r=settings.lora, lora_alpha=2 * settings.lora, target_modules=trained)
    torch.manual_seed(settings.seed)
    with quiet():
        encoder.model = peft.get_peft_model(encoder.model, config)


def merge_lora(encoder: SentenceEncoder) -> None:
    """Add LoRA's products to the weights of an encoder, which becomes one of transformers again, if it has any."""
    if hasattr(encoder.model, "merge_and_unload"):
        encoder.model = encoder.model.merge_and_unload()


def write_encoder(folder: Path, encoder: SentenceEncoder) -> None:
    """Write an encoder as a folder that transformers and sentence-transformers read, with the tokenizer of its base."""
    with quiet():
        encoder.model.save_pretrained(folder)
    for name in _TOKENIZER_FILES:
        if (encoder.weights.folder / name).is_file():
            shutil.copyfile(encoder.weights.folder / name, folder / name)
    path = folder / POOLING[0]
    path.parent.mkdir(exist_ok=True)
    write_json(path, _pooling_config(encoder))
    write_json(folder / "modules.json", _MODULES)


def _pooling_config(encoder: SentenceEncoder) -> dict[str, object]:
    return {
        "word_embedding_dimension": int(encoder.model.config.hidden_size),
        "pooling_mode_cls_token": encoder.pooling == "cls",
        "pooling_mode_mean_tokens": encoder.pooling == "mean",
        "pooling_mode_max_tokens": False,
        "pooling_mode_mean_sqrt_len_tokens": False,
    }


_MODULES = [
    {"idx": idx, "name": str(idx), "path": path, "type": f"sentence_transformers.models.{kind}"}
    for idx, (path, kind) in enumerate((("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize")))
]
