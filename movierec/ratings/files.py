"""Where the bytes come from: a folder, a zip read without unpacking, one file, gzip, or standard input.

`Files` names its members and opens them; a member that begins as gzip does is decompressed while it is
read. Standard input cannot be read twice, and a load reads twice (once for the fingerprint), so it is
kept in a temporary file until the `Files` is closed.
"""

from __future__ import annotations

import gzip
import hashlib
import os
import shutil
import tempfile
import zipfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO

from movierec.errors import DataRejected

__all__ = ["STANDARD_INPUT", "Files", "damage_named"]

STANDARD_INPUT = "-"
BLOCK_BYTES = 1 << 20
GZIP_MAGIC, ZIP_MAGIC = b"\x1f\x8b", b"PK\x03\x04"


class Files:
    """The members of one source. Close it when done: `with Files(path) as files:`."""

    def __init__(self, path: str | Path, stdin: BinaryIO | None = None) -> None:
        """Look at `path`. `stdin` is read when `path` is "-". Raises DataRejected when there is nothing."""
        self._kept: IO[bytes] | None = None
        self.name = str(path)
        self.path = Path(path)
        if str(path) == STANDARD_INPUT and stdin is not None:
            self._kept = tempfile.NamedTemporaryFile(prefix="movierec-stdin-")  # noqa: SIM115  # closed in close()
            shutil.copyfileobj(stdin, self._kept, BLOCK_BYTES)
            self._kept.flush()
            self.name, self.path = "standard input", Path(self._kept.name)
        if not self.path.exists():
            raise DataRejected(
                f"No file or folder {path}; expected ratings, such as a MovieLens folder. "
                'Run "movierec fetch ml-latest-small" to get one.'
            )
        try:
            self.is_zip = self.path.is_file() and self._begins_with(ZIP_MAGIC)
        except OSError as error:
            raise DataRejected(f"{self.name}: cannot be read ({error.strerror}).") from error

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()

    @property
    def is_single(self) -> bool:
        """Is this one file of ratings, rather than a folder or zip of several?"""
        return self.path.is_file() and not self.is_zip

    def members(self) -> dict[str, str]:
        """File name -> member, of the folder, or of the zip's only folder; a gzip's name without its .gz."""
        if self.is_single:
            return {_bare(self.path.name): self.path.name}
        if self.is_zip:
            with damage_named(self.name), zipfile.ZipFile(self.path) as opened:
                names = [info.filename for info in opened.infolist() if not info.is_dir()]
        else:
            names = [entry.name for entry in self.path.iterdir() if entry.is_file()]
        # The shallowest wins, so that a copy in a subfolder does not hide the real one.
        ordered = sorted(names, key=lambda name: (-name.count("/"), name))
        return {_bare(PurePosixPath(name).name): name for name in ordered}

    @contextmanager
    def open(self, member: str) -> Iterator[Any]:
        """The bytes of one member, decompressed."""
        with damage_named(self.label(member)):
            if self.is_zip:
                with zipfile.ZipFile(self.path) as archive, archive.open(member) as packed:
                    yield from _decompressed(packed)
            else:
                with self.disk_path(member).open("rb", buffering=BLOCK_BYTES) as raw:
                    yield from _decompressed(raw)

    def disk_path(self, member: str) -> Path:
        """Where a member lies on disk; the zip itself for a member of one."""
        return self.path if self.is_single or self.is_zip else self.path / member

    def label(self, member: str) -> str:
        """How messages call a member."""
        if self._kept is not None:
            return self.name
        if self.is_zip:
            return f"{self.path}:{member}"
        return str(self.disk_path(member))

    def stamp(self, member: str) -> tuple[int, int, int]:
        """Changes when the file on disk does: size, time of change, inode."""
        found = os.stat(self.disk_path(member))
        return (found.st_size, found.st_mtime_ns, found.st_ino)

    def digest(self, member: str) -> tuple[str, int | None]:
        """SHA-256 of the bytes on disk (of a zip, the whole of it), and the lines in them if they are text."""
        digest, n_lines, is_plain = hashlib.sha256(), 0, not self.is_zip
        with self.disk_path(member).open("rb") as file:
            while block := file.read(BLOCK_BYTES):
                is_plain = is_plain and not (n_lines == 0 and block.startswith(GZIP_MAGIC))
                digest.update(block)
                n_lines += block.count(b"\n")
        return digest.hexdigest(), n_lines if is_plain else None

    def _begins_with(self, magic: bytes) -> bool:
        with self.path.open("rb") as file:
            return file.read(len(magic)) == magic


@contextmanager
def damage_named(label: str) -> Iterator[None]:
    """Inside this block, what a damaged or unreadable file raises leaves as DataRejected."""
    try:
        yield
    except (zipfile.BadZipFile, zlib.error, gzip.BadGzipFile, EOFError, NotImplementedError) as error:
        raise DataRejected(f"{label}: the compressed data are damaged or cut off ({error}).") from error
    except RuntimeError as error:
        if "password" not in str(error):
            raise
        raise DataRejected(f"{label}: the zip is encrypted. Unpack it, and load the folder.") from error
    except OSError as error:
        raise DataRejected(f"{label}: cannot be read ({error.strerror or error}).") from error


def _decompressed(raw: Any) -> Iterator[Any]:
    """`raw` can be peeked at, as files opened with a buffer and members of zips can."""
    if raw.peek(2)[:2] == GZIP_MAGIC:
        with gzip.GzipFile(fileobj=raw) as unpacked:
            yield unpacked
    else:
        yield raw


def _bare(name: str) -> str:
    return name.removesuffix(".gz")
