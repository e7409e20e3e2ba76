// Which genres are liked together: the links between them against what chance would give.
// Look for: how much a genre keeps to itself (Children with Children), then for the pairs that surprise you.
// Parameters: none.
// Returns: genre, otherGenre STRING; links INTEGER, counted from both ends; lift FLOAT, 1: as many as by chance.

MATCH (a:Movie)-[:CO_LIKED]-(b:Movie)
UNWIND a.genres AS genre
UNWIND b.genres AS otherGenre
WITH genre, otherGenre, count(*) AS links
WITH collect({genre: genre, other: otherGenre, links: links}) AS rows, sum(links) AS total
UNWIND rows AS row
WITH row, total,
  reduce(s = 0.0, r IN rows | s + CASE WHEN r.genre = row.genre THEN r.links ELSE 0 END) AS ofOne,
  reduce(s = 0.0, r IN rows | s + CASE WHEN r.genre = row.other THEN r.links ELSE 0 END) AS ofOther
WHERE row.genre <= row.other
RETURN
  row.genre AS genre,
  row.other AS otherGenre,
  row.links AS links,
  round(row.links * total / (ofOne * ofOther), 2) AS lift
ORDER BY lift DESC, genre, otherGenre
LIMIT 25;
