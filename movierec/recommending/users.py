"""A user from what a person typed: an id, or the text that the id was made from."""

from __future__ import annotations

from movierec.database.connection import Database
from movierec.database.query_files import load_query
from movierec.errors import NotFound, StageMissing
from movierec.ratings.columns import id_of

__all__ = ["find_user"]


def find_user(database: Database, text: str) -> int:
    """The userId that `text` means; NotFound when there is no such user, StageMissing when there are none."""
    text = text.strip()
    is_number = text.isascii() and text.isdigit() and len(text) <= 18  # 18 digits are in range of Neo4j's integers
    for user_id in ([int(text)] if is_number else []) + [id_of(text)]:
        if database.read(load_query("recommend/user"), userId=user_id):
            return user_id
    ids = database.read_one(load_query("recommend/user_id_range"))
    if ids["smallest"] is None:
        raise StageMissing('There are no users. Run "movierec load" first.')
    raise NotFound(f"No user {text}; expected an id from {ids['smallest']} to {ids['largest']}.")
