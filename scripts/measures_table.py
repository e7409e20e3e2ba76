"""Write the tables of docs/measures.md anew: for one movie, the top 5 by each measure on ml-latest-small.

.venv/bin/python scripts/measures_table.py
"""

from __future__ import annotations

import os
from pathlib import Path

from movierec.database.query_files import parse_query
from movierec.evaluation.scratch import scratch_database
from movierec.graph.derive import derive_co_liked
from movierec.graph.load import load_ratings
from movierec.graph.settings import MEASURES, DeriveSettings

ROOT = Path(__file__).parent.parent
PAGE = ROOT / "docs" / "measures.md"
TITLE = "Toy Story (1995)"
K = 5
NEAREST = parse_query(
    "scripts/nearest",
    """// The neighbours with the largest weights.
// Parameters: title STRING; k INTEGER.
// Returns: title STRING, weight FLOAT.
MATCH (:Movie {title: $title})-[c:CO_LIKED]-(m:Movie)
RETURN m.title AS title, round(c.weight, 3) AS weight
ORDER BY c.weight DESC, m.movieId
LIMIT $k;""",
)


def main() -> None:
    sizes = ["| `--measure` | movies | edges | median weight of the 5 |", "|---|---|---|---|"]
    tops = [f"| `--measure` | nearest to {TITLE}, with the weight |", "|---|---|"]
    with scratch_database(dict(os.environ)) as (database, _):
        load_ratings(database, ROOT / "data" / "ml-latest-small")
        for measure in MEASURES:
            result = derive_co_liked(database, DeriveSettings(measure=measure))
            rows = database.read(NEAREST, title=TITLE, k=K)
            weights = sorted(row["weight"] for row in rows)
            sizes.append(f"| `{measure}` | {result.movies:,} | {result.edges:,} | {weights[len(weights) // 2]} |")
            named = "; ".join(f"{row['title']} {row['weight']}" for row in rows)
            tops.append(f"| `{measure}` | {named} |")
            print(tops[-1], flush=True)
    text = PAGE.read_text()
    for name, lines in (("sizes", sizes), ("tops", tops)):
        begin, end = f"<!-- {name}: scripts/measures_table.py -->", f"<!-- end of {name} -->"
        before, begins, rest = text.partition(begin)
        _, ends, after = rest.partition(end)
        if not (begins and ends):
            raise SystemExit(f"{PAGE} has no place marked {begin}")
        text = "\n".join([before + begin, *lines, end + after])
    PAGE.write_text(text)


if __name__ == "__main__":
    main()
