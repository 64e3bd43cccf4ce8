"""Describes this machine in words, to print beside the figures measured on it."""

from __future__ import annotations

import os
import platform
from pathlib import Path

CPUINFO = Path("/proc/cpuinfo")


def machine_name(cpuinfo: Path = CPUINFO) -> str:
    """Return the processor, cores and system in words; results of int8 models differ slightly between processors."""
    return f"{processor_name(cpuinfo)}, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}"


def processor_name(cpuinfo: Path = CPUINFO) -> str:
    """Return the name of the processor from Linux or the system's library, else its architecture."""
    named = processor_in(cpuinfo.read_text("utf-8", "replace")) if cpuinfo.exists() else ""
    return named or platform.processor() or platform.machine()


def processor_in(cpuinfo: str) -> str:
    r"""Return the first model name in the text of ``/proc/cpuinfo``; "" if it has none, as on most ARM machines.

    Examples
    --------
    >>> processor_in("processor : 0\nmodel name\t: AMD EPYC\nprocessor : 1\nmodel name\t: AMD EPYC\n")
    'AMD EPYC'
    """
    pairs = (line.partition(":") for line in cpuinfo.splitlines())
    return next((value.strip() for name, _, value in pairs if name.strip() == "model name"), "")
