"""Run by `test_signals.py`: `dialin serve` with the embedder of tests, which takes its time over slow sentences."""

from __future__ import annotations

import sys
import time
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

import scripted
from dialin.cli import main
from dialin.discover import connect
from dialin.embed.choose import ChosenEmbedder


class SlowEmbedder(scripted.HashingEmbedder):
    """Takes a second for texts that begin with "slowly"."""

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        if any(text.startswith("slowly") for text in texts):
            time.sleep(1)
        return super().encode(texts)


if __name__ == "__main__":
    scripted.install(scripted.ScriptedBackend())
    setattr(connect, "embedder_of", lambda spec, texts=(): ChosenEmbedder(SlowEmbedder(), "a test"))  # noqa: B010
    main(sys.argv[1:])
