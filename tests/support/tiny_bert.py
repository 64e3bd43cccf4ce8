"""A random BERT of two layers that reads whole words, and labelled sentences for it."""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np


def write_bert(folder: Path, n_words: int = 20, intermediate_size: int = 64) -> Path:
    """Write a BERT of 32 dimensions that knows the words w0, w1, …, as transformers reads it."""
    import torch  # noqa: PLC0415
    from tokenizers import Tokenizer, models, pre_tokenizers, processors  # noqa: PLC0415
    from transformers import BertConfig, BertModel, PreTrainedTokenizerFast  # noqa: PLC0415

    words = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", *(f"w{i}" for i in range(n_words))]
    tokenizer = Tokenizer(models.WordLevel({word: i for i, word in enumerate(words)}, "[UNK]"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    fast = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="[PAD]", unk_token="[UNK]")
    fast.save_pretrained(folder)
    torch.manual_seed(0)
    sizes = {"hidden_size": 32, "num_hidden_layers": 2, "num_attention_heads": 4}
    config = BertConfig(vocab_size=len(words), intermediate_size=intermediate_size, **sizes)
    BertModel(config).save_pretrained(folder)
    return folder


def write_sentences(path: Path, n_intents: int, n_each: int, seed: int = 0) -> Path:
    """Write a CSV in which the sentences of an intent have words of its own, five of them, among words of all."""
    rng = np.random.default_rng(seed)
    with path.open("w", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", "intent"])
        for intent in range(n_intents):
            for row in range(n_each):
                words = [*rng.integers(5 * intent, 5 * intent + 5, 2), *rng.integers(100, 150, 4), 150 + row]
                writer.writerow([" ".join(f"w{word}" for word in rng.permutation(words)), f"w{5 * intent}_intent"])
    return path
