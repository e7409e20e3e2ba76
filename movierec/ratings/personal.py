"""One person's ratings, as a site exports them: movies by title and year, or by an id of IMDb or TMDB.

    imdb        ratings.csv: Const, Your Rating, Date Rated, Title, Year
    letterboxd  ratings.csv, alone or in the export: Date, Name, Year, Letterboxd URI, Rating
    goodreads   goodreads_library_export.csv: Book Id, Title, My Rating, Date Read
    trakt       ratings-movies.json or CSV: rated_at, rating, and the movie's title, year and ids

The movies are those of the database: they are looked up when the ratings are loaded.
"""

from __future__ import annotations

from collections.abc import Sequence

from movierec.errors import DataRejected
from movierec.ratings.column_names import find_columns
from movierec.ratings.columns import Scale
from movierec.ratings.files import Files
from movierec.ratings.layouts import layout_of
from movierec.ratings.source import ReadSettings, Source, Table, source_of

__all__ = ["is_letterboxd", "personal_format", "personal_ratings"]

# Site -> columns that tell its export, and the scale of its ratings.
SITES: dict[str, tuple[tuple[str, ...], Scale]] = {
    "imdb": (("Const", "Your Rating"), Scale(1, 10)),
    "letterboxd": (("Letterboxd URI", "Name"), Scale()),
    "goodreads": (("Book Id", "My Rating"), Scale(1, 5)),
    "trakt": (("rated_at", "rating", "movie.title"), Scale(1, 10)),
    "trakt-csv": (("rated_at", "rating", "trakt_id"), Scale(1, 10)),
}
WANTED = ("title", "year", "imdbId", "tmdbId", "rating", "timestamp")


def is_letterboxd(files: Files) -> bool:
    """Is it the folder or zip that Letterboxd exports?"""
    return "ratings.csv" in files.members and bool(
        {"watched.csv", "profile.csv", "diary.csv"} & set(files.members)
    )


def personal_format(columns: Sequence[str]) -> str | None:
    """The site whose export has these columns."""
    return next((site for site, (names, _) in SITES.items() if set(names) <= set(columns)), None)


def personal_ratings(files: Files, settings: ReadSettings) -> Source:
    """The one table of a person's ratings. Raises DataRejected where nobody says who the person is."""
    member = files.paths[0] if files.is_single else files.members["ratings.csv"]
    label = files.label(member)
    layout, columns = layout_of(files, member, settings)
    site = personal_format(columns)
    if settings.user is None:
        raise DataRejected(
            f"{label} holds the ratings of one person ({site or 'personal'}). Say whose, such as with --user me; "
            "their movies are looked up in the database by title."
        )
    needed = ["title"] if settings.implicit else ["title", "rating"]
    fields = find_columns(columns, settings, label, WANTED, needed)
    scale = SITES[site][1] if site else None
    table = Table(
        kind="personal",
        members=(member,),
        layout=layout,
        fields=fields,
        columns=columns,
        user=settings.user,
        scale=scale,
    )
    return source_of("personal", settings, [table])
