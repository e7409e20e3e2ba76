"""`movierec recommend`: movies for a user, for someone with these likes, or for many users."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, TextIO

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, format_option, k_option, open_database
from movierec.cli.request_options import (
    filter_options,
    popularity_option,
    request_from_options,
    request_of,
    use_of_order_option,
    user_options,
)

if TYPE_CHECKING:
    from movierec.database.connection import Database
    from movierec.ids import Id, Ids
    from movierec.recommendation.request import RecommendationRequest
    from movierec.recommendation.results import Recommendation


EVERYBODY = "all"
QUESTIONS = {
    True: "what comes next, newer likes counting more",
    False: "what fits at any time, whatever their order",
}
COLUMNS = {"rank": "rank", "movieId": "movieId", "title": "title", "score": "score", "because": "reason"}


def _users_file(ctx: click.Context, parameter: click.Parameter, value: str | None) -> Any:
    """The file, open, or the word for all users; `./all` is a file of that name."""
    return value if value in (None, EVERYBODY) else click.File().convert(value, parameter, ctx)


@click.command("recommend", short_help="Recommend movies to users.", cls=Command)
@user_options
@click.option(
    "--users",
    callback=_users_file,
    metavar="FILE|all",
    help="File with one user id per line; - is standard input, all is every user.",
)
@click.option(
    "--sequences",
    type=click.File(),
    metavar="FILE",
    help="File with one person per line: titles or ids of what they liked, oldest first, separated by tabs.",
)
@click.option(
    "--output",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Write the lists of --users to this file, .parquet or .jsonl, while they are made.",
)
@k_option
@filter_options
@click.option("--with-rated", is_flag=True, help="Also list movies that the user has rated.")
@click.option(
    "--diversity",
    type=float,
    default=0.0,
    metavar="0..1",
    help="How far to move down movies similar to those above them; 0: not at all.",
)
@popularity_option
@use_of_order_option
@click.option("--cypher", is_flag=True, help="Print the query, to paste into Neo4j Browser, instead of the list.")
@connection_options
@format_option
def command(
    *,
    user: str | None,
    named: Mapping[str, Sequence[str]],
    users: TextIO | str | None,
    sequences: TextIO | None,
    output: Path | None,
    k: int,
    with_rated: bool,
    diversity: float,
    popularity: float,
    sequential: bool | None,
    cypher: bool,
    output_format: str,
    conditions: dict[str, Any],
    **connection: Any,
) -> None:
    """Recommend movies to a user, best first, with the reason for each.

    Or for someone who is not in the database, from --likes and --then, in that
    order, and for many such people from --sequences; or to every user in a file
    or in the database. With --output, memory does not grow with the number of
    users.

    \b
    Examples: movierec recommend --user 1
              movierec recommend --likes "Matrix, The (1999)" --likes "Alien (1979)" --dislikes "Shrek (2001)"
              movierec recommend --likes "Alien (1979)" --then "Aliens (1986)" --then "Terminator, The (1984)"
              movierec recommend --user 1 --sequential off
              movierec recommend --user 1 --genre Comedy --year 1990..1999 --min-ratings 20
              movierec recommend --users users.txt --format jsonl
              movierec recommend --users all --output lists.parquet
              movierec recommend --sequences people.tsv --format jsonl
    """
    if users is not None and (user is not None or cypher):
        raise click.UsageError("--users is for many; expected it without --user and --cypher.")
    if sequences is not None and (users is not None or user is not None or cypher or any(named.values())):
        raise click.UsageError(
            "--sequences has the likes of people; expected it without --user, --likes and --cypher."
        )
    if cypher and diversity:
        raise click.UsageError("--diversity is not in the query; expected --cypher without it.")
    if output is not None and users is None:
        raise click.UsageError("--output is for the lists of many; expected it with --users.")
    from movierec.lookup.filters import named_filters
    from movierec.recommendation.list_files import require_list_file

    if output is not None:
        require_list_file(output)
    with open_database(**connection) as database:
        settings = {
            "k": k,
            "filters": named_filters(database, **conditions, with_rated=with_rated),
            "diversity": diversity,
            "popularity": popularity,
            "sequential": sequential,
        }
        if users is not None:
            asked = _users(database, users)
            request = request_of(database, asked[0], named, **settings)
            if output is None:
                _show_many(database, asked, request, output_format)
            else:
                _write_many(database, asked, request, output)
            return
        if sequences is not None:
            _show_sequences(database, sequences, settings, output_format)
            return
        request = request_from_options(database, user, named, **settings)
        if cypher:
            _print_query(database, request)
        else:
            show(database, request, output_format)


def show(database: Database, request: RecommendationRequest, output_format: str) -> None:
    """Recommend and print; `demo` does the same."""
    from movierec.cli.output import print_rows
    from movierec.recommendation.in_database import recommend
    from movierec.recommendation.results import Recommendation
    from movierec.records import to_record

    rows = recommend(database, request)
    if not rows:
        click.echo("Nothing to recommend: no movie that fits is left.", err=True)
    elif rows[0].basis == "popularity":
        click.echo(
            f"User {request.user_id} likes nothing yet; these were liked most in the last year of ratings.",
            err=True,
        )
    elif output_format == "table":
        click.echo(f"From the user's likes: {QUESTIONS[rows[0].sequential]}.", err=True)
    if output_format == "table":
        print_rows([to_record(row) | {"reason": _reason(row)} for row in rows], output_format, COLUMNS)
    else:
        print_rows(rows, output_format, {}, kind=Recommendation)


def _reason(row: Recommendation) -> str:
    from movierec.recommendation.reasons import reason_in_words

    return "liked most lately" if row.basis == "popularity" else reason_in_words(row.because)


def _users(database: Database, users: TextIO | str) -> Sequence[Id] | Ids:
    """The ids in the file, or all."""
    from movierec.lookup.users import every_user, find_users

    if isinstance(users, str):
        return every_user(database)
    lines = [line for line in map(str.strip, users) if line]
    if not lines:
        raise click.UsageError("The file of --users names none; expected one user id per line.")
    return find_users(database, lines)


def _show_many(
    database: Database, users: Sequence[Id] | Ids, request: RecommendationRequest, output_format: str
) -> None:
    from movierec.recommendation.in_memory import Recommender

    _show_lists("userId", len(users), Recommender(database).recommend_many(users, request), output_format)


def _show_sequences(
    database: Database, sequences: TextIO, settings: Mapping[str, Any], output_format: str
) -> None:
    from movierec.lookup.movies import find_sequences
    from movierec.recommendation.in_memory import Recommender
    from movierec.recommendation.request import RecommendationRequest

    found = find_sequences(database, sequences)
    if not found:
        raise click.UsageError("The file of --sequences is empty; expected one line of movies per person.")
    request = RecommendationRequest(likes=found[0], **settings)
    lists = Recommender(database).recommend_sequences(found, request)
    _show_lists("line", len(found), enumerate(lists, start=1), output_format)


def _show_lists(key: str, n: int, lists: Iterable[tuple[Id, list[Recommendation]]], output_format: str) -> None:
    """Print rows with `key`, whose list each is in."""
    from movierec.cli.output import print_rows
    from movierec.cli.progress import bar_or_lines
    from movierec.records import to_record

    names = {name: name for name in (key, "rank", "movieId", "title", "score")}
    waiting: list[dict[str, Any]] = []
    with bar_or_lines("recommend", n, "users" if key == "userId" else "lines") as advance:
        for whose, rows in lists:
            waiting += [{key: whose, **to_record(row)} for row in rows]
            if output_format == "jsonl":  # the only format of which a part can be printed
                print_rows(waiting, output_format, names)
                waiting = []
            advance(1)
    if output_format != "jsonl":
        print_rows(waiting, output_format, names)


def _write_many(
    database: Database, users: Sequence[Id] | Ids, request: RecommendationRequest, output: Path
) -> None:
    from movierec.cli.progress import bar_or_lines
    from movierec.recommendation.in_memory import Recommender
    from movierec.recommendation.list_files import write_lists

    lists = Recommender(database).recommend_many(users, request)
    written = write_lists(output, len(users), lists, bar_or_lines)
    click.echo(
        f"{written.path}: {written.rows:,} rows for {written.users:,} users, "
        f"{written.users / max(written.seconds, 1e-3):,.0f} users a second.",
        err=True,
    )


def _print_query(database: Database, request: RecommendationRequest) -> None:
    from movierec.database.query_files import with_literals
    from movierec.recommendation.in_database import recommendation_query

    answer = recommendation_query(database, request)
    click.echo(with_literals(answer.query, answer.parameters))
