"""The real download code, against a real HTTP server on this machine."""

import hashlib
import io
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from movierec.errors import BadRequest, DataRejected, NoConnection
from movierec.ratings.fetch import DATASETS, fetch_dataset
from tests.servers import MOVIELENS

SMALL = DATASETS["ml-latest-small"]


@dataclass
class Site:
    url: str
    files: dict[str, bytes] = field(default_factory=dict)
    cut_after: int | None = None
    asked: list[str] = field(default_factory=list)


@pytest.fixture
def site() -> Iterator[Site]:
    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            state.asked.append(self.path)
            body = state.files.get(self.path.lstrip("/"))
            if body is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body if state.cut_after is None else body[: state.cut_after])

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    state = Site(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield state
    server.shutdown()
    thread.join()
    server.server_close()


def zip_of(members: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return packed.getvalue()


def small_members() -> dict[str, bytes]:
    return {f"ml-latest-small/{name}": (MOVIELENS / name).read_bytes() for name in SMALL.members}


def test_good_zip_becomes_the_folder(site: Site, tmp_path: Path) -> None:
    site.files["ml-latest-small.zip"] = zip_of(small_members())
    folder = fetch_dataset(SMALL, tmp_path, base_url=site.url)
    assert sorted(path.name for path in folder.iterdir()) == sorted(SMALL.members)
    assert (folder / "ratings.csv").read_bytes() == (MOVIELENS / "ratings.csv").read_bytes()


def test_folder_in_the_zip_may_have_another_name(site: Site, tmp_path: Path) -> None:
    dataset = DATASETS["ml-10m"]
    site.files["ml-10m.zip"] = zip_of({f"ml-10M100K/{name}": b"1::2::3\n" for name in dataset.members})
    folder = fetch_dataset(dataset, tmp_path, base_url=site.url)
    assert folder == tmp_path / "ml-10m"
    assert sorted(path.name for path in folder.iterdir()) == sorted(dataset.members)


def test_second_fetch_asks_nobody(site: Site, tmp_path: Path) -> None:
    site.files["ml-latest-small.zip"] = zip_of(small_members())
    fetch_dataset(SMALL, tmp_path, base_url=site.url)
    site.asked.clear()
    fetch_dataset(SMALL, tmp_path, base_url=site.url)
    assert site.asked == []


def test_cut_download_leaves_nothing(site: Site, tmp_path: Path) -> None:
    site.files["ml-latest-small.zip"] = zip_of(small_members())
    site.cut_after = 5000
    with pytest.raises((NoConnection, DataRejected)):
        fetch_dataset(SMALL, tmp_path, base_url=site.url)
    assert list(tmp_path.iterdir()) == []


def test_zip_that_differs_from_its_published_hash_is_refused(site: Site, tmp_path: Path) -> None:
    good = zip_of(small_members())
    site.files["ml-latest-small.zip"] = good + b"x"
    site.files["ml-latest-small.zip.md5"] = f"MD5 (ml-latest-small.zip) = {hashlib.md5(good).hexdigest()}".encode()
    with pytest.raises(DataRejected, match=r"is published"):
        fetch_dataset(SMALL, tmp_path, base_url=site.url)
    assert list(tmp_path.iterdir()) == []


def test_hash_known_beforehand_is_compared_too(site: Site, tmp_path: Path) -> None:
    site.files["ml-latest-small.zip"] = zip_of(small_members())
    with pytest.raises(DataRejected, match=r"MD5"):
        fetch_dataset(replace(SMALL, md5="0" * 32), tmp_path, base_url=site.url)


def test_half_a_zip_is_not_a_zip(site: Site, tmp_path: Path) -> None:
    whole = zip_of(small_members())
    site.files["ml-latest-small.zip"] = whole[: len(whole) // 2]
    with pytest.raises(DataRejected, match=r"not a whole zip"):
        fetch_dataset(SMALL, tmp_path, base_url=site.url)


def test_zip_with_a_flipped_bit_is_refused(tmp_path: Path) -> None:
    content = bytearray(zip_of(small_members()))
    content[len(content) // 3] ^= 0xFF
    archive = tmp_path / "mine.zip"
    archive.write_bytes(content)
    with pytest.raises(DataRejected, match=r"not a whole zip"):
        fetch_dataset(SMALL, tmp_path / "cache", from_file=archive)


def test_hash_that_cannot_be_read_is_not_taken_for_none(site: Site, tmp_path: Path) -> None:
    site.files["ml-latest-small.zip"] = zip_of(small_members())
    site.files["ml-latest-small.zip.md5"] = b"<html>busy</html>"
    with pytest.raises(DataRejected, match=r"holds no MD5"):
        fetch_dataset(SMALL, tmp_path, base_url=site.url)


def test_members_outside_the_folder_are_never_written(site: Site, tmp_path: Path) -> None:
    hostile = {"../evil.txt": b"x", "/tmp/evil.txt": b"x", "ml-latest-small/../../evil.txt": b"x"}
    site.files["ml-latest-small.zip"] = zip_of(small_members() | hostile)
    folder = fetch_dataset(SMALL, tmp_path / "cache", base_url=site.url)
    assert sorted(path.name for path in folder.iterdir()) == sorted(SMALL.members)
    assert not list(tmp_path.rglob("evil.txt"))


def test_member_that_swells_is_stopped(site: Site, tmp_path: Path) -> None:
    members = small_members() | {"ml-latest-small/README.txt": bytes(3 * 2**20)}
    site.files["ml-latest-small.zip"] = zip_of(members)
    with pytest.raises(DataRejected, match=r"larger than the 1 MB"):
        fetch_dataset(SMALL, tmp_path, base_url=site.url)
    assert list(tmp_path.iterdir()) == []


def test_zip_of_another_data_set_is_refused(site: Site, tmp_path: Path) -> None:
    site.files["ml-latest-small.zip"] = zip_of({"other/ratings.csv": b"x"})
    with pytest.raises(DataRejected, match=r"no member ml-latest-small/ratings.csv"):
        fetch_dataset(SMALL, tmp_path, base_url=site.url)


def test_site_that_does_not_answer_names_the_other_way(tmp_path: Path) -> None:
    with pytest.raises(NoConnection, match=r"--from-file"):
        fetch_dataset(SMALL, tmp_path, base_url="http://127.0.0.1:9")


def test_file_at_hand_is_used(tmp_path: Path) -> None:
    archive = tmp_path / "mine.zip"
    archive.write_bytes(zip_of(small_members()))
    assert (fetch_dataset(SMALL, tmp_path / "cache", from_file=archive) / "movies.csv").is_file()
    with pytest.raises(BadRequest, match=r"No file"):
        fetch_dataset(SMALL, tmp_path / "other", from_file=tmp_path / "absent.zip")
