"""Where the bytes come from: a folder, a zip or tar read without unpacking, one file, or standard input.

`Files` names its members and opens them; a member that begins as a compressed file does (gzip, bzip2, xz,
Zstandard) is decompressed while it is read. Standard input cannot be read twice, and a load reads twice, so it is
kept in a temporary file until the `Files` is closed.
"""

from __future__ import annotations

import bz2
import gzip
import hashlib
import io
import lzma
import os
import shutil
import tarfile
import tempfile
import zipfile
import zlib
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from functools import cached_property
from pathlib import Path, PurePosixPath
from typing import IO, Any, BinaryIO, cast

from movierec.errors import DataRejected, MissingExtra
from movierec.ratings.plain_lines import n_line_ends
from movierec.ratings.rejects import escaped

__all__ = ["STANDARD_INPUT", "Files", "damage_named"]

STANDARD_INPUT = "-"
BLOCK_BYTES = 1 << 20
MOST_FILES = 100_000  # in one folder or archive
MOST_IN_TAR = 1_000  # each is looked for from the beginning of the archive
DEEPEST = 5  # folders within a folder

ZIP_MAGIC = b"PK\x03\x04"
TAR_MAGIC, TAR_PLACE = b"ustar", 257


def _zstandard(raw: Any) -> Any:
    try:
        import pyarrow
    except ImportError as error:
        raise MissingExtra("Reading Zstandard", "parquet") from error
    return pyarrow.CompressedInputStream(raw, "zstd")


COMPRESSED: dict[bytes, Callable[[Any], Any]] = {
    b"\x1f\x8b": lambda raw: gzip.GzipFile(fileobj=raw),
    b"BZh": bz2.BZ2File,
    b"\xfd7zXZ\x00": lzma.LZMAFile,
    b"\x28\xb5\x2f\xfd": _zstandard,
}
SUFFIXES = (".gz", ".bz2", ".xz", ".zst")

# What other files begin with, what they are, and what to do about it.
FOREIGN = {
    b"SQLite format 3": ("an SQLite database", "Export the table of ratings as CSV"),
    b"\xd0\xcf\x11\xe0": ("an old Excel workbook", "Save the sheet as CSV"),
    b"7z\xbc\xaf": ("a 7z archive", "Unpack it, and load the folder"),
    b"Rar!": ("a RAR archive", "Unpack it, and load the folder"),
    b"%PDF": ("a PDF", "Load a table as CSV"),
    b"\x89HDF": ("an HDF5 file", "Save the table as Parquet or CSV"),
    b"ARROW1": ("an Arrow file", "Save the table as Parquet or CSV"),
    b"FEA1": ("a Feather file", "Save the table as Parquet or CSV"),
    b"\xff\xff\xff\xff": ("an Arrow stream", "Save the table as Parquet or CSV"),
    b"\x04\x22\x4d\x18": ("compressed by LZ4", "Decompress it"),
    b"\x1f\x9d": ("compressed by compress", "Decompress it"),
    b"\xff\x06\x00\x00sNaPpY": ("compressed by Snappy", "Decompress it"),
    b"RDX": ("an R file", "Save the table as CSV"),
    b"X\n\x00": ("an R file", "Save the table as CSV"),
    b"MATLAB": ("a MATLAB file", "Save the table as CSV"),
    b"<stata": ("a Stata file", "Save the table as CSV"),
    b"version https://g": ("a pointer of Git LFS", "Run git lfs pull"),
    b"-- ": ("an SQL dump", "Export the table of ratings as CSV"),
    b"--\n-- ": ("an SQL dump", "Export the table of ratings as CSV"),
    b"<?xml": ("XML", "Save the table as CSV"),
    b"ORC": ("an ORC file", "Save the table as Parquet or CSV"),
    b"Obj\x01": ("an Avro file", "Save the table as Parquet or CSV"),
    b"\x93NUMPY": ("a NumPy array", "Save a table with ids and ratings as CSV"),
    b"\x80\x02": ("a Python pickle", "Save the table as Parquet or CSV"),
    b"\x80\x03": ("a Python pickle", "Save the table as Parquet or CSV"),
    b"\x80\x04": ("a Python pickle", "Save the table as Parquet or CSV"),
    b"\x80\x05": ("a Python pickle", "Save the table as Parquet or CSV"),
    b"<!doctype html": ("a web page", "Download the file itself"),
    b"<html": ("a web page", "Download the file itself"),
}


