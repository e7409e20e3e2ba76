"""Users from what a person typed: ids, or the texts that ids were made from."""

from __future__ import annotations

from collections.abc import Sequence

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import NotFound, StageMissing
from movierec.ratings.columns import hash_id, whole_number

__all__ = ["find_user", "find_users", "no_such_user"]


def find_user(database: Database, text: str) -> int:
    """The userId that `text` means; NotFound when there is no such user, StageMissing when there are none."""
    return find_users(database, [text])[0]


def find_users(database: Database, texts: Sequence[str]) -> list[int]:
    """The userIds that the texts mean, by one question; raises as `find_user` for the first that means none."""
    meant = [_candidates(text.strip()) for text in texts]
    asked = sorted({user_id for ids in meant for user_id in ids})
    there = {row["userId"] for row in database.read(load_query("recommend/users"), userIds=asked)}
    found = []
    for text, ids in zip(texts, meant, strict=True):
        known = [user_id for user_id in ids if user_id in there]
        if not known:
            raise no_such_user(database, text.strip())
        found.append(known[0])
    return found


def no_such_user(database: Database, user: str | int) -> NotFound | StageMissing:
    """The error that says which users there are."""
    ids = database.read_one(load_query("recommend/user_id_range"))
    if ids["smallest"] is None:
        return StageMissing('There are no users. Run "movierec load" first.')
    return NotFound(f"No user {user}; expected an id from {ids['smallest']} to {ids['largest']}.")


def _candidates(text: str) -> list[int]:
    """What the text may mean: a number is an id first."""
    number = whole_number(text)
    return [hash_id(text)] if number is None else [number, hash_id(text)]
