"""Fetch: a MovieLens data set from GroupLens into the cache.

The zip is streamed to the cache, its MD5 compared where GroupLens publishes one, and only the members
that the data set is known to have are read out of it, each under a size limit and each to a name of our
own: nothing in the zip decides where a file goes. The folder appears whole or not at all.
"""

from __future__ import annotations

import hashlib
import logging
import shutil
import tempfile
import zipfile
import zlib
from dataclasses import dataclass
from pathlib import Path

from movierec.errors import BadRequest, DataRejected, NoConnection
from movierec.progress import Progress, silent

__all__ = ["DATASETS", "Dataset", "fetch_dataset"]

_log = logging.getLogger(__name__)

GROUPLENS = "https://files.grouplens.org/datasets/movielens"
REQUEST_SECONDS = 60
BLOCK_BYTES = 1 << 18
MB = 2**20


@dataclass(frozen=True)
class Dataset:
    """One data set: `members` maps the file names inside its folder to the most bytes they may have.

    `md5` is the published hash of the zip; where it is None, `<zip>.md5` is asked for beside the zip.
    """

    name: str
    members: dict[str, int]
    md5: str | None = None
    folder: str = ""  # inside the zip; the name, unless it is another


def _csv(ratings_mb: int, others_mb: int, *others: str) -> dict[str, int]:
    names = dict.fromkeys(("movies.csv", "links.csv", "tags.csv", *others), others_mb * MB)
    return {"ratings.csv": ratings_mb * MB, **names, "README.txt": MB}


_DAT = {"movies.dat": 10 * MB, "ratings.dat": 100 * MB, "users.dat": 10 * MB, "README": MB}
_DAT_10M = {"movies.dat": 10 * MB, "ratings.dat": 500 * MB, "tags.dat": 50 * MB, "README.html": MB}
_FOLDS = {f"u{fold}.{part}": 10 * MB for fold in (1, 2, 3, 4, 5, "a", "b") for part in ("base", "test")}

DATASETS = {
    dataset.name: dataset
    for dataset in (
        Dataset("ml-latest-small", _csv(10, 5)),
        Dataset("ml-latest", _csv(2000, 300)),
        Dataset("ml-32m", _csv(2000, 300)),
        Dataset("ml-25m", _csv(1500, 300), md5="6b51fb2759a8657d3bfcbfc42b592ada"),
        Dataset("ml-20m", _csv(1500, 300)),
        Dataset("ml-10m", _DAT_10M, folder="ml-10M100K"),
        Dataset("ml-1m", _DAT, md5="c4d9eecfca2ab87c1945afe126590906"),
        Dataset(
            "ml-100k",
            {"u.data": 10 * MB, "u.item": MB, "u.user": MB, "u.genre": MB, "README": MB} | _FOLDS,
            md5="0e33842e24a9c977be4e0107933c0723",
        ),
    )
}


def fetch_dataset(
    dataset: Dataset,
    cache: Path,
    from_file: Path | None = None,
    base_url: str = GROUPLENS,
    progress: Progress = silent,
) -> Path:
    """The folder `cache/<name>` with the data set's files, downloaded if it is not there yet.

    Raises NoConnection when the site cannot be reached, DataRejected for a zip that is damaged, differs
    from its published hash, or holds anything but what it should.
    """
    folder = cache / dataset.name
    if folder.is_dir() and from_file is None:
        return folder
    cache.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=cache, prefix=f".{dataset.name}-") as scratch:
        archive = from_file
        if archive is None:
            archive = Path(scratch) / f"{dataset.name}.zip"
            url = f"{base_url}/{dataset.name}.zip"
            _download(url, archive, progress)
            _check_md5(archive, dataset.md5 or _published_md5(url), url)
        elif not archive.is_file():
            raise BadRequest(f"No file {archive}; expected the zip of {dataset.name}.")
        elif dataset.md5:
            _check_md5(archive, dataset.md5, str(archive))
        draft = Path(scratch) / dataset.name
        draft.mkdir()
        _read_members(dataset, archive, draft)
        if folder.is_dir():
            folder.replace(Path(scratch) / "old")
        draft.replace(folder)
    return folder


def _download(url: str, target: Path, progress: Progress) -> None:
    import requests
    import truststore

    # The operating system's certificates, not a list of our own: company networks need theirs.
    truststore.inject_into_ssl()
    try:
        with requests.get(url, stream=True, timeout=REQUEST_SECONDS) as response:
            response.raise_for_status()
            size = int(response.headers.get("content-length", 0))
            free = shutil.disk_usage(target.parent).free
            if size > free:
                raise BadRequest(
                    f"{url} has {size // MB} MB, but {target.parent} has {free // MB} MB free. "
                    "Make room, or set MOVIEREC_CACHE."
                )
            received = 0
            with target.open("wb") as file, progress(f"fetch {target.name}", size or None, "B") as advance:
                for block in response.iter_content(BLOCK_BYTES):
                    file.write(block)
                    received += len(block)
                    advance(len(block))
    except requests.RequestException as error:
        raise NoConnection(
            f"Cannot fetch {url}: {type(error).__name__}. Connect and run again, or download it by other "
            f"means and give --from-file {target.name}."
        ) from error
    if size and received != size:
        raise DataRejected(f"{url}: {received} bytes came of {size}; the download was cut. Run again.")


def _published_md5(url: str) -> str | None:
    """The hash in `<url>.md5`, "MD5 (name) = hash" or "hash  name"; None where there is no such file."""
    import requests

    try:
        answer = requests.get(f"{url}.md5", timeout=REQUEST_SECONDS)
    except requests.RequestException as error:
        raise NoConnection(
            f"Cannot fetch {url}.md5 to check the zip: {type(error).__name__}. Run again."
        ) from error
    if answer.status_code == 404:
        _log.info("no published hash for %s", url)
        return None
    for word in answer.text.replace("=", " ").split():
        if len(word) == 32 and all(letter in "0123456789abcdef" for letter in word.lower()):
            return word.lower()
    raise DataRejected(f"{url}.md5 (HTTP {answer.status_code}) holds no MD5 to check the zip with. Run again.")


def _check_md5(archive: Path, expected: str | None, origin: str) -> None:
    if expected is None:
        return
    with archive.open("rb") as file:
        found = hashlib.file_digest(file, "md5").hexdigest()
    if found != expected:
        raise DataRejected(f"{origin}: its MD5 is {found}, but {expected} is published. Nothing was kept.")


def _read_members(dataset: Dataset, archive: Path, target: Path) -> None:
    try:
        with zipfile.ZipFile(archive) as opened:
            inside = {info.filename: info for info in opened.infolist()}
            for name, limit in dataset.members.items():
                member = f"{dataset.folder or dataset.name}/{name}"
                info = inside.get(member)
                if info is None:
                    raise DataRejected(f"{archive}: no member {member}; not the {dataset.name} zip.")
                _read_member(opened, info, target / name, limit)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError) as error:
        raise DataRejected(f"{archive}: not a whole zip file ({error}). Fetch it again.") from error


def _read_member(opened: zipfile.ZipFile, info: zipfile.ZipInfo, target: Path, limit: int) -> None:
    """Copy one member, counting what really comes out: a zip can lie about its sizes."""
    written = 0
    with opened.open(info) as source, target.open("wb") as file:
        while block := source.read(BLOCK_BYTES):
            written += len(block)
            if written > limit:
                raise DataRejected(
                    f"{opened.filename}: {info.filename} is larger than the {limit // MB} MB it may have."
                )
            file.write(block)
