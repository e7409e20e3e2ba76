"""`movierec load`: ratings into the graph, checked, exactly once; and out of it again."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from movierec.cli.grouped import Command, Option
from movierec.cli.options import connection_options, format_option, open_database
from movierec.errors import BadRequest, MovieRecError
from movierec.records import to_record

if TYPE_CHECKING:
    from movierec.graph.results import LoadCheck, LoadResult
    from movierec.ratings.columns import Scale
    from movierec.ratings.detection import DetectedTable

# The names of movierec.ratings.formats, spelled out so that --help need not import it.
FORMATS = ("auto", "ml-latest", "ml-dat", "ml-100k", "recbole", "netflix", "personal", "sequences", "custom")

FILES, COLUMNS = "Files", "Columns and values"

READ_OPTIONS = [
    click.option(
        "--input-format",
        cls=Option,
        group=FILES,
        type=click.Choice(FORMATS),
        default="auto",
        show_default=True,
        help="What PATH holds; auto: detected from its files and columns.",
    ),
    click.option(
        "--table",
        cls=Option,
        group=FILES,
        type=click.Choice(("ratings", "movies")),
        default="ratings",
        show_default=True,
        help="What a single custom file holds.",
    ),
    click.option(
        "--columns",
        cls=Option,
        group=COLUMNS,
        metavar="NAME,...",
        help="Names of all columns, in their order, of a file without a header, such as userId,movieId,rating.",
    ),
    click.option(
        "--user-column",
        cls=Option,
        group=COLUMNS,
        metavar="NAME",
        help="Column of the user's id.  [default: a usual name, such as userId]",
    ),
    click.option(
        "--movie-column",
        cls=Option,
        group=COLUMNS,
        metavar="NAME",
        help="Column of the movie's, item's or product's id.",
    ),
    click.option("--rating-column", cls=Option, group=COLUMNS, metavar="NAME", help="Column of the rating."),
    click.option(
        "--timestamp-column",
        cls=Option,
        group=COLUMNS,
        metavar="NAME",
        help="Column of the time; '': leave the times out, so that all ratings are equally old.",
    ),
    click.option(
        "--title-column",
        cls=Option,
        group=COLUMNS,
        metavar="NAME",
        help="Column of the title, with --table movies.",
    ),
    click.option(
        "--genres-column",
        cls=Option,
        group=COLUMNS,
        metavar="NAME",
        help="Column of the genres, with --table movies.",
    ),
    click.option(
        "--ids",
        cls=Option,
        group=COLUMNS,
        type=click.Choice(("auto", "integer", "text")),
        default="auto",
        show_default=True,
        help="What ids are; auto: each column by all of its values, and as in the database.",
    ),
    click.option(
        "--user",
        cls=Option,
        group=COLUMNS,
        metavar="NAME",
        help="Whose ratings these are, where no column says it: one person's export of IMDb, Letterboxd, "
        "Goodreads or Trakt.",
    ),
    click.option(
        "--new-movies",
        cls=Option,
        group=COLUMNS,
        is_flag=True,
        help="Load movies of which none is rated yet, or ratings of none that is there.",
    ),
    click.option(
        "--implicit", cls=Option, group=COLUMNS, is_flag=True, help="No ratings: every row is a like, of 5 stars."
    ),
    click.option(
        "--scale",
        cls=Option,
        group=COLUMNS,
        metavar="LOW:HIGH",
        help="Lowest and highest rating; ratings are stored as stars, rating * 5 / HIGH, or with a negative LOW "
        "(rating - LOW) * 5 / (HIGH - LOW).  [default: 0.5:5]",
    ),
    click.option(
        "--timestamp-unit",
        cls=Option,
        group=COLUMNS,
        type=click.Choice(("auto", "s", "ms", "us", "ns")),
        default="auto",
        show_default=True,
        help="Unit of Unix times; auto: the one that fits. Dates and times as in ISO 8601 need no option.",
    ),
    click.option(
        "--timestamp-format",
        cls=Option,
        group=COLUMNS,
        metavar="FORMAT",
        help="Of other dates and times, as for strptime, such as '%d/%m/%Y'.",
    ),
    click.option(
        "--genre-delimiter",
        cls=Option,
        group=COLUMNS,
        metavar="TEXT",
        help="Text between two genres.  [default: what most values hold of |, ; a comma and /]",
    ),
    click.option(
        "--delimiter",
        cls=Option,
        group=FILES,
        metavar="TEXT",
        help="Text between columns, such as ; or ::.  [default: detected]",
    ),
    click.option(
        "--quoting",
        cls=Option,
        group=FILES,
        type=click.Choice(("auto", "csv", "none")),
        default="auto",
        show_default=True,
        help='Whether " encloses fields, as in CSV, or is a character like others; auto: by the first lines.',
    ),
    click.option(
        "--encoding",
        cls=Option,
        group=FILES,
        metavar="NAME",
        help="Such as latin-1.  [default: by the byte order mark, that of the format, or utf-8]",
    ),
]


def read_options(function: Any) -> Any:
    """The options that `movierec.ratings.source.ReadSettings` is made of."""
    for option in reversed(READ_OPTIONS):
        function = option(function)
    return function


@click.command("load", short_help="Load ratings, or undo a load.", cls=Command)
@click.argument("path", required=False)
@click.option("--dry-run", is_flag=True, help="Read and check everything, write nothing; needs no server.")
@click.option(
    "--max-bad-rows",
    type=click.IntRange(min=-1),
    default=0,
    show_default=True,
    help="Skip up to this many bad rows; -1: any number.",
)
@click.option(
    "--rejects",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("rejects.jsonl"),
    show_default=True,
    help="File for the skipped rows, rewritten each time.",
)
@click.option(
    "--summary", type=click.Path(dir_okay=False, path_type=Path), help="Write the result to this file, as JSON."
)
@click.option(
    "--remove", "remove_id", type=int, metavar="LOAD_ID", help="Undo the load with this loadId; see --list."
)
@click.option("--list", "lists", is_flag=True, help="List the loads with their loadIds.")
@read_options
@click.option(
    "--batch-size",
    type=click.IntRange(min=1),
    default=10_000,
    show_default=True,
    help="Rows per transaction; halved when the server runs out of memory.",
)
@click.option(
    "--bulk/--no-bulk",
    default=None,
    help="Load through Neo4j's importer, into an empty embedded server, which is restarted.  [default: from 2 "
    "million ratings on, where it can be done]",
)
@connection_options
@format_option
def command(
    *,
    path: str | None,
    dry_run: bool,
    max_bad_rows: int,
    rejects: Path,
    summary: Path | None,
    remove_id: int | None,
    lists: bool,
    batch_size: int,
    bulk: bool | None,
    output_format: str,
    **options: Any,
) -> None:
    """Load PATH: MovieLens (any version), the Netflix Prize, RecBole's files, one person's export, or a table of
    your own as CSV, JSON lines or Parquet; a file, a folder, zip or tar, compressed or not. "-": standard input.

    Each row is loaded once: run the same command again after an interruption, and it resumes.
    A newer rating replaces an older one. What was understood of each column is printed; see it beforehand
    with --dry-run. The last line on standard error counts the rows.

    \b
    Examples: movierec load data/ml-latest-small
              movierec load ml-1m.zip --dry-run
              movierec load clicks.parquet --implicit --user-column visitor --movie-column sku
              movierec load ratings.csv --user me        (exported by Letterboxd or IMDb)
              zcat ratings.csv.gz | movierec load - --max-bad-rows 100
              movierec load --remove 2
    """
    from movierec.cli.output import print_record, print_rows
    from movierec.cli.progress import bar_or_lines

    connection = {name: options.pop(name) for name in ("uri", "username", "password_file", "database")}
    asked = [name for name, given in (("PATH", path), ("--list", lists), ("--remove", remove_id)) if given]
    if len(asked) != 1:
        raise BadRequest(f"Give one of PATH, --list and --remove LOAD_ID, not {' and '.join(asked) or 'none'}.")
    if lists:
        from movierec.graph.load import list_loads

        with open_database(**connection) as database:
            rows = list_loads(database)
        columns = ("loadId", "name", "format", "status", "written", "unchanged", "rejected", "startedAt")
        print_rows(rows, output_format, {name: name for name in columns})
        return
    if remove_id is not None:
        from movierec.graph.unload import remove_load

        with open_database(**connection) as database:
            print_record(remove_load(database, remove_id, bar_or_lines), output_format)
        return

    from movierec.graph.load import check_files, load_files
    from movierec.ratings.files import Files
    from movierec.ratings.rejects import BadRows
    from movierec.ratings.source import ReadSettings

    columns = options.pop("columns")
    names = None if columns is None else tuple(name.strip() for name in columns.split(","))
    settings = ReadSettings(scale=_scale(options.pop("scale")), columns=names, **options)
    if max_bad_rows and rejects.exists() and Path(str(path)).exists() and rejects.samefile(str(path)):
        raise BadRequest(f"--rejects is {rejects}, the file that is loaded; name another file.")
    kept = BadRows(max_bad_rows, rejects if max_bad_rows else None)
    with Files(str(path), sys.stdin.buffer) as files, kept as bad_rows:
        if dry_run:
            result: LoadCheck | LoadResult = check_files(files, settings, bad_rows, bar_or_lines)
        else:
            with open_database(**connection) as database:
                result = load_files(
                    database, files, settings, bad_rows, batch_rows=batch_size, bulk=bulk, progress=bar_or_lines
                )
    if summary is not None:
        try:
            summary.write_text(json.dumps(to_record(result), indent=2) + "\n", encoding="utf-8")
        except OSError as error:
            raise MovieRecError(f"The load is done, but {summary} cannot be written: {error.strerror}.") from error
    show(result, output_format)


def show(result: LoadCheck | LoadResult, output_format: str) -> None:
    """Print what a load did; the counts of rows are the last line on standard error."""
    from movierec.cli.output import print_record

    record = to_record(result)
    if output_format == "table":
        for name, table in result.detected.items():
            _show_table(name, table)
        in_database = {name: record[name] for name in ("users", "movies", "ratings", "seconds") if name in record}
        title = "In the database now" if "users" in record else "Checked; nothing was written"
        print_record(in_database, output_format, title=title)
    else:
        print_record(record, output_format)
    for name, table in result.detected.items():
        for warning in table.warnings:
            click.echo(f"{name}: {warning}", err=True)
    names = ["read", "written", "unchanged", "rejected"] + ["skipped"] * bool(result.skipped)
    counts = ", ".join(f"{record[name]:,} {name}" for name in names)
    where = f" (see {result.rejects_file})" if result.rejected and result.rejects_file else ""
    click.echo(f"{counts}{where}", err=True)


def _show_table(name: str, table: DetectedTable) -> None:
    """What was understood of one table, and its first rows as they are stored."""
    from movierec.cli.output import print_rows

    times = f", {table.earliest[:10]} to {table.latest[:10]}" if table.earliest and table.latest else ""
    unused = f"; not used: {', '.join(table.unused)}" if table.unused else ""
    click.echo(f"{name}: {table.kind}{times}{unused}")
    columns = [
        {"as": column.name, "column": column.column or "", "read as": column.reading} for column in table.columns
    ]
    print_rows(columns, "table", {name: name for name in ("as", "column", "read as")})
    if table.first_rows:
        click.echo("First rows, as stored")
        print_rows(list(table.first_rows), "table", {key: key for key in table.first_rows[0]})
    click.echo()


def _scale(text: str | None) -> Scale | None:
    if text is None:
        return None
    from movierec.ratings.columns import Scale

    try:
        low, high = map(float, text.split(":"))
    except ValueError as error:
        raise BadRequest(f"--scale is {text!r}; expected LOW:HIGH, such as 1:10.") from error
    return Scale(low, high)
