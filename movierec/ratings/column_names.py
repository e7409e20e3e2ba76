"""Which column is which: by option, else by its usual names in files of ratings.

"User ID", "user_id" and "userId" are one name; an object within an object of JSON gives both names, such as
"movie.title".
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from movierec.errors import BadRequest, DataRejected
from movierec.ratings.rejects import printable, quoted_columns
from movierec.ratings.source import ReadSettings

__all__ = ["are_usual_names", "find_columns"]

# Names of ids before those of things, which may hold a name: "customer_id" before "customer".
_USUAL_NAMES: dict[str, tuple[str, ...]] = {
    "userId": (
        "userid", "customerid", "custid", "memberid", "visitorid", "reviewerid", "personid", "accountid",
        "clientid", "profileid", "uid", "user", "customer", "member", "visitor", "reviewer", "person", "account",
        "client", "username",
    ),
    "movieId": (
        "movieid", "itemid", "iid", "productid", "sku", "parentasin", "asin", "articleid", "filmid", "bookid",
        "isbn", "businessid", "trackid", "songid", "artistid", "animeid", "gameid", "showid", "contentid",
        "videoid", "movie", "item", "product", "article", "film", "book", "business", "track", "song", "artist",
        "anime", "game", "show",
    ),
    "rating": (
        "userrating", "yourrating", "myrating", "rating", "ratings", "stars", "star", "starrating", "score",
        "overall", "rate", "grade", "bookrating", "reviewrating", "preference",
    ),
    "timestamp": (
        "timestamp", "time", "ts", "unixtime", "unixtimestamp", "unixreviewtime", "epoch", "ratedat", "createdat",
        "daterated", "datetime", "eventtime", "reviewtime", "reviewdate", "ratingdate", "watcheddate", "watchedat",
        "dateread", "date", "dateadded",
    ),
    "title": (
        "title", "movietitle", "itemtitle", "producttitle", "booktitle", "primarytitle", "name", "moviename",
        "itemname", "productname", "originaltitle",
    ),
    "year": (
        "year", "releaseyear", "movieyear", "startyear", "yearofrelease", "originalpublicationyear",
        "yearpublished", "yearofpublication", "releasedate", "released",
    ),
    "genres": ("genres", "genre", "categories", "category", "listedin"),
    "imdbId": ("imdbid", "imdb", "const", "tconst", "imdbtitleid", "movieidsimdb"),
    "tmdbId": ("tmdbid", "tmdb", "movieidstmdb"),
    "tag": ("tag", "tags", "label"),
}  # fmt: skip
_OF_MOVIES = ("id", "tconst", "const")  # what the id is called where the rows are movies

# Of a rating: "ordered_at", "purchaseDate", "event_timestamp"; not "release_date", "watch_time" or "expires_at".
_TIME = re.compile(
    r"(?!(?i:release|birth|born|publi|expir))\w+(?:[_\s.-](?i:at)|(?<=[a-z])At)"
    r"|(?i:rat|review|order|purchas|transact|interact|event|click|view|visit|creat|updat|modif|submit|add|log|listen)"
    r"\w*(?:[_\s.-](?i:date|time|timestamp|datetime)|(?<=[a-z])(?:Date|Time|Timestamp|DateTime))"
)

_OPTIONS = {
    "userId": "user_column",
    "movieId": "movie_column",
    "rating": "rating_column",
    "timestamp": "timestamp_column",
    "title": "title_column",
    "genres": "genres_column",
}


def find_columns(
    columns: Sequence[str],
    settings: ReadSettings,
    label: str,
    wanted: Sequence[str],
    needed: Sequence[str],
    *,
    rows_are_movies: bool = False,
) -> dict[str, str]:
    """Our names -> columns, for those of `wanted` that are there.

    Raises BadRequest for an option that names no column, DataRejected for one of `needed` that is not there, and
    where two columns may be meant.
    """
    fields = {}
    for name in wanted:
        option = _OPTIONS.get(name)
        flag = f"--{str(option).replace('_', '-')}"
        given = getattr(settings, option) if option else None
        if given == "" and name not in needed:
            continue
        if given is not None and given not in columns:
            raise BadRequest(
                f"{flag} is {given!r}, but the columns of {label} are {quoted_columns(columns)}. A file without a "
                "header needs --columns."
            )
        column = given or _by_usual_name(name, columns, label, flag, rows_are_movies)
        if column is not None:
            fields[name] = column
        elif name in needed:
            is_of_movies = name == "userId" and any(_normal(column) in _USUAL_NAMES["title"] for column in columns)
            remedy = "If it is a table of movies, give --table movies. " if is_of_movies else ""
            raise DataRejected(
                f"{label}: no column for {name} among {quoted_columns(columns)}. {remedy}{_remedy(name, flag)}"
            )
    return fields


def are_usual_names(columns: Sequence[str]) -> bool:
    """Are a user's and a movie's id among these names?"""
    normal = set(map(_normal, columns))
    return all(normal & set(_USUAL_NAMES[name]) for name in ("userId", "movieId"))


def _by_usual_name(name: str, columns: Sequence[str], label: str, flag: str, rows_are_movies: bool) -> str | None:
    usual = _USUAL_NAMES[name]
    if rows_are_movies and name == "movieId":
        first_noun = usual.index("movie")
        usual = (*usual[:first_noun], *_OF_MOVIES, *usual[first_noun:])
    for one in usual:
        found = [column for column in columns if _normal(column) == one]
        if len(found) > 1:
            names = " and ".join(f'"{printable(column)}"' for column in found)
            raise DataRejected(f"{label}: the columns {names} may both be {name}. Name one with {flag}.")
        if found:
            return found[0]
    if name == "timestamp":
        found = [column for column in columns if _TIME.fullmatch(column)]
        return found[0] if len(found) == 1 else None  # where it is the only such column
    return None


def _remedy(name: str, flag: str) -> str:
    others = {
        "rating": ", or give --implicit when every row is a like",
        "userId": ", or whose ratings they are with --user",
    }
    return (
        f"Name it with {flag}{others.get(name, '')}; in a file without a header, name all columns with --columns."
    )


def _normal(column: str) -> str:
    return re.sub(r"[^a-z0-9]", "", column.lower())
