"""Fill the shared blocks of cypher/_shared into the query files that name them.

    python -m scripts.shared_cypher            fill them in
    python -m scripts.shared_cypher --check    fail where a file is not as it would be filled (make lint)

A block stands between `// begin _shared/NAME.cypher` and `// end _shared/NAME.cypher`, at the indentation of these
lines. After `// begin _shared/NAME.cypher, unordered` it reads the vectors for answers without the order of likes:
the names of vectors and their indexes have `unordered` before them. Every file stays whole, to be pasted into
Neo4j Browser, and a formula is written once.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path

CYPHER = Path(__file__).parent.parent / "cypher"
SHARED = CYPHER / "_shared"
BLOCK = re.compile(
    r"^( *)// begin _shared/(\w+)\.cypher(, unordered)?\n(?:.*\n)*?\1// end _shared/\2\.cypher\n",
    re.MULTILINE,
)
VECTORS = re.compile(r"\b(profile|context|encoder|logit|like)(Embedding|Norm|Bias|LogitVector|Vector)\b")
MARK = re.compile(r"^ *// (?:begin|end) _shared/\w+\.cypher.*\n", re.MULTILINE)


def filled(text: str) -> str:
    """`text` with the current text of every shared block that it names."""

    def block(found: re.Match[str]) -> str:
        indent, name, unordered = found.groups()
        path = SHARED / f"{name}.cypher"
        if not path.is_file():
            sys.exit(f"No shared block {path}.")
        # Blocks within a block leave no marks: which file holds a line is said once.
        lines = MARK.sub("", filled(path.read_text(encoding="utf-8"))).splitlines()
        body = "".join(f"{indent}{line}\n" if line else "\n" for line in lines)
        if unordered:
            body = VECTORS.sub(lambda one: f"unordered{one[0][0].upper()}{one[0][1:]}", body)
            body = body.replace("'movie_", "'movie_unordered_")
        begin, end = f"{indent}// begin _shared/{name}.cypher", f"{indent}// end _shared/{name}.cypher"
        return f"{begin}{unordered or ''}\n{body}{end}\n"

    return BLOCK.sub(block, text)


def main() -> None:
    check = "--check" in sys.argv[1:]
    stale = []
    for path in sorted(CYPHER.rglob("*.cypher")):
        if path.parent == SHARED:
            continue
        text = path.read_text(encoding="utf-8")
        if filled(text) != text:
            stale.append(str(path.relative_to(CYPHER.parent)))
            if not check:
                path.write_text(filled(text), encoding="utf-8")
    if stale and check:
        sys.exit(f"Not as the shared blocks say: {', '.join(stale)}. Run: make generated")
    for name in stale:
        print(f"filled {name}")


if __name__ == "__main__":
    main()
