"""A Spark of this machine for the tests of a module: starting it takes seconds, and so does compiling a job.

The tests need a Java 17 or 21, as the engine does; without one they fail and say so.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from pyspark.sql import SparkSession

from movierec.graph.spark.session import spark_session

__all__ = ["spark"]


@pytest.fixture(scope="module")
def spark(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SparkSession]:
    with pytest.MonkeyPatch.context() as patch:
        # Most of the time of a short job is spent being compiled: Java's first compiler alone is cheaper.
        patch.setenv("JDK_JAVA_OPTIONS", "-XX:TieredStopAtLevel=1")
        with spark_session("local[2]", tmp_path_factory.mktemp("spark")) as session:
            yield session
