"""A folder as `dialin tune embedder` leaves it, and one that was tuned again."""

from __future__ import annotations

import shutil
from pathlib import Path

from dialin.models.store import folder_of


def tuned_folder(folder: Path, remark: str = "") -> Path:
    """Make the folder of an embedder out of a shipped one; another remark stands for another tuning."""
    shipped = folder_of("intents-en-v5")
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copyfile(shipped / "model.onnx", folder / "model.onnx")
    (folder / "tokenizer.json").write_text((shipped / "tokenizer.json").read_text("utf-8") + remark, "utf-8")
    return folder
