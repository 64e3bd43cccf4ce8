"""Write and read the checkpoint from which an interrupted tuning resumes: one file, written atomically."""

from __future__ import annotations

import zipfile
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

from dialin.errors import InputError
from dialin.files import write_whole


@dataclass
class TrainState:
    """Progress of a training run.

    Parameters
    ----------
    n_steps : int
        Number of planned steps.
    step : int
        Number of steps done.
    seconds, eval_seconds : float
        Total time spent in all sessions, and the time of the first evaluation.
    loss : float
        Loss of the last step, in nats.
    best, best_step : float, int
        Best score so far (higher is better; nan: none), and the step that reached it.
    history : list of dict
        One entry per evaluation: step, loss, score.
    """

    n_steps: int
    step: int = 0
    seconds: float = 0.0
    eval_seconds: float = 0.0
    loss: float = float("nan")
    best: float = float("nan")
    best_step: int = 0
    history: list[dict[str, float]] = field(default_factory=list)


@dataclass(frozen=True)
class Checkpoint:
    """The file of a checkpoint, and the tuning that it belongs to.

    Parameters
    ----------
    path : Path
        The file.
    of : dict of str
        Hashes of base and data, and the settings; `read` refuses a file with others.
    """

    path: Path
    of: dict[str, str]

    def write(self, state: TrainState, student: dict[str, Any], best: dict[str, Any]) -> None:
        """Write the state of the training, the state of the student, and the best weights so far."""
        import torch  # noqa: PLC0415

        content = {"of": self.of, "state": asdict(state), "learner": student, "best": best}
        write_whole(self.path, lambda temporary: torch.save(content, temporary))

    def read(self) -> tuple[TrainState, dict[str, Any], dict[str, Any]] | None:
        """Return the three arguments of the last `write`, or None if the file does not exist.

        Raises
        ------
        InputError
            The file is damaged, or belongs to a tuning with other data, base or settings.
        """
        import torch  # noqa: PLC0415

        if not self.path.exists():
            return None
        if not zipfile.is_zipfile(self.path):  # torch raises many kinds of errors for such files
            raise InputError(f"{self.path} is damaged", hint="delete it to start over")
        content = torch.load(self.path, map_location="cpu", weights_only=True)
        self._compare(content["of"])
        return TrainState(**content["state"]), content["learner"], content["best"]

    def _compare(self, found: dict[str, str]) -> None:
        for name, value in self.of.items():
            if found.get(name) != value:
                raise InputError(
                    f"{self.path} was made with {name} {found.get(name)}, not {value}",
                    hint="use the same value, or choose another --out",
                )
