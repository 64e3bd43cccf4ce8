"""Convert embedders that `dialin tune embedder` wrote before its products were int8, and compare the vectors.

``python -m studies.own.int8_embedders convert --models OLD --data ../shared/data --out NEW`` converts each model of
`studies.own.embedders`: ``OLD/full`` and ``OLD/zh_full`` become the shipped embedders. The texts that say how far the
activations reach are those that a model has learnt.

``python -m studies.own.int8_embedders compare --models OLD --out NEW`` embeds each data set with the twin that has not
learnt it, before and after, and clusters random parts of the set by Ward, told k. It needs the extra `tune`, and writes
``studies/own/results/int8_embedders.json``.
"""

from __future__ import annotations

import argparse
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from dialin.arrays import Ints, Matrix
from dialin.cluster.partition import partitioner_of
from dialin.embed.cache import CachedEmbedder
from dialin.embed.onnx import MAX_TOKENS, MODEL, TOKENIZER, OnnxEmbedder
from dialin.files import write_whole
from dialin.models.home import cache_home
from dialin.score.metrics import score
from dialin.tune.embedder.intents import read_intents
from dialin.tune.embedder.onnx import in_int8
from dialin.tune.embedder.results import typical_texts
from dialin.tune.sources import Reading
from studies.own import data, machine
from studies.own.embedders import Recipe, path_of, recipes
from studies.own.left_out import SCORES, TWINS

N_PARTS, SHARE, MAX_PART = 8, 0.7, 1_500
"""Random parts of a set that are clustered, and their size: a single tree may change by chance."""


def convert(recipe: Recipe, sets: Path, old: Path, new: Path) -> None:
    """Write the int8 version of a model, with its tokenizer, to a new folder."""
    import onnx  # noqa: PLC0415
    import tokenizers  # noqa: PLC0415

    new.mkdir(parents=True, exist_ok=True)
    paths = [path_of(name, sets, new.parent) for name in recipe.sets]
    texts = typical_texts(read_intents(paths, Reading("label", noise=recipe.noise)))
    tokenizer = tokenizers.Tokenizer.from_file(str(old / TOKENIZER))
    tokenizer.no_padding()
    tokenizer.enable_truncation(MAX_TOKENS)
    model = in_int8(with_float_matrices(onnx.load(old / MODEL)), [one.ids for one in tokenizer.encode_batch(texts)])
    write_whole(new / MODEL, partial(_fill, model))
    shutil.copyfile(old / TOKENIZER, new / TOKENIZER)


def _fill(model: Any, path: Path) -> None:
    path.write_bytes(model.SerializeToString())


def with_float_matrices(model: Any) -> Any:
    """Return an ONNX model, which is changed, whose int8 matrices are float32 tensors again."""
    import onnx  # noqa: PLC0415

    graph = model.graph
    arrays = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in graph.initializer}
    nodes, done = list[Any](), set[str]()
    for node in graph.node:
        if node.op_type == "DequantizeLinear":
            int8, scales, _ = (arrays[name] for name in node.input)
            [axis] = [attribute.i for attribute in node.attribute if attribute.name == "axis"]
            values = int8.astype(np.float32) * np.expand_dims(scales, 1 - axis)
            graph.initializer.append(onnx.numpy_helper.from_array(values, node.output[0]))
            done.update(node.input)
        else:
            nodes.append(node)
    kept = [tensor for tensor in graph.initializer if tensor.name not in done]
    del graph.node[:], graph.initializer[:]
    graph.node.extend(nodes)
    graph.initializer.extend(kept)
    return model


def compared(name: str, old: Path, new: Path) -> dict[str, object]:
    """Return cosines between the vectors before and after, and the scores of Ward's trees on both."""
    texts, gold = data.load(name)
    before, after = (vectors(folder / TWINS[name], texts) for folder in (old, new))
    cosines = (before * after).sum(axis=1)
    scores = np.array([[_ward(X[part], gold[part]) for X in (before, after)] for part in parts(len(gold))])
    change = scores[:, 1] - scores[:, 0]
    return {
        "data": name,
        "twin": TWINS[name],
        "n": len(texts),
        "cosine": round(float(cosines.mean()), 4),
        "cosine, 1st percentile": round(float(np.percentile(cosines, 1)), 4),
        "float32": _named(scores[:, 0].mean(axis=0)),
        "int8": _named(scores[:, 1].mean(axis=0)),
        "change": _named(change.mean(axis=0)),
        "standard error": _named(change.std(axis=0, ddof=1) / np.sqrt(N_PARTS)),
    }


def vectors(folder: Path, texts: list[str]) -> Matrix:
    """Return the vectors of an embedder in a folder, from the cache where they are known."""
    return CachedEmbedder(OnnxEmbedder(str(folder.resolve())), cache_home() / "embeddings.sqlite").encode(texts)


def parts(n: int) -> list[Ints]:
    """Return the rows of each random part of a set of n."""
    size = min(int(SHARE * n), MAX_PART)
    return [np.random.default_rng(seed).choice(n, size, replace=False) for seed in range(N_PARTS)]


def _ward(X: Matrix, gold: NDArray[np.str_]) -> list[float]:
    found = score(np.asarray(partitioner_of("agglomerative", 0).fit(X).cut(len(set(gold.tolist())))), gold)
    return [float(getattr(found, name)) for name in SCORES]


def _named(values: Any) -> dict[str, float]:
    return {name: round(float(value), 4) for name, value in zip(SCORES, values, strict=True)}


def main() -> None:
    """Convert or compare."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("what", choices=("convert", "compare"))
    parser.add_argument("--models", type=Path, required=True, help="folder of the models as they were")
    parser.add_argument("--data", type=Path, help="folder of the parquet files, to convert")
    parser.add_argument("--out", type=Path, required=True, help="folder of the converted models")
    parser.add_argument("--only", nargs="+", metavar="NAME", help="models to convert, or data sets to compare")
    options = parser.parse_args()
    if options.what == "convert":
        known = recipes()
        for name in options.only or known:
            convert(known[name], options.data, options.models / name, options.out / name)
            print(name, flush=True)
        return
    rows = list[dict[str, object]]()
    for name in options.only or TWINS:
        rows.append(compared(name, options.models, options.out))
        print(rows[-1], flush=True)
    changes: list[Any] = [row["change"] for row in rows]
    mean = _named([np.mean([change[name] for change in changes]) for name in SCORES])
    machine.write("int8_embedders", machine.provenance(parts=N_PARTS, rows=rows, mean_change=mean))


if __name__ == "__main__":
    main()
