"""A Spark of this machine for the tests of a module: starting it takes seconds, and so does compiling a job."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from movierec.errors import MovieRecError
from movierec.graph.spark.session import check_java, spark_session

__all__ = ["needs_java", "spark"]


def has_java() -> bool:
    try:
        check_java(os.environ)
    except MovieRecError:
        return False
    return True


needs_java = pytest.mark.skipif(not has_java(), reason="Spark needs a Java 17 or 21 of its own")


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    with pytest.MonkeyPatch.context() as patch:
        # Most of the time of a short job is spent being compiled: Java's first compiler alone is cheaper.
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
        with spark_session("local[2]", tmp_path_factory.mktemp("spark")) as session:
            yield session