class Files:
    """The members of one source. Close it when done: `with Files(path) as files:`."""

    def __init__(self, path: str | Path, stdin: BinaryIO | None = None) -> None:
        """Look at `path`. `stdin` is read when `path` is "-". DataRejected when there is nothing to read."""
        self._kept: IO[bytes] | None = None
        self.name = escaped(str(path))
        self.path = Path(path).expanduser()
        if str(path) == STANDARD_INPUT and stdin is not None:
            self._kept = tempfile.NamedTemporaryFile(prefix="movierec-stdin-")  # noqa: SIM115  # closed in close()
            shutil.copyfileobj(stdin, self._kept, BLOCK_BYTES)
            self._kept.flush()
            self.name, self.path = "standard input", Path(self._kept.name)
        if self.path.exists() and not self.path.is_file() and not self.path.is_dir():
            raise DataRejected(f"{path} is a pipe or device. Send it to standard input: ... | movierec load -")
        if not self.path.exists():
            raise DataRejected(
                f"No file or folder {path}; expected ratings, such as a MovieLens folder. "
                'Run "movierec fetch ml-latest-small" to get one.'
            )
        self.archive = self._archive_kind()
        self._open = ExitStack()  # the archive, while its members are read
        self._digests: dict[Path, tuple[str, int | None]] = {}

    def __enter__(self) -> Files:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._open.close()
        if self._kept is not None:
            self._kept.close()

    @property
    def is_single(self) -> bool:
        """Is this one file of ratings, rather than a folder or archive of several?"""
        return self.path.is_file() and self.archive is None

    @property
    def what(self) -> str:
        """What it is, for a message."""
        return self.archive or ("file" if self.is_single else "folder")

    @cached_property
    def paths(self) -> tuple[str, ...]:
        """Every file, by its path with "/" inside the folder or archive; hidden ones are left out."""
        if self.is_single:
            return (self.path.name,)
        with damage_named(self.name):
            names = sorted(name for name in self._names() if _is_shown(name))
        if self.archive == "zip" and "xl/workbook.xml" in names:
            raise DataRejected(f"{self.name} is an Excel workbook. Save the sheet as CSV, and load that.")
        if any(f"/{name}".rpartition("/")[0].endswith("/_delta_log") for name in names):
            raise DataRejected(
                f"{self.name} is a Delta Lake table, whose files hold deleted rows too. Write it out as Parquet, "
                "and load that."
            )
        if self.archive == "tar" and len(names) > MOST_IN_TAR:
            raise DataRejected(f"{self.name}: more than {MOST_IN_TAR:,} files. Unpack it, and load the folder.")
        if len(names) > MOST_FILES:
            raise DataRejected(f"{self.name}: more than {MOST_FILES:,} files; name the folder of the ratings.")
        return tuple(names)

    @cached_property
    def members(self) -> dict[str, str]:
        """File name -> path; the name in lower case and without .gz or the like. Of equal names the shallowest."""
        ordered = sorted(self.paths, key=lambda name: (-name.count("/"), name))
        return {_bare(PurePosixPath(name).name).lower(): name for name in ordered}

    @contextmanager
    def open(self, member: str) -> Iterator[Any]:
        """The bytes of one member, decompressed; a stream that can be peeked at."""
        with damage_named(self.label(member)):
            if self.archive == "zip":
                with self._zip.open(member) as packed:
                    yield from _decompressed(packed)
            elif self.archive == "tar":
                with cast(IO[bytes], self._tar.extractfile(member)) as extracted:
                    yield from _decompressed(extracted)
            else:
                with self.disk_path(member).open("rb", buffering=BLOCK_BYTES) as raw:
                    yield from _decompressed(raw)

    def head(self, member: str, n: int) -> bytes:
        """The first n bytes of a member, decompressed."""
        with self.open(member) as stream:
            return bytes(stream.read(n))

    def disk_path(self, member: str) -> Path:
        """Where a member lies on disk; the archive itself for a member of one."""
        return self.path if self.is_single or self.archive else self.path / member

    def label(self, member: str) -> str:
        """How messages call a member."""
        if self._kept is not None:
            return self.name
        if self.archive:
            return escaped(f"{self.path}:{member}")
        return escaped(str(self.disk_path(member)))

    def stamp(self, member: str) -> tuple[int, int, int]:
        """Changes when the file on disk does: size, time of change, inode."""
        found = os.stat(self.disk_path(member))
        return (found.st_size, found.st_mtime_ns, found.st_ino)

    def digest(self, member: str) -> tuple[str, int | None]:
        """SHA-256 of the bytes on disk (of an archive, all of it), and the lines in them if they are text."""
        path = self.disk_path(member)
        if path not in self._digests:
            self._digests[path] = self._digest(path)
        return self._digests[path]

    def _digest(self, path: Path) -> tuple[str, int | None]:
        digest, n_lines, is_plain = hashlib.sha256(), 0, self.archive is None
        with path.open("rb") as file:
            is_plain = is_plain and _compression(file.peek(8)) is None
            while block := file.read(BLOCK_BYTES):
                digest.update(block)
                n_lines += n_line_ends(block)
        return digest.hexdigest(), n_lines if is_plain else None

    def refuse_foreign(self, member: str) -> None:
        """Raise DataRejected, with the way out, for a member that is a known kind of file but no table."""
        head = self.head(member, 24).removeprefix(b"\xef\xbb\xbf").lstrip()
        for magic, (what, remedy) in FOREIGN.items():
            begins = head.lower().startswith(magic) if magic.startswith(b"<") else head.startswith(magic)
            if begins:
                raise DataRejected(f"{self.label(member)} is {what}, not a table. {remedy}, and load that.")

    def _archive_kind(self) -> str | None:
        if not self.path.is_file():
            return None
        with damage_named(self.name), self.path.open("rb") as file:
            if file.peek(len(ZIP_MAGIC)).startswith(ZIP_MAGIC):
                return "zip"
        try:
            with self.path.open("rb") as file:
                for stream in _decompressed(file):
                    if stream.read(TAR_PLACE + 5)[TAR_PLACE:] != TAR_MAGIC:
                        return None
                    if not stream.seekable():
                        raise DataRejected(
                            f"{self.name} is a tar archive in Zstandard. Unpack it, and load the folder."
                        )
                    return "tar"
        except (OSError, EOFError, zlib.error, lzma.LZMAError, MissingExtra):
            pass  # said when it is read
        return None

    @cached_property
    def _zip(self) -> zipfile.ZipFile:
        return self._open.enter_context(zipfile.ZipFile(self.path))

    @cached_property
    def _tar(self) -> tarfile.TarFile:
        return self._open.enter_context(tarfile.open(self.path))

    def _names(self) -> Iterator[str]:
        if self.archive == "zip":
            yield from [info.filename for info in self._zip.infolist() if not info.is_dir()]
        elif self.archive == "tar":
            yield from [info.name for info in self._tar if info.isfile()]
        else:
            for folder, folders, names in os.walk(self.path):
                inside = Path(folder).relative_to(self.path)
                if len(inside.parts) >= DEEPEST:
                    folders.clear()
                folders[:] = [name for name in folders if _is_shown(f"{name}/")]
                yield from ((inside / name).as_posix() for name in names)


