"""Sequences: a line is a user and, after it, everything that the user took, in the order of time.

    1 296 306 307 665          blanks or tabs between; every item is a like

S3-Rec (Zhou and others 2020) and its successors distribute Amazon's reviews and Last.fm this way. The times
themselves are not known: an item's place in its line, from 1, stands for its second.
"""

from __future__ import annotations

import re
from dataclasses import replace

from movierec.errors import DataRejected
from movierec.ratings.files import Files
from movierec.ratings.source import ReadSettings, Source, Table, source_of
from movierec.ratings.tables import BLANKS, Layout

__all__ = ["are_sequences", "sequences"]

COLUMNS = ("userId", "movieId", "timestamp")
FEWEST = 3  # lines, to tell them by


def are_sequences(lines: list[str]) -> bool:
    """Are these whole numbers in lines of different lengths, each with another first one?"""
    numbers = [line.split() for line in lines]
    return (
        len(lines) >= FEWEST
        and all(re.fullmatch(r"[0-9]+(?:[ \t]+[0-9]+)+[ \t]*", line.strip()) for line in lines)
        and len({len(one) for one in numbers}) > 1
        and len({one[0] for one in numbers}) == len(numbers)
    )


def sequences(files: Files, settings: ReadSettings) -> Source:
    """The likes of one file."""
    if not files.is_single:
        raise DataRejected(f"{files.name}: a {files.what}; name the one file of sequences in it.")
    table = Table(
        kind="ratings",
        members=(files.paths[0],),
        layout=Layout(columns=COLUMNS, form="sequences", delimiter=BLANKS, has_header=False, is_quoted=False),
        fields={name: name for name in COLUMNS},
        time_form="s",
    )
    return source_of("sequences", replace(settings, implicit=True), [table])
