from dataclasses import dataclass, field
from pathlib import Path

from movierec.records import INLINED, camel_case, from_row, record_fields, snake_case, to_record, to_records


@dataclass(frozen=True, kw_only=True)
class Inner:
    min_rating: float = 4.0
    top_k: int | None = None


@dataclass(frozen=True, kw_only=True)
class Outer:
    run_id: str
    settings: Inner = field(metadata=INLINED)
    from_: float = 1.0
    parts: tuple[Inner, ...] = ()
    by_name: dict[str, float] = field(default_factory=dict)
    file: Path | None = None


def test_names_are_spelled_for_the_graph_and_back() -> None:
    assert camel_case("min_rating") == "minRating"
    assert camel_case("vectors_sha256") == "vectorsSha256"
    assert camel_case("from_") == "from"
    assert snake_case("likeCount") == "like_count"
    assert snake_case("rank") == "rank"


def test_record_has_inlined_settings_nested_results_and_names_of_metrics_as_they_are() -> None:
    outer = Outer(
        run_id="r", settings=Inner(), parts=(Inner(top_k=2),), by_name={"hit_rate@10": 0.5}, file=Path("a/b")
    )
    record = {
        "runId": "r",
        "minRating": 4.0,
        "topK": None,
        "from": 1.0,
        "parts": [{"minRating": 4.0, "topK": 2}],
        "byName": {"hit_rate@10": 0.5},
        "file": "a/b",
    }
    assert to_record(outer) == record
    assert to_records([outer, {"x": (1, 2)}]) == [record, {"x": [1, 2]}]
    assert list(record_fields(Outer)) == list(record)


def test_result_is_made_from_a_row() -> None:
    inner = from_row(Inner, {"minRating": 5.0}, top_k=3)
    assert inner == Inner(min_rating=5.0, top_k=3)
