"""The process ends at once where threads still wait for answers that nobody wants."""

from __future__ import annotations

import subprocess
import sys

CODE = """
import threading, time
threading.Thread(target=time.sleep, args=(300,), name="dialin-llm_0").start()
from dialin.cli import main
main(["--version"])
"""


def test_a_thread_that_waits_does_not_keep_the_process() -> None:
    done = subprocess.run([sys.executable, "-c", CODE], capture_output=True, text=True, timeout=120, check=False)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("dialin")
