"""RecBole's atomic files: name.inter, name.item and name.user, tab-separated, columns called "name:type"."""

from __future__ import annotations

from dataclasses import replace

from movierec.errors import DataRejected
from movierec.ratings.files import Files
from movierec.ratings.rejects import quoted_columns
from movierec.ratings.source import N_LOOKED_AT, ReadSettings, Source, Table, has_text_ids, lines_of, source_of
from movierec.ratings.tables import Layout

__all__ = ["recbole"]

_FIELDS: dict[str, dict[str, tuple[str, ...]]] = {
    "ratings": {
        "userId": ("user_id",),
        "movieId": ("item_id",),
        "rating": ("rating", "label", "stars"),
        "timestamp": ("timestamp",),
    },
    "movies": {
        "movieId": ("item_id",),
        "title": ("movie_title", "title", "item_title", "name"),
        "year": ("release_year",),
        "genres": ("class", "genre", "genres", "categories"),
    },
    "users": {
        "userId": ("user_id",),
        "age": ("age",),
        "gender": ("gender",),
        "occupation": ("occupation",),
        "zipCode": ("zip_code",),
    },
}


def recbole(files: Files, settings: ReadSettings) -> Source:
    """The tables of a folder of atomic files, or a single .inter; without a rating, every row is a like."""
    members = files.members()
    suffixes = {"movies": ".item", "users": ".user", "ratings": ".inter"}
    if files.is_single:
        suffixes = {"ratings": ""}
    tables = []
    for kind, suffix in suffixes.items():
        names = [name for name in sorted(members) if name.endswith(suffix)]
        if len(names) > 1:
            raise DataRejected(f"{files.name}: several files {suffix}: {', '.join(names)}; expected one.")
        if names:
            table = _recbole_table(kind, files, names[0], settings)
            if table is not None:
                tables.append(table)
    texts = {table.kind: table.ids_are_texts for table in tables}
    # One kind of ids for all tables: ratings have to find their movies.
    return source_of("recbole", settings, [replace(t, ids_are_texts=any(texts.values())) for t in tables])


def _recbole_table(kind: str, files: Files, name: str, settings: ReadSettings) -> Table | None:
    lines = lines_of(files, name, settings.encoding or "utf-8", N_LOOKED_AT)
    member = files.members()[name]
    if not lines:
        raise DataRejected(f"{files.label(member)}: empty; expected a header such as user_id:token.")
    columns = tuple(lines[0].strip().split(settings.delimiter or "\t"))
    of_name = {column.split(":")[0]: column for column in columns}
    fields = {}
    for ours, names in _FIELDS[kind].items():
        found = next((of_name[theirs] for theirs in names if theirs in of_name), None)
        if found is not None:
            fields[ours] = found
    layout = Layout(columns=columns, delimiter=settings.delimiter or "\t", has_header=True, is_quoted=False)
    if kind == "movies" and "title" not in fields:
        return None  # nothing in it that the graph keeps
    for needed in {"movies": ("movieId",), "users": ("userId",), "ratings": ("userId", "movieId")}[kind]:
        if needed not in fields:
            raise DataRejected(
                f"{files.label(member)} line 1: no column {_FIELDS[kind][needed][0]}:token; "
                f"found {quoted_columns(columns)}."
            )
    rows = [line.split(layout.delimiter) for line in lines[1:]]
    texts = has_text_ids(rows, columns, [fields[name] for name in ("userId", "movieId") if name in fields])
    return Table(kind=kind, member=member, layout=layout, fields=fields, ids_are_texts=texts, genre_delimiter=" ")
