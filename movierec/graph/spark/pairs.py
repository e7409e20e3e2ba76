"""Pairs of movies that the same users like, counted by Spark SQL: likes as Parquet -> edges as Parquet.

    likes        user, movie: whole numbers; decay: DOUBLE, with a half-life; age: FLOAT, where the order is known
    CO_LIKED     source < target, count, weight: of the pairs that pass the thresholds
    FOLLOWED_BY  source, target, weight: what users liked soon after the source

The weights are those of cypher/_shared/weight.cypher and cypher/derive/followed_by.cypher, in the same order of
operations. A file of edges holds all edges of its sources, sorted. Of equal weights the smaller movie is better.

As in the other engines pairs are counted over lists. How many wedges (two likes of one user) begin at each movie
is known beforehand, from the users' numbers of likes; so the movies are divided into stretches of about
TASK_WEDGES wedges, a task each. A task gets, of each user, the likes in its stretch and all later ones, and adds
up whole pairs: no pair is shuffled, which would take longer than to count it. So a user with many likes is cut
into as many pieces as there are stretches, and no task has more than twice its share. A movie with more wedges
than that has several tasks, salted by the user, whose sums are added afterwards.

Everything is SQL: the workers need Spark and no Python; the driver needs movierec. On its own, for likes that did
not come from a database:

    spark-submit pairs.py LIKES EDGES --measure cosine --top-k 50
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from dataclasses import fields

from pyspark.sql import Column, DataFrame, SparkSession, Window
from pyspark.sql import functions as sf

from movierec.graph.settings import DeriveSettings

__all__ = ["co_liked", "followed_by", "main", "weight"]

TASK_WEDGES = 5_000_000  # that a task counts: seconds, and at most 500 MB
OF_LIKES = (
    "min_rating",
    "max_user_likes",
    "half_life_days",
    "sequential",
)  # settings: decided where likes are made
USER_BLOCK = 1_000  # likes; a key of the join for FOLLOWED_BY has a million pairs at most


def co_liked(
    spark: SparkSession,
    likes: str,
    edges: str,
    settings: DeriveSettings,
    *,
    denominator: float | None = None,
    task_wedges: int | None = None,  # None: TASK_WEDGES
) -> None:
    """Write the CO_LIKED edges. `denominator` is D, where it is not that of these likes.

    With `top_k` an edge stays if it is among the strongest of either end.
    """
    session, task_wedges = _session(spark), task_wedges or TASK_WEDGES
    liked = _likes(session, likes)
    movies = _movies(liked).cache()
    all_wedges, most_wedges, all_decays = movies.agg(sf.sum("wedges"), sf.max("wedges"), sf.sum("x")).collect()[0]
    if denominator is None:
        denominator = _users(liked) if settings.denominator == "users" else all_decays
    n_tasks = (all_wedges or 0) // task_wedges + 1
    keys = ["source", "target"]
    pieces = _pieces(liked, movies, task_wedges).repartitionById(n_tasks, "task")
    sums = sf.count("*").alias("count"), sf.sum("decay").alias("xy")
    pairs = _wedges(pieces).groupBy("task", *keys).agg(*sums).drop("task")
    if (most_wedges or 0) > task_wedges:
        salted = sf.broadcast(movies.where(sf.col("wedges") > task_wedges).select(sf.col("movie").alias("source")))
        parts = pairs.join(salted, "source", "left_semi").groupBy(*keys)
        whole = parts.agg(sf.sum("count").alias("count"), sf.sum("xy").alias("xy")).repartition("source")
        pairs = pairs.join(salted, "source", "left_anti").unionByName(whole)
    sums_of_movies = movies.select("movie", "x")
    found = (
        pairs.where(sf.col("count") >= (settings.min_count or 1))
        .join(sf.broadcast(sums_of_movies.withColumnsRenamed({"movie": "source"})), "source")
        .join(sf.broadcast(sums_of_movies.withColumnsRenamed({"movie": "target", "x": "y"})), "target")
        .withColumn("weight", weight(settings, float(denominator or 0.0)))
        .where((sf.col("weight") > 0) & (sf.col("weight") >= (settings.min_weight or 0.0)))
        .select(*keys, "count", "weight")
    )
    if settings.top_k:
        found = _strongest(found, settings.top_k)
    found.sortWithinPartitions(*keys).write.parquet(edges, mode="overwrite")
    movies.unpersist()


def followed_by(
    spark: SparkSession, likes: str, edges: str, settings: DeriveSettings, *, user_block: int = USER_BLOCK
) -> None:
    """Write the FOLLOWED_BY edges, of each movie best first. The likes must have ages."""
    session, window = _session(spark), float(settings.follow_window)
    liked = _likes(session, likes)
    # The join makes much of little, which neither the size of files nor that of shuffles tells.
    session.conf.set("spark.sql.shuffle.partitions", int(liked.count() * (window + 1)) // TASK_WEDGES + 1)
    session.conf.set("spark.sql.adaptive.coalescePartitions.enabled", "false")
    session.conf.set("spark.sql.autoBroadcastJoinThreshold", -1)
    blocks = _in_blocks(liked, user_block)
    # What follows within the window is in the same stretch of ages, or in the one after.
    blocks = blocks.withColumn("stretch", sf.floor(sf.col("age") / (window + 1)))
    every_block = sf.explode(sf.sequence(sf.lit(0).cast("bigint"), sf.col("last_block")))
    older = (
        blocks.withColumn("stretch", sf.explode(sf.array("stretch", sf.col("stretch") - 1)))
        .withColumn("other_block", every_block)
        .select(
            "user",
            "stretch",
            sf.col("block").alias("one"),
            sf.col("other_block").alias("other"),
            sf.col("movie").alias("source"),
            sf.col("age").alias("older"),
        )
    )
    newer = blocks.withColumn("other_block", every_block).select(
        "user",
        "stretch",
        sf.col("other_block").alias("one"),
        sf.col("block").alias("other"),
        sf.col("movie").alias("target"),
        sf.col("age").alias("newer"),
    )
    gap = sf.col("gap")
    term = sf.when(gap == 0, 0.5).otherwise(
        sf.exp(-(sf.when(gap > 1, gap - 1).otherwise(0.0)) / float(settings.follow_scale))
    )
    best = Window.partitionBy("source").orderBy(sf.desc("weight"), "target")
    (
        older.join(newer, ["user", "stretch", "one", "other"])
        .withColumn("gap", sf.col("older") - sf.col("newer"))
        .where((sf.col("source") != sf.col("target")) & gap.between(0.0, window))
        .groupBy("source", "target")
        .agg(sf.round(sf.sum(term), 6).alias("weight"))
        .withColumn("rank", sf.row_number().over(best))
        .where(sf.col("rank") <= settings.follow_top_k)
        .sortWithinPartitions("source", "rank")
        .select("source", "target", "weight")
        .write.parquet(edges, mode="overwrite")
    )


def _session(spark: SparkSession) -> SparkSession:
    """A session on the same cluster, with settings of its own."""
    session = spark.newSession()
    session.conf.set("spark.sql.broadcastTimeout", 86_400)  # seconds; waiting for the cluster is no failure
    session.conf.set("spark.sql.optimizer.windowGroupLimitThreshold", 2**31 - 1)
    session.conf.set("spark.sql.adaptive.skewJoin.enabled", "true")
    return session


def _likes(session: SparkSession, path: str) -> DataFrame:
    likes = session.read.parquet(path)
    more = [sf.col(name).cast("double") for name in ("decay", "age") if name in likes.columns]
    return likes.select("user", "movie", *more)


def _users(likes: DataFrame) -> float:
    """Users, or the sum over them of the decay of their newest like."""
    newest = sf.max("decay") if "decay" in likes.columns else sf.max(sf.lit(1.0))
    return float(likes.groupBy("user").agg(newest.alias("newest")).agg(sf.sum("newest")).collect()[0][0] or 0.0)


def _movies(likes: DataFrame) -> DataFrame:
    """Of each movie x, its likes or the sum of their decays, and how many wedges begin there: later likes."""
    of_user = Window.partitionBy("user")
    later = sf.count("*").over(of_user) - sf.row_number().over(of_user.orderBy("movie"))
    x = sf.sum("decay") if "decay" in likes.columns else sf.count("*").cast("double")
    return likes.withColumn("later", later).groupBy("movie").agg(x.alias("x"), sf.sum("later").alias("wedges"))


def _pieces(likes: DataFrame, movies: DataFrame, task_wedges: int) -> DataFrame:
    """What a task gets of a user: `movies` and `decays` from its stretch on, of which the first `n` are in it."""
    before = sf.sum("wedges").over(Window.orderBy("movie")) - sf.col("wedges")
    tasks = movies.select(
        "movie",
        sf.floor(before / task_wedges).cast("int").alias("first_task"),
        sf.ceil(sf.col("wedges") / task_wedges).cast("int").alias("salts"),
    )
    salt = sf.when(sf.col("salts") > 1, sf.pmod(sf.xxhash64("user"), sf.col("salts")).cast("int")).otherwise(0)
    decay = ["decay"] if "decay" in likes.columns else []
    like = sf.struct("movie", (sf.col("first_task") + salt).alias("task"), *decay)
    lists = (
        likes.join(sf.broadcast(tasks), "movie")
        .groupBy("user")
        .agg(sf.sort_array(sf.collect_list(like)).alias("all"))
    )

    def begins(place: Column) -> Column:
        task_before = sf.element_at("all.task", sf.greatest(place - 1, sf.lit(1)))
        return (place == 1) | (sf.element_at("all.task", place) != task_before)

    first, n_likes = sf.col("first"), sf.size("all")
    return (
        lists.withColumn("begins", sf.filter(sf.sequence(sf.lit(1), n_likes), begins))
        .select("all", "begins", sf.posexplode("begins").alias("piece", "first"))
        .select(
            sf.element_at("all.task", first).alias("task"),
            (sf.coalesce(sf.try_element_at("begins", sf.col("piece") + 2), n_likes + 1) - first).alias("n"),
            *(sf.slice(f"all.{name}", first, n_likes).alias(f"{name}s") for name in ("movie", *decay)),
        )
    )


def _wedges(pieces: DataFrame) -> DataFrame:
    """Each two likes of a user: source < target, with the smaller decay, or 1."""
    size, place, other = sf.size("movies"), sf.col("place"), sf.col("other")
    smaller = sf.least(sf.element_at("decays", place), sf.element_at("decays", other))
    decay = smaller if "decays" in pieces.columns else sf.lit(1.0)
    return (
        pieces.where(size > 1)
        .withColumn("place", sf.explode(sf.sequence(sf.lit(1), sf.least("n", size - 1))))
        .withColumn("other", sf.explode(sf.sequence(place + 1, size)))
        .select(
            "task",
            sf.element_at("movies", place).alias("source"),
            sf.element_at("movies", other).alias("target"),
            decay.alias("decay"),
        )
    )


def _in_blocks(likes: DataFrame, size: int) -> DataFrame:
    """With the `block` of each like among its user's in the order of the movies, and the user's `last_block`."""
    of_user = Window.partitionBy("user")
    place, n = sf.row_number().over(of_user.orderBy("movie")) - 1, sf.count("*").over(of_user)
    return likes.withColumn("block", sf.floor(place / size)).withColumn("last_block", sf.floor((n - 1) / size))


def _strongest(pairs: DataFrame, k: int) -> DataFrame:
    """The edges that are among the `k` strongest of either end."""
    ends = [
        pairs.select(sf.col(one).alias("movie"), sf.col(other).alias("neighbour"), "count", "weight")
        for one, other in (("source", "target"), ("target", "source"))
    ]
    best = Window.partitionBy("movie").orderBy(sf.desc("weight"), "neighbour")
    return (
        ends[0]
        .union(ends[1])
        .withColumn("rank", sf.row_number().over(best))
        .where(sf.col("rank") <= k)
        .select(
            sf.least("movie", "neighbour").alias("source"),
            sf.greatest("movie", "neighbour").alias("target"),
            "count",
            "weight",
        )
        .repartition("source")
        .dropDuplicates(["source", "target"])
    )


def weight(settings: DeriveSettings, denominator: float) -> Column:
    """The weight of a pair by the measure, of columns xy, x and y."""
    xy, x, y, d = sf.col("xy"), sf.col("x"), sf.col("y"), sf.lit(denominator)
    damping = sf.lit(float(settings.damping))
    lift = xy * d / (x * y)
    match settings.measure:
        case "xy_pmi":
            return xy * sf.ln(lift)
        case "count":
            return xy
        case "pmi":
            return sf.ln(lift)
        case "ppmi":
            return sf.when(xy * d > x * y, sf.ln(lift)).otherwise(0.0)
        case "npmi":
            return sf.when(xy >= d, 1.0).otherwise(sf.ln(lift) / sf.ln(d / xy))
        case "lift":
            return lift
        case "damped_lift":
            return lift * (xy / (xy + damping))
        case "jaccard":
            return xy / (x + y - xy)
        case "cosine":
            return xy / sf.sqrt(x * y)
    sign = sf.when(xy * d < x * y, -2.0).otherwise(2.0)
    joint = _entropy_terms([xy, x - xy, y - xy, d - x - y + xy, d])
    return sign * (joint - _entropy_terms([x, d - x, y, d - y]))


def _entropy_terms(counts: Sequence[Column]) -> Column:
    total = sf.lit(0.0)
    for k in counts:
        total = total + sf.when(k > 0, k * sf.ln(k)).otherwise(0.0)
    return total


def main() -> None:
    """What spark-submit runs."""
    options = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    options.add_argument("likes")
    options.add_argument("edges")
    options.add_argument("--followed-by", action="store_true", help="FOLLOWED_BY instead of CO_LIKED")
    kinds = {"float": float, "int": int, "str": str}
    for field in (one for one in fields(DeriveSettings) if one.name not in OF_LIKES):
        options.add_argument(f"--{field.name.replace('_', '-')}", type=kinds[str(field.type).split(" ")[0]])
    asked = vars(options.parse_args())
    likes, edges, follows = (asked.pop(name) for name in ("likes", "edges", "followed_by"))
    settings = DeriveSettings(**{name: value for name, value in asked.items() if value is not None})
    spark = SparkSession.builder.getOrCreate()
    (followed_by if follows else co_liked)(spark, likes, edges, settings)
    spark.stop()


if __name__ == "__main__":
    main()
