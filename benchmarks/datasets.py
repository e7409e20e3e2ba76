"""The data sets that quality is measured on."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from pathlib import Path

from benchmarks.common import MOVIELENS

__all__ = ["DATASETS", "dataset", "ml_100k"]

DATASETS = ("ml-latest-small", "ml-100k")
ML_100K_SHA256 = "4edb74e2a81178c2ba9ff381495f754f996c4aea351b1272ca36b43da0935eff"


def dataset(name: str, folder: Path) -> Path:
    """Where it is; MovieLens 100K, whose licence forbids to hand it on, is fetched into `folder`."""
    return MOVIELENS if name == "ml-latest-small" else ml_100k(folder)


def ml_100k(folder: Path) -> Path:
    """MovieLens 100K as the wheel of RecBole holds it; the wheel is fetched, read and thrown away."""
    subprocess.run(
        [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "--dest", str(folder), "recbole==1.2.1"],
        check=True,
    )
    (wheel,) = folder.glob("recbole-*.whl")
    target = folder / "ml-100k"
    target.mkdir()
    with zipfile.ZipFile(wheel) as archive:
        for suffix in ("inter", "item", "user"):
            name = f"ml-100k.{suffix}"
            (target / name).write_bytes(archive.read(f"recbole/dataset_example/ml-100k/{name}"))
    wheel.unlink()
    found = hashlib.sha256((target / "ml-100k.inter").read_bytes()).hexdigest()
    if found != ML_100K_SHA256:
        raise SystemExit(f"ml-100k.inter has sha256 {found}; expected {ML_100K_SHA256}.")
    return target
