"""Write MovieLens as other people's files look, for docs/your-data.md and for trying movierec on such files.

python -m scripts.example_files FOLDER

FOLDER/letterboxd/ratings.csv          one person's export, of films by name and year (made up)
FOLDER/shop/orders.parquet, items.parquet    a shop's tables: customers and articles as texts, no ratings
FOLDER/netflix/combined_data_1.txt, movie_titles.csv    the Netflix Prize's layout
"""

from __future__ import annotations

import csv
import sys
from pathlib import Path

import pandas as pd

MOVIELENS = Path(__file__).parent.parent / "data" / "ml-latest-small"

LETTERBOXD = (
    ("The Matrix", 1999, 5), ("Spirited Away", 2001, 5), ("Amélie", 2001, 4.5), ("Se7en", 1995, 4),
    ("The Lord of the Rings: The Fellowship of the Ring", 2001, 4.5), ("Dune", 2021, 4), ("WALL·E", 2008, 4.5),
    ("City of God", 2002, 5), ("Princess Mononoke", 1997, 4.5), ("Titanic", 1997, 2), ("Up", 2009, 4),
    ("Everything Everywhere All at Once", 2022, 5), ("Arrival", 2016, 4.5), ("Parasite", 2019, None),
)  # fmt: skip


def write_letterboxd(folder: Path) -> Path:
    """One person's ratings as Letterboxd exports them; the last film is only logged."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "ratings.csv"
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["Date", "Name", "Year", "Letterboxd URI", "Rating"])
        for day, (name, year, rating) in enumerate(LETTERBOXD, start=1):
            writer.writerow([f"2026-03-{day:02d}", name, year, f"https://boxd.it/{day:04x}", rating])
    return path


def write_shop(folder: Path, movielens: Path = MOVIELENS) -> Path:
    """The likes as orders of a shop: ids that are texts, times as datetimes, no ratings."""
    folder.mkdir(parents=True, exist_ok=True)
    ratings = pd.read_csv(movielens / "ratings.csv")
    movies = pd.read_csv(movielens / "movies.csv")
    bought = ratings[ratings["rating"] >= 4]
    pd.DataFrame(
        {
            "customer": [f"C-{user:05d}" for user in bought["userId"]],
            "sku": [f"DVD-{movie:06d}" for movie in bought["movieId"]],
            "ordered_at": pd.to_datetime(bought["timestamp"], unit="s", utc=True),
        }
    ).to_parquet(folder / "orders.parquet", index=False)
    pd.DataFrame(
        {
            "sku": [f"DVD-{movie:06d}" for movie in movies["movieId"]],
            "product_name": movies["title"],
            "categories": [genres.split("|") for genres in movies["genres"]],
        }
    ).to_parquet(folder / "items.parquet", index=False)
    return folder


def write_netflix(folder: Path, movielens: Path = MOVIELENS) -> Path:
    """The ratings in whole stars, movie by movie, and the titles, as the Netflix Prize had them."""
    folder.mkdir(parents=True, exist_ok=True)
    ratings = pd.read_csv(movielens / "ratings.csv")
    with (folder / "combined_data_1.txt").open("w", encoding="utf-8") as file:
        for movie, rows in ratings.groupby("movieId"):
            file.write(f"{movie}:\n")
            days = pd.to_datetime(rows["timestamp"], unit="s").dt.strftime("%Y-%m-%d").tolist()
            whole = (rows["rating"] + 0.5).astype(int).tolist()
            for user, rating, day in zip(rows["userId"].tolist(), whole, days, strict=True):
                file.write(f"{user},{rating},{day}\n")
    movies = pd.read_csv(movielens / "movies.csv")
    parts = movies["title"].str.extract(r"^(?P<title>.*?)\s*(?:\((?P<year>\d{4})\))?\s*$")
    lines = [
        f"{movie},{year if isinstance(year, str) else 'NULL'},{title}\n"
        for movie, title, year in zip(movies["movieId"], parts["title"], parts["year"], strict=True)
    ]
    (folder / "movie_titles.csv").write_text("".join(lines), encoding="latin-1", errors="replace")
    return folder


def main() -> None:
    if len(sys.argv) != 2:
        sys.exit("Usage: python -m scripts.example_files FOLDER")
    folder = Path(sys.argv[1])
    print(write_letterboxd(folder / "letterboxd"))
    print(write_shop(folder / "shop"))
    print(write_netflix(folder / "netflix"))


if __name__ == "__main__":
    main()
