"""`movierec demo`: end to end, on the smallest MovieLens data set."""

from __future__ import annotations

import shutil
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click

from movierec.cli.grouped import Command
from movierec.cli.options import connection_options, open_database

QUERIES = ("Matrix, The (1999)", "Lion King, The (1994)")
USER = 1


@click.command("demo", short_help="Run everything end to end, on MovieLens.", cls=Command)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    help="A MovieLens folder.  [default: ml-latest-small, fetched if needed]",
)
@click.option("--evaluate/--no-evaluate", "evaluates", default=True, show_default=True, help="Evaluate too.")
@connection_options
def command(data: Path | None, evaluates: bool, **connection: Any) -> None:
    """Start a Neo4j, load ratings, derive, train, recommend and evaluate; then leave the server running.

    Example: movierec demo --data data/ml-latest-small
    """
    from movierec.cli import evaluate, recommend, similar
    from movierec.cli.output import print_rows
    from movierec.cli.progress import bar_or_lines
    from movierec.database.settings import environment
    from movierec.embedding.settings import TrainSettings
    from movierec.embedding.stage import train_and_write
    from movierec.evaluation.run import evaluate as evaluate_copy
    from movierec.graph.derive import derive_co_liked
    from movierec.graph.load import load_ratings
    from movierec.graph.settings import DeriveSettings
    from movierec.home import Home, home_folder
    from movierec.recommendation.request import RecommendationRequest
    from movierec.records import to_record

    seconds: dict[str, float] = {}

    @contextmanager
    def stage(name: str, title: str) -> Iterator[None]:
        click.secho(f"\n== {title}", bold=True)
        started = time.monotonic()
        yield
        seconds[name] = seconds.get(name, 0.0) + time.monotonic() - started

    env = environment()
    with stage("server", "A Neo4j server"):
        opened = open_database(**connection)
        database = opened.__enter__()
        click.echo(f"Neo4j {database.server.version} {database.server.edition} at {database.settings.uri}")
    try:
        with stage("load", "Ratings"):
            counts = load_ratings(database, data or _fetched(env), progress=bar_or_lines)
            click.echo(f"{counts.ratings:,} ratings of {counts.movies:,} movies by {counts.users:,} users")
        with stage("derive", "Movies that the same people liked"):
            derived = derive_co_liked(database, DeriveSettings(), bar_or_lines)
            click.echo(
                f"{derived.edges:,} CO_LIKED and {derived.followed_by:,} FOLLOWED_BY relationships between "
                f"{derived.movies:,} movies"
            )
        with stage("train", "Vectors from random walks"):
            trained = train_and_write(
                database, TrainSettings(), Home(home_folder(env)).checkpoints, progress=bar_or_lines
            )
            losses = ", ".join(f"{loss:.3f}" for loss in trained.losses)
            click.echo(f"{trained.movies:,} movies, {trained.walks_per_epoch:,} walks an epoch, loss {losses}")
        for movie in QUERIES:
            with stage("similar", f'movierec similar "{movie}"'):
                similar.show(database, movie, 5, "table")
        with stage("recommend", f"movierec recommend --user {USER}"):
            recommend.show(database, RecommendationRequest(USER), "table")
        if evaluates:
            with stage("evaluate", "movierec evaluate (on a copy, with the newest likes of each user held out)"):
                report = evaluate_copy(database, env, progress=bar_or_lines)
                evaluate.print_report(to_record(report), "table", brief=True)
    finally:
        opened.__exit__(None, None, None)

    rows = [{"stage": name, "seconds": f"{value:.1f}"} for name, value in seconds.items()]
    rows.append({"stage": "all", "seconds": f"{sum(seconds.values()):.1f}"})
    click.secho("\n== Time", bold=True)
    print_rows(rows, "table", {"stage": "stage", "seconds": "seconds"})
    _say_where(env, **connection)


def _fetched(env: Any) -> Path:
    from movierec.cli.progress import bar_or_lines
    from movierec.home import cache_folder
    from movierec.ratings.fetch import DATASETS, GROUPLENS, fetch_dataset

    base_url = env.get("MOVIEREC_DATASETS_URL") or GROUPLENS
    return fetch_dataset(
        DATASETS["ml-latest-small"], cache_folder(env) / "datasets", base_url=base_url, progress=bar_or_lines
    )


def _say_where(env: Any, uri: str | None, **_: Any) -> None:
    """The way to the page and into Neo4j Browser, for the embedded server."""
    if uri or env.get("NEO4J_URI"):
        return
    from movierec.cli.server import browser_address
    from movierec.database.embedded.server import EmbeddedServer
    from movierec.home import Home, home_folder

    server = EmbeddedServer(Home(home_folder(env)), env)
    state = server.running()
    if state is not None:
        click.secho("\n== A page to try it", bold=True)
        click.echo(f"open      {_program()} ui --open")
        click.secho("\n== Neo4j Browser", bold=True)
        click.echo(f"address   {browser_address(state)}")
        click.echo(f"connect   bolt://127.0.0.1:{state.bolt_port}, user neo4j")
        click.echo(f"password  {_program()} server password (kept in {server.home.password_file})")
        click.echo("paste     a file of cypher/explore/, such as neighbourhood.cypher")
        click.echo(f"stop      {_program()} server stop")


def _program() -> str:
    """How to call this program again: by name where that is found, else as it was called."""
    called = Path(sys.argv[0])
    return str(called) if called.name == "movierec" and shutil.which("movierec") is None else "movierec"
