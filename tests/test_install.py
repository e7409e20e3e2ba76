"""What the Makefile installs."""

from __future__ import annotations

import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def entries_of(lock: Path, *names: str) -> str:
    """The entries of `names` in a lock, with their hashes."""
    kept, text = False, ""
    for line in lock.read_text().splitlines(keepends=True):
        if not line.startswith(" "):
            kept = line.split("==")[0].startswith(names)
        text += line if kept else ""
    return text


def stand_in(folder: Path, version: str) -> Path:
    """A wheel that is called torch and holds nothing: PyTorch's build for CPUs, as far as pip can see."""
    path = folder / f"torch-{version}-py3-none-any.whl"
    info = f"torch-{version}.dist-info"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: torch\nVersion: {version}\n")
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nGenerator: test\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        wheel.writestr(f"{info}/RECORD", f"{info}/METADATA,,\n{info}/WHEEL,,\n{info}/RECORD,,\n")
    return path


@pytest.mark.slow
def test_pytorch_that_is_installed_already_is_kept_and_brings_no_cuda(tmp_path: Path) -> None:
    subprocess.run([sys.executable, "-m", "venv", tmp_path / "venv"], check=True)
    python = tmp_path / "venv" / "bin" / "python"
    pip: list[str | Path] = [python, "-m", "pip", "--disable-pip-version-check"]
    subprocess.run([*pip, "install", "--quiet", "--no-index", stand_in(tmp_path, "99.0+cpu")], check=True)
    lock = tmp_path / "lock.txt"
    lock.write_text(
        entries_of(ROOT / "requirements" / "run.txt", "click", "nvidia-nvtx", "torch", "triton", "cuda")
    )
    assert "nvidia-nvtx" in lock.read_text()
    assert "torch==" in lock.read_text()
    answer = subprocess.run(
        [ROOT / "scripts" / "install.sh", python, lock], check=True, capture_output=True, text=True
    )
    assert "Keeping PyTorch 99.0+cpu" in answer.stderr
    listed = subprocess.run([*pip, "list", "--format", "freeze"], check=True, capture_output=True, text=True)
    installed = {line.split("==")[0]: line.split("==")[1] for line in listed.stdout.splitlines()}
    assert installed["torch"] == "99.0+cpu"
    assert "click" in installed
    assert not [name for name in installed if name.startswith(("nvidia", "cuda", "triton"))]
