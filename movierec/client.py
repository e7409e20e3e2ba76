"""movierec from Python: every stage and every answer of the command line, for notebooks and programs.

    import movierec

    with movierec.connect() as client:
        client.load("data/ml-latest-small")
        client.derive()
        client.train()
        client.similar("Matrix, The (1999)")
        client.recommend(1, genre="Comedy")

The server is the one that arguments, the environment or `.env` name, else the embedded one, as on the command
line. Stages return results with named fields; answers are pandas tables with the columns of the command line's
JSON.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from numbers import Integral  # of Python, and of a column of pandas
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from movierec.database.connection import Database
from movierec.database.open import server_settings
from movierec.database.settings import environment
from movierec.embedding.settings import TrainSettings
from movierec.graph.settings import DeriveSettings, SparkSettings, SplitSettings
from movierec.home import Home, cache_folder, home_folder
from movierec.lookup.filters import Filters, named_filters
from movierec.lookup.movies import find_movies
from movierec.lookup.users import every_user, find_user, find_users
from movierec.progress import Progress, silent
from movierec.rating_prediction.settings import RatingModelSettings
from movierec.recommendation.in_memory import Recommender
from movierec.recommendation.request import RecommendationRequest
from movierec.recommendation.results import Recommendation, SimilarMovie, WrittenLists
from movierec.records import record_fields, to_records

if TYPE_CHECKING:
    import networkx as nx
    from torch_geometric.data import Data

    from movierec.costs import CostEstimate
    from movierec.embedding.results import TrainingEstimate, TrainResult
    from movierec.evaluation.results import EvaluationEstimate, EvaluationReport, RatingEvaluationReport
    from movierec.export import ExportResult
    from movierec.graph.results import (
        DerivePreview,
        DeriveResult,
        LoadCheck,
        LoadResult,
        RatingStats,
        RemovedLoad,
        ResetResult,
        SplitResult,
        UndoneSplit,
    )
    from movierec.rating_prediction.results import RatingModelResult
    from movierec.ratings.source import ReadSettings

__all__ = ["Client", "connect"]

Name = str | int  # a movie by title or id, or a user by id


def connect(
    uri: str | None = None,
    *,
    username: str | None = None,
    password: str | None = None,
    database: str | None = None,
    progress: Progress = silent,
) -> Client:
    """Connect to the server to use; the embedded one is started if need be.

    Parameters
    ----------
    uri : str, optional
        Address of the server, such as "bolt://localhost:7687". Default: NEO4J_URI, else the embedded server.
    username, password, database : str, optional
        Default: NEO4J_USERNAME, NEO4J_PASSWORD and NEO4J_DATABASE. Keep passwords out of notebooks.
    progress : Progress, optional
        What long stages report to; see `movierec.progress`.

    Returns
    -------
    Client
        Close it, or use it in a `with` statement.

    Raises
    ------
    BadRequest
        For an address that cannot be used or has no password.
    NoConnection
        If no server answers; WrongPassword, a subclass, if it refuses the login.
    """
    env = environment()
    settings = server_settings(
        env, uri=uri, username=username, password=password, database=database, progress=progress
    )
    return Client(Database(settings).__enter__(), env=env, progress=progress)


class Client:
    """The stages and the answers, over one connection. Made by `connect`."""

    def __init__(
        self, database: Database, *, env: Mapping[str, str] | None = None, progress: Progress = silent
    ) -> None:
        self.database = database
        self.recommender = Recommender(database)
        self._env = environment() if env is None else env
        self._home = Home(home_folder(self._env))
        self._progress = progress

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exception: object) -> None:
        self.close()

    def close(self) -> None:
        """End the connection; an embedded server stays up."""
        self.database.__exit__(None, None, None)

    # Ratings

    def fetch(self, name: str, *, from_file: str | Path | None = None) -> Path:
        """Download a MovieLens data set into the cache, unless it is there.

        Parameters
        ----------
        name : str
            ml-latest-small, ml-latest, ml-32m, ml-25m, ml-1m or ml-100k.
        from_file : path, optional
            A zip that you have already, instead of a download.

        Returns
        -------
        Path
            The folder, to be loaded.
        """
        from movierec.errors import BadRequest
        from movierec.ratings.fetch import DATASETS, GROUPLENS, fetch_dataset

        if name not in DATASETS:
            raise BadRequest(f"No data set {name!r}; expected one of {', '.join(DATASETS)}.")
        return fetch_dataset(
            DATASETS[name],
            cache_folder(self._env) / "datasets",
            None if from_file is None else Path(from_file),
            self._env.get("MOVIEREC_DATASETS_URL") or GROUPLENS,
            self._progress,
        )

    def load(
        self,
        path: str | Path,
        *,
        settings: ReadSettings | None = None,
        max_bad_rows: int = 0,
        rejects: str | Path | None = None,
        bulk: bool | None = None,
    ) -> LoadResult:
        """Load ratings, each row exactly once; an interrupted load resumes.

        Parameters
        ----------
        path : path
            MovieLens, the Netflix Prize, RecBole's files, one person's export, or a table as CSV, JSON lines or
            Parquet; a file, a folder, zip or tar, compressed or not.
        settings : ReadSettings, optional
            How to read it: columns, scale, ids. Default: detected; the result says how, under `detected`.
        max_bad_rows : int
            Skip up to this many rows that cannot be loaded; -1: any number.
        rejects : path, optional
            File to write the skipped rows to.
        bulk : bool, optional
            Load through Neo4j's importer, into an empty embedded server, which is restarted. Default: from two
            million ratings on, where it can be done.

        Raises
        ------
        DataRejected
            If more than `max_bad_rows` rows are bad; the message gives file, line, column, value and what was
            expected.

        Examples
        --------
        >>> client.load(folder).ratings
        1500
        """
        from movierec.graph.load import load_files
        from movierec.ratings.files import Files
        from movierec.ratings.rejects import BadRows
        from movierec.ratings.source import ReadSettings

        kept = BadRows(max_bad_rows, None if rejects is None else Path(rejects))
        with Files(str(path)) as files, kept as bad_rows:
            return load_files(
                self.database, files, settings or ReadSettings(), bad_rows, bulk=bulk, progress=self._progress
            )

    def check(self, path: str | Path, *, settings: ReadSettings | None = None, max_bad_rows: int = 0) -> LoadCheck:
        """Read and check what `load` would load, and write nothing. Parameters and errors as for `load`."""
        from movierec.graph.load import check_files
        from movierec.ratings.files import Files
        from movierec.ratings.rejects import BadRows
        from movierec.ratings.source import ReadSettings

        with Files(str(path)) as files, BadRows(max_bad_rows) as bad_rows:
            return check_files(files, settings or ReadSettings(), bad_rows, self._progress)

    def from_dataframe(
        self,
        ratings: object,
        movies: object | None = None,
        *,
        settings: ReadSettings | None = None,
        name: str = "DataFrame",
        max_bad_rows: int = 0,
    ) -> LoadResult:
        """Load a table of ratings, as strictly as a file; the same table again changes nothing.

        Parameters
        ----------
        ratings : DataFrame
            Columns of users, movies, and where there are any ratings and timestamps (Unix seconds or datetimes),
            found by their usual names or by `settings`. A pandas DataFrame, or a table of polars, duckdb, pyarrow
            or another library with the Arrow PyCapsule interface (needs the extra "parquet").
        movies : DataFrame, optional
            Columns of movie ids, titles and genres (joined by |).
        settings : ReadSettings, optional
            Columns, scale, ids, as for `load`.
        name : str
            What errors and the list of loads call it.
        max_bad_rows : int
            Skip up to this many rows that cannot be loaded; -1: any number.

        Returns
        -------
        LoadResult
            Of the ratings.

        Examples
        --------
        >>> import pandas as pd
        >>> table = pd.DataFrame({"userId": [901, 901], "movieId": [1, 2], "rating": [4.0, 5.0]})
        >>> client.from_dataframe(table).written
        2
        """
        from dataclasses import replace

        from movierec.ratings.frames import write_frame
        from movierec.ratings.source import ReadSettings

        settings = settings or ReadSettings()
        with tempfile.TemporaryDirectory(prefix="movierec-frame-") as folder:
            if movies is not None:
                path = write_frame(movies, Path(folder), f"{name} of movies")
                as_movies = replace(settings, input_format="custom", table="movies")
                self.load(path, settings=as_movies, max_bad_rows=max_bad_rows)
            path = write_frame(ratings, Path(folder), name)
            as_ratings = replace(settings, input_format="custom", table="ratings")
            return self.load(path, settings=as_ratings, max_bad_rows=max_bad_rows)

    def loads(self) -> pd.DataFrame:
        """The loads, oldest first: loadId, name, format, status, written, unchanged, rejected and times."""
        from movierec.graph.load import list_loads

        return pd.DataFrame(list_loads(self.database))

    def remove_load(self, load_id: int) -> RemovedLoad:
        """Undo one load, by its loadId in `loads`. Raises NotFound when there is none."""
        from movierec.graph.unload import remove_load

        return remove_load(self.database, load_id, self._progress)

    def reset(self) -> ResetResult:
        """Delete all users, movies, ratings, tags, loads, vectors and Runs; other nodes and the schema stay."""
        from movierec.graph.reset import reset_database

        return reset_database(self.database, self._progress)

    def stats(
        self, *, min_rating: float = 4.0, count_pairs: bool | None = None, exact: bool = False
    ) -> RatingStats:
        """What is in the graph, and how much a derivation would have to count.

        Parameters
        ----------
        min_rating : float
            Lowest rating, in stars, that is a like, for the pairs.
        count_pairs : bool, optional
            Count the pairs of movies, which takes as long as a derivation. Default: if there are at most 2
            million wedges (pairs of likes of one user).
        exact : bool
            Read every rating. Default: above a million ratings, those of 2,000 users, and estimate from them.

        Examples
        --------
        >>> client.stats().movies
        40
        """
        from movierec.graph.stats import rating_stats

        return rating_stats(self.database, min_rating, count_pairs, exact)

    # Stages

    def split(self, settings: SplitSettings | None = None) -> SplitResult:
        """Hold out a part of the ratings, in a database made for experiments; `evaluate` does it on a copy.

        Raises
        ------
        BadRequest
            When the database is split with other settings, or timestamps do not order the likes.

        Examples
        --------
        >>> held_out = client.split(movierec.SplitSettings(fraction=0.2)).held_out
        >>> client.undo_split().restored == held_out
        True
        """
        from movierec.graph.split import split_ratings

        return split_ratings(self.database, settings or SplitSettings())

    def undo_split(self) -> UndoneSplit:
        """Put all held-out ratings back."""
        from movierec.graph.split import undo_split

        return undo_split(self.database)

    def derive(
        self,
        settings: DeriveSettings | None = None,
        *,
        incremental: bool = False,
        engine: str = "auto",
        spark_master: str | None = None,
        spark_folder: str | None = None,
    ) -> DeriveResult:
        """Derive CO_LIKED, and FOLLOWED_BY where timestamps order the likes, replacing the last derivation.

        Parameters
        ----------
        settings : DeriveSettings, optional
            Default: `DeriveSettings()`, or incrementally those of the last derivation.
        incremental : bool
            Recount only what has changed since the last derivation.
        engine : str
            Where pairs are counted: "cypher", in the server; "local", here; "spark"; "auto", here above 10 million
            wedges.
        spark_master : str, optional
            Of "spark", such as "spark://host:7077". Default: the SparkSession of this process, else "local[*]".
        spark_folder : str, optional
            Of "spark": a folder that all workers see. Default: the temporary one.

        Raises
        ------
        StageMissing
            When nothing is loaded, or incrementally when nothing was derived.
        MovieRecError
            When no pair of movies passes the thresholds.

        Examples
        --------
        >>> client.derive(movierec.DeriveSettings(min_weight=0.1)).movies
        40
        """
        from movierec.graph.derive import derive_co_liked

        settings = settings or self._derive_settings(incremental)
        spark = SparkSettings(master=spark_master, folder=spark_folder)
        return derive_co_liked(self.database, settings, self._progress, incremental, engine=engine, spark=spark)

    def preview_derive(
        self,
        settings: DeriveSettings | None = None,
        *,
        incremental: bool = False,
        engine: str = "auto",
        spark_master: str | None = None,
        spark_folder: str | None = None,
    ) -> DerivePreview:
        """What `derive` would write: sizes, degrees, weights, time and memory. Nothing stays in the graph."""
        from movierec.graph.derive import preview_derive

        settings = settings or self._derive_settings(incremental)
        spark = SparkSettings(master=spark_master, folder=spark_folder)
        return preview_derive(self.database, settings, self._progress, incremental, engine=engine, spark=spark)

    def _derive_settings(self, incremental: bool) -> DeriveSettings:
        from movierec.graph.derive import last_derive_settings

        return last_derive_settings(self.database) if incremental else DeriveSettings()

    def train(
        self, settings: TrainSettings | None = None, *, fresh: bool = False, threads: int = 2
    ) -> TrainResult:
        """Train embeddings on random walks and profile vectors on users' likes, and make them the live model.

        Parameters
        ----------
        settings : TrainSettings, optional
            Default: `TrainSettings()`; presets by `TrainSettings.from_preset`.
        fresh : bool
            Ignore an unfinished checkpoint and train from scratch.
        threads : int
            1 or 2; identical results with either.

        Raises
        ------
        StageMissing
            Before `derive` is done.
        MovieRecError
            When the training diverges; the live model stays as it is.

        Examples
        --------
        >>> result = client.train(movierec.TrainSettings(epochs=1, profile_epochs=5, embedding_size=8))
        >>> result.movies, len(result.losses)
        (40, 1)
        """
        from movierec.embedding.stage import train_and_write

        return train_and_write(
            self.database,
            settings or TrainSettings(),
            self._home.checkpoints,
            fresh=fresh,
            progress=self._progress,
            threads=threads,
        )

    def preview_train(self, settings: TrainSettings | None = None, *, threads: int = 2) -> TrainingEstimate:
        """What `train` would cost, estimated from a second of training. Writes nothing."""
        from movierec.embedding.stage import preview_training

        return preview_training(
            self.database, settings or TrainSettings(), progress=self._progress, threads=threads
        )

    # Answers

    def similar(
        self,
        movie: Name,
        *,
        k: int = 10,
        plain_cosine: bool = False,
        popularity: float = 0.0,
        genre: str | Iterable[str] = (),
        with_genre: str | Iterable[str] = (),
        without_genre: str | Iterable[str] = (),
        year: str | int | None = None,
        min_ratings: int = 0,
        exclude: Name | Iterable[Name] = (),
    ) -> pd.DataFrame:
        """The movies most similar to a movie, best first.

        Parameters
        ----------
        movie : str or int
            A title or an id.
        k : int
            How many movies.
        plain_cosine : bool
            Rank by the cosine of the vectors alone, not also by who liked both.
        popularity : float
            -2 to 2: the exponent of likeCount / largest likeCount, by which scores are multiplied.
        genre, with_genre, without_genre : str or several
            At least one of these genres; all of these; none of these.
        year : str or int, optional
            1994, "1990..1999", "1990.." or "..1999".
        min_ratings : int
            Minimum number of users who rated a movie.
        exclude : movie or several
            Movies to leave out.

        Returns
        -------
        DataFrame
            Columns rank, movieId, title, year, genres, likeCount, score, cosine, count, estimatedFrom,
            queryMovieId, runId; see `movierec.SimilarMovie`.

        Raises
        ------
        NotFound
            If no movie, or more than one, has this title; `candidates` lists close matches.
        StageMissing
            Before `train` is done.

        Examples
        --------
        >>> client.similar("Matrix, The (1999)", k=3)["rank"].tolist()
        [1, 2, 3]
        """
        filters = self._filters(
            genre=genre,
            with_genre=with_genre,
            without_genre=without_genre,
            year=year,
            min_ratings=min_ratings,
            exclude=exclude,
        )
        (movie_id,) = self._movie_ids(movie)
        rows = self.recommender.similar(movie_id, k, filters, plain_cosine, popularity=popularity)
        return _table(SimilarMovie, rows)

    def recommend(
        self,
        user: Name | None = None,
        *,
        likes: Name | Iterable[Name] = (),
        then: Name | Iterable[Name] = (),
        dislikes: Name | Iterable[Name] = (),
        k: int = 10,
        diversity: float = 0.0,
        popularity: float = 0.0,
        sequential: bool | None = None,
        genre: str | Iterable[str] = (),
        with_genre: str | Iterable[str] = (),
        without_genre: str | Iterable[str] = (),
        year: str | int | None = None,
        min_ratings: int = 0,
        exclude: Name | Iterable[Name] = (),
        with_rated: bool = False,
    ) -> pd.DataFrame:
        """Movies for a user, or for someone who is not in the database, from `likes`, best first.

        Parameters
        ----------
        user : str or int, optional
            The id of a user of the database.
        likes, dislikes : movie or several
            Titles or ids, in addition to what the user has rated.
        then : movie or several
            Liked after all of these, in this order. Where the live model does not use the order, as `likes`.
        k : int
            How many movies.
        diversity : float
            0 to 1: how far to move down movies similar to those above them (maximal marginal relevance).
        popularity : float
            -2 to 2: the exponent of likeCount / largest likeCount, by which scores are multiplied.
        sequential : bool, optional
            Use the order of likes, for what comes next, or not, for what fits at any time. Default: as trained.
        genre, with_genre, without_genre, year, min_ratings, exclude
            Filters, as for `similar`.
        with_rated : bool
            Also list movies that the user has already rated.

        Returns
        -------
        DataFrame
            Columns rank, movieId, title, year, genres, likeCount, score, profileScore, graphScore,
            predictionScore, encoderScore, because, sequential, basis, runId; see `movierec.Recommendation`.

        Raises
        ------
        NotFound
            For an unknown user or movie.
        StageMissing
            Before `train` is done.

        Examples
        --------
        >>> client.recommend(1, k=5)["movieId"].nunique()
        5
        >>> client.recommend(likes="Matrix, The (1999)", genre="Action", k=2)["basis"].tolist()
        ['likes', 'likes']
        """
        request = RecommendationRequest(
            None if user is None else find_user(self.database, str(user)),
            likes=self._movie_ids(likes),
            then=self._movie_ids(then),
            dislikes=self._movie_ids(dislikes),
            k=k,
            filters=self._filters(
                genre=genre,
                with_genre=with_genre,
                without_genre=without_genre,
                year=year,
                min_ratings=min_ratings,
                exclude=exclude,
                with_rated=with_rated,
            ),
            diversity=diversity,
            popularity=popularity,
            sequential=sequential,
        )
        return _table(Recommendation, self.recommender.recommend(request))

    def recommend_many(
        self, users: Iterable[Name], *, k: int = 10, sequential: bool | None = None
    ) -> pd.DataFrame:
        """Lists for many users: userId, then the columns of `recommend`, with `because` left empty.

        Examples
        --------
        >>> client.recommend_many([1, 2], k=3)["userId"].tolist()
        [1, 1, 1, 2, 2, 2]
        """
        user_ids = find_users(self.database, [str(user) for user in users])
        if not user_ids:
            return pd.DataFrame(columns=["userId", *record_fields(Recommendation)])
        request = RecommendationRequest(user_ids[0], k=k, sequential=sequential)
        rows = [
            {"userId": user_id, **record}
            for user_id, found in self.recommender.recommend_many(user_ids, request)
            for record in to_records(found)
        ]
        return pd.DataFrame(rows, columns=["userId", *record_fields(Recommendation)])

    def recommend_sequences(self, sequences: Iterable[Iterable[Name]], *, k: int = 10) -> pd.DataFrame:
        """Lists for people who need not be in the database, each by what they liked, oldest first.

        Titles or ids. Columns: position, of the sequence, from 0; then those of `recommend`, with `because` left
        empty.

        Examples
        --------
        >>> client.recommend_sequences([[1, 2], ["Matrix, The (1999)"]], k=2)["position"].tolist()
        [0, 0, 1, 1]
        """
        found = [find_movies(self.database, sequence) for sequence in sequences]
        columns = ["position", *record_fields(Recommendation)]
        if not found:
            return pd.DataFrame(columns=columns)
        request = RecommendationRequest(likes=found[0], k=k)
        rows = [
            {"position": position, **record}
            for position, one in enumerate(self.recommender.recommend_sequences(found, request))
            for record in to_records(one)
        ]
        return pd.DataFrame(rows, columns=columns)

    def write_recommendations(
        self,
        path: str | Path,
        *,
        users: Iterable[Name] | None = None,
        k: int = 10,
        sequential: bool | None = None,
    ) -> WrittenLists:
        """Write lists for many users to a file, a row a movie, while they are made, in little memory.

        Parameters
        ----------
        path : path
            A name with .parquet or .jsonl. It appears when the file is whole.
        users : iterable, optional
            Ids. Default: every user.
        k : int
            How many movies for each.
        sequential : bool, optional
            As for `recommend`.

        Examples
        --------
        >>> client.write_recommendations(folder / "lists.jsonl", users=[1, 2], k=3).rows
        6
        """
        from movierec.recommendation.list_files import require_list_file, write_lists

        require_list_file(Path(path))
        user_ids = (
            every_user(self.database).tolist()
            if users is None
            else find_users(self.database, [str(user) for user in users])
        )
        request = RecommendationRequest(user_ids[0] if user_ids else 0, k=k, sequential=sequential)
        lists = self.recommender.recommend_many(user_ids, request)
        return write_lists(Path(path), len(user_ids), lists, self._progress)

    def explain(
        self,
        movie: Name,
        *,
        user: Name | None = None,
        likes: Name | Iterable[Name] = (),
        then: Name | Iterable[Name] = (),
        dislikes: Name | Iterable[Name] = (),
        sequential: bool | None = None,
        n: int = 10,
    ) -> Recommendation:
        """The scores of one movie for a user, or from `likes`, and up to `n` reasons for them.

        Examples
        --------
        >>> explained = client.explain(3, user=1)
        >>> abs(sum(explained.scores) - explained.score) < 1e-9
        True
        """
        request = RecommendationRequest(
            None if user is None else find_user(self.database, str(user)),
            likes=self._movie_ids(likes),
            then=self._movie_ids(then),
            dislikes=self._movie_ids(dislikes),
            sequential=sequential,
        )
        (movie_id,) = self._movie_ids(movie)
        return self.recommender.explain(request, movie_id, n)

    # Quality

    def evaluate(
        self,
        *,
        split: SplitSettings | None = None,
        derive: DeriveSettings | None = None,
        train: TrainSettings | None = None,
        n_seeds: int = 1,
        n_users: int | None = None,
        neural: bool = False,
        in_place: bool = False,
        keep: bool = False,
        record: bool = False,
        by_user: str | Path | None = None,
    ) -> EvaluationReport:
        """Evaluate movierec and baselines on held-out likes, on a copy in a temporary server.

        Parameters
        ----------
        split, derive, train : settings, optional
            What to hold out, and how to build the model from the rest.
        n_seeds : int
            Number of seeds; results are averaged.
        n_users : int, optional
            Make lists for a random sample of so many users, by `train.seed`. Default: all.
        neural : bool
            Compare with GRU4Rec and SASRec too, which take minutes.
        in_place : bool
            Use the connected database itself, one made for experiments, which then stays split.
        keep : bool
            Leave the scratch server running.
        record : bool
            Keep the result in the connected database, as a Run, for the page and for agents.
        by_user : path, optional
            CSV file to write every user's metrics to.

        Returns
        -------
        EvaluationReport
            `pd.DataFrame(report.methods).T` is a table of all metrics.
        """
        from movierec.evaluation.run import evaluate

        return evaluate(
            self.database,
            self._env,
            split=split,
            derive=derive,
            train=train,
            n_seeds=n_seeds,
            n_users=n_users,
            neural=neural,
            in_place=in_place,
            keep=keep,
            record=record,
            by_user=None if by_user is None else Path(by_user),
            progress=self._progress,
        )

    def preview_evaluate(
        self, *, split: SplitSettings | None = None, n_users: int | None = None, n_seeds: int = 1
    ) -> EvaluationEstimate:
        """What `evaluate` would take: seconds by part, memory, and which methods would be left out.

        Examples
        --------
        >>> client.preview_evaluate(n_users=20).users
        20
        """
        from movierec.evaluation.run import estimate

        return estimate(self.database, split=split, n_users=n_users, n_seeds=n_seeds)

    def estimate_costs(
        self, ratings: int | None = None, *, users: int | None = None, movies: int | None = None
    ) -> CostEstimate:
        """Time, memory and disk that every stage would take with default settings, on two cores.

        Parameters
        ----------
        ratings : int, optional
            How many. Default: those in the database, whose users and likes are then counted too.
        users, movies : int, optional
            With `ratings`. Default: as many as MovieLens would have.

        Examples
        --------
        >>> estimate = client.estimate_costs(25_000_000)
        >>> [stage.by for stage in estimate.stages][:3]
        ['importer', '', 'local']
        """
        from movierec.costs import Sizes, estimate_costs
        from movierec.graph.workload import sizes_of
        from movierec.machine import slowness_of_core

        sizes = sizes_of(self.database) if ratings is None else Sizes.of(ratings, users, movies)
        return estimate_costs(sizes, slowness_of_core())

    def tune(
        self,
        *,
        split: SplitSettings | None = None,
        derive: DeriveSettings | None = None,
        train: TrainSettings | None = None,
        n_seeds: int = 1,
        n_users: int | None = None,
    ) -> pd.DataFrame:
        """Evaluate profile temperatures, graph weights and prediction weights on an inner split, best first.

        Nothing is changed.

        With `n_users`, on a random sample of so many users.

        Returns
        -------
        DataFrame
            Columns profileTemperature, graphWeight, predictionWeight, ndcg, coverage, sequential.
        """
        from movierec.evaluation.results import ScoreSettingsResult
        from movierec.evaluation.run import tune

        found = tune(
            self.database,
            self._env,
            split=split,
            derive=derive,
            train=train,
            n_seeds=n_seeds,
            n_users=n_users,
            progress=self._progress,
        )
        return _table(ScoreSettingsResult, found)

    # Ratings to be expected

    def train_rating_model(
        self,
        settings: RatingModelSettings | None = None,
        *,
        fresh: bool = False,
        write: bool = False,
        threads: int = 2,
    ) -> RatingModelResult:
        """Train the model that predicts ratings, and make it live.

        Parameters
        ----------
        settings : RatingModelSettings, optional
            Default: `RatingModelSettings()`.
        fresh : bool
            Ignore an unfinished checkpoint and train from scratch.
        write : bool
            Also write the vectors to users and movies, as ratingEmbedding.
        threads : int
            Threads of PyTorch.

        Examples
        --------
        >>> settings = movierec.RatingModelSettings(embedding_size=8, epochs=2)
        >>> client.train_rating_model(settings).trained_epochs
        2
        """
        from movierec.rating_prediction.stage import train_and_save

        return train_and_save(
            self.database,
            settings or RatingModelSettings(),
            self._home.checkpoints,
            self._home.models,
            fresh=fresh,
            write=write,
            progress=self._progress,
            threads=threads,
        )

    def predict_ratings(
        self,
        user: Name,
        *,
        movies: Name | Iterable[Name] = (),
        k: int = 10,
        genre: str | Iterable[str] = (),
        with_genre: str | Iterable[str] = (),
        without_genre: str | Iterable[str] = (),
        year: str | int | None = None,
        min_ratings: int = 0,
        exclude: Name | Iterable[Name] = (),
        with_rated: bool = False,
    ) -> pd.DataFrame:
        """The movies with the highest predicted rating that a user has not rated, or predictions for some movies.

        Parameters
        ----------
        user : str or int
            The id of a user.
        movies : movie or several, optional
            Predict these; filters do not apply to them.
        k : int
            How many movies, without `movies`.
        genre, with_genre, without_genre, year, min_ratings, exclude, with_rated
            Filters, as for `recommend`.

        Returns
        -------
        DataFrame
            Columns rank, movieId, title, year, genres, predictedRating, likeProbability, rating, runId; see
            `movierec.PredictedRating`.

        Raises
        ------
        StageMissing
            Before `train_rating_model` is done on this machine.

        Examples
        --------
        >>> client.predict_ratings(1, movies=[1, 2])["movieId"].nunique()
        2
        """
        from movierec.rating_prediction.predict import predict_ratings
        from movierec.rating_prediction.results import PredictedRating
        from movierec.rating_prediction.stage import live_model

        run_id, model = live_model(self.database, self._home.models)
        rows = predict_ratings(
            self.database,
            model,
            find_user(self.database, str(user)),
            k=k,
            filters=self._filters(
                genre=genre,
                with_genre=with_genre,
                without_genre=without_genre,
                year=year,
                min_ratings=min_ratings,
                exclude=exclude,
                with_rated=with_rated,
            ),
            movie_ids=self._movie_ids(movies),
            run_id=run_id,
        )
        return _table(PredictedRating, rows)

    def evaluate_rating_model(
        self,
        settings: RatingModelSettings | None = None,
        *,
        split: SplitSettings | None = None,
        n_seeds: int = 1,
        threads: int = 2,
    ) -> RatingEvaluationReport:
        """Evaluate the rating model and baselines on held-out ratings, on a copy in a temporary server."""
        from movierec.evaluation.run import evaluate_rating_model

        return evaluate_rating_model(
            self.database,
            self._env,
            split=split,
            settings=settings,
            n_seeds=n_seeds,
            threads=threads,
            progress=self._progress,
        )

    # The database

    def runs(self, n: int = 20) -> pd.DataFrame:
        """The newest `n` loads, splits, derivations and trainings, with their settings and results.

        Examples
        --------
        >>> set(client.runs()["status"])
        {'done'}
        """
        from movierec.database.runs import list_runs

        return pd.DataFrame(list_runs(self.database, n))

    def doctor(self) -> pd.DataFrame:
        """What the database is, holds and lacks: check, value, remedy, ok."""
        from movierec.doctor import examine

        return pd.DataFrame([asdict(finding) | {"ok": finding.ok} for finding in examine(self.database)])

    def export(self, folder: str | Path, *, file_format: str = "tensorboard") -> ExportResult:
        """Write vectors or graphs of the live model for other tools.

        Parameters
        ----------
        folder : path
            Where to; made where there is none.
        file_format : str
            "tensorboard", "word2vec", "word2vec-binary" (gensim), "numpy", "parquet", or of graphs "edge-list" and
            "graphml" (networkx).

        Examples
        --------
        >>> client.export(folder / "gensim", file_format="word2vec").files
        ('vectors.txt',)
        """
        from movierec.export import export_model

        return export_model(self.database, Path(folder), file_format)

    def to_networkx(self, graph: str = "CO_LIKED") -> nx.Graph:
        """CO_LIKED as a networkx Graph; FOLLOWED_BY or PREDICTS as a DiGraph.

        Nodes are movieIds with title, year, genres, likeCount and embedding; edges have weight.

        Examples
        --------
        >>> client.to_networkx("FOLLOWED_BY").is_directed()
        True
        """
        from movierec.export import to_networkx

        return to_networkx(self.database, graph)

    def to_pyg(self, graph: str = "CO_LIKED") -> Data:
        """CO_LIKED, FOLLOWED_BY or PREDICTS as a PyTorch Geometric Data object.

        It has x (the embeddings, float32; zeros where there is none), edge_index (CO_LIKED in both directions),
        edge_weight and like_count as tensors, and lists movie_id, title, year and genres.

        Examples
        --------
        >>> client.to_pyg().is_undirected()
        True
        """
        from movierec.export import to_pyg

        return to_pyg(self.database, graph)

    def _movie_ids(self, movies: Name | Iterable[Name]) -> tuple[int | str, ...]:
        return find_movies(self.database, _several(movies))

    def _filters(
        self,
        *,
        genre: str | Iterable[str],
        with_genre: str | Iterable[str],
        without_genre: str | Iterable[str],
        year: str | int | None,
        min_ratings: int,
        exclude: Name | Iterable[Name],
        with_rated: bool = False,
    ) -> Filters:
        return named_filters(
            self.database,
            genres=_several(genre),
            with_genres=_several(with_genre),
            without_genres=_several(without_genre),
            year=None if year is None else str(year),
            min_ratings=min_ratings,
            exclude=_several(exclude),
            with_rated=with_rated,
        )


def _several(named: Any) -> tuple[Any, ...]:
    """One name or several, as several."""
    return (named,) if isinstance(named, str | Integral) else tuple(named)


def _table(kind: type[Any], results: Iterable[Any]) -> pd.DataFrame:
    """Results as a table, with all columns also where there are none."""
    return pd.DataFrame(to_records(results), columns=list(record_fields(kind)))
