"""What the machine is called."""

from __future__ import annotations

import os
import platform
from pathlib import Path

import pytest

from dialin.jobs.machine import machine_name, processor_name


def test_a_machine_has_a_processor_cores_and_a_system(tmp_path: Path) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text("vendor_id : x\nmodel name\t: AMD EPYC: 9B14\nmodel name\t: other\n", "utf-8")
    assert machine_name(cpuinfo) == (
        f"AMD EPYC: 9B14, {os.cpu_count()} cores, {platform.machine()}, {platform.system()}"
    )


@pytest.mark.parametrize("text", ["", "BogoMIPS : 50.00\nFeatures : fp asimd\n"])
def test_a_processor_without_a_name_is_its_architecture(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str
) -> None:
    cpuinfo = tmp_path / "cpuinfo"
    cpuinfo.write_text(text, "utf-8")
    monkeypatch.setattr(platform, "processor", lambda: "")
    assert processor_name(cpuinfo) == platform.machine()
    monkeypatch.setattr(platform, "processor", lambda: "Intel64 Family 6")
    assert processor_name(tmp_path / "none") == "Intel64 Family 6"
