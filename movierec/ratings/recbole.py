"""RecBole's atomic files: name.inter, name.item and name.user, tab-separated, columns called "name:type"."""

from __future__ import annotations

from movierec.errors import DataRejected
from movierec.ratings.columns import YES_OR_NO
from movierec.ratings.files import Files
from movierec.ratings.rejects import quoted_columns
from movierec.ratings.source import ReadSettings, Source, Table, lines_of, source_of
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
    members = files.members
    suffixes = {"movies": ".item", "users": ".user", "ratings": ".inter"}
    if files.is_single:
        suffixes = {"ratings": ""}
    tables = []
    for kind, suffix in suffixes.items():
        names = [name for name in sorted(members) if name.endswith(suffix)]
        if len(names) > 1:
            raise DataRejected(f"{files.name}: several files {suffix}: {', '.join(names)}; expected one.")
        if names:
            table = _recbole_table(kind, files, members[names[0]], settings)
            if table is not None:
                tables.append(table)
    return source_of("recbole", settings, tables)


def _recbole_table(kind: str, files: Files, member: str, settings: ReadSettings) -> Table | None:
    header = next(iter(lines_of(files, member, settings.encoding or "utf-8", 1)), "")
    if not header.strip():
        raise DataRejected(f"{files.label(member)}: empty; expected a header such as user_id:token.")
    columns = tuple(header.strip().split(settings.delimiter or "\t"))
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
    # A label is 1 for what was clicked or liked, 0 for what was not.
    is_label = fields.get("rating", "").split(":")[0] == "label"
    return Table(
        kind=kind,
        members=(member,),
        layout=layout,
        fields=fields,
        columns=columns,
        scale=YES_OR_NO if is_label else None,
        genre_delimiter=" ",
    )
