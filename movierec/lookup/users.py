"""Users from what a person typed: ids, or the name that --user gave."""

from __future__ import annotations

from collections.abc import Sequence

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import NotFound, StageMissing
from movierec.ids import Id, Ids, id_array, parse_id

__all__ = ["every_user", "find_user", "find_users", "no_such_user"]

ASKED_AT_ONCE = 10_000


def find_user(database: Database, text: str) -> Id:
    """The userId that `text` means; NotFound when there is no such user, StageMissing when there are none."""
    return find_users(database, [text])[0]


def find_users(database: Database, texts: Sequence[str]) -> list[Id]:
    """The userIds that the texts mean; raises as `find_user` for the first that means none."""
    found: list[Id] = []
    for start in range(0, len(texts), ASKED_AT_ONCE):
        found += _find_some(database, texts[start : start + ASKED_AT_ONCE])
    return found


def every_user(database: Database) -> Ids:
    """All userIds, ascending; StageMissing when there are none."""
    found = id_array(row["userId"] for row in database.stream(load_query("recommend/every_user")))
    if not len(found):
        raise StageMissing('There are no users. Run "movierec load" first.')
    return found


def _find_some(database: Database, texts: Sequence[str]) -> list[Id]:
    meant = [parse_id(text.strip()) for text in texts]
    asked = list({user_id for ids in meant for user_id in ids})
    there = {row["userId"] for row in database.read(load_query("recommend/users"), userIds=asked)}
    found = []
    for text, ids in zip(texts, meant, strict=True):
        known = [user_id for user_id in ids if user_id in there] or [
            row["userId"] for row in database.read(load_query("recommend/user_of_name"), name=text.strip())
        ]
        if not known:
            raise no_such_user(database, text.strip())
        found.append(known[0])
    return found


def no_such_user(database: Database, user: Id) -> NotFound | StageMissing:
    """The error that says which users there are."""
    ids = database.read_one(load_query("recommend/user_id_range"))
    if ids["smallest"] is None:
        return StageMissing('There are no users. Run "movierec load" first.')
    if isinstance(ids["smallest"], str):
        return NotFound(f"No user {user}; expected an id such as {ids['smallest']} or {ids['largest']}.")
    return NotFound(f"No user {user}; expected an id from {ids['smallest']} to {ids['largest']}.")