@contextmanager
def damage_named(label: str) -> Iterator[None]:
    """Inside this block, what a damaged or unreadable file raises leaves as DataRejected."""
    try:
        yield
    except (
        zipfile.BadZipFile,
        tarfile.TarError,
        lzma.LZMAError,
        zlib.error,
        gzip.BadGzipFile,
        EOFError,
        NotImplementedError,
    ) as error:
        raise DataRejected(f"{label}: the compressed data are damaged or cut off ({error}).") from error
    except RuntimeError as error:
        if "password" not in str(error):
            raise
        raise DataRejected(f"{label}: the zip is encrypted. Unpack it, and load the folder.") from error
    except OSError as error:
        raise DataRejected(f"{label}: cannot be read ({error.strerror or error}).") from error


def _compression(head: bytes) -> Callable[[Any], Any] | None:
    """What opens a file with this beginning; None for one that is not compressed."""
    return next((opens for magic, opens in COMPRESSED.items() if head.startswith(magic)), None)


def _decompressed(raw: Any) -> Iterator[Any]:
    """`raw` can be peeked at, as files opened with a buffer and members of archives can."""
    opens = _compression(raw.peek(8)[:8])
    if opens is None:
        yield raw
    else:
        with opens(raw) as unpacked:
            yield io.BufferedReader(unpacked, BLOCK_BYTES)


def _bare(name: str) -> str:
    return name.removesuffix(next((suffix for suffix in SUFFIXES if name.lower().endswith(suffix)), ""))


def _is_shown(name: str) -> bool:
    """Not what macOS, Spark and editors leave beside files: ".DS_Store", "__MACOSX/", "._x.csv", "_SUCCESS"."""
    *folders, last = name.removeprefix("./").split("/")
    is_hidden = any(part.startswith(".") or part == "__MACOSX" for part in (*folders, last))
    return not is_hidden and not (last.startswith("_") and "." not in last)
