// Create movies with vectors of walks, many at once; position i of all lists belongs to the movie numbered first + i.
// Parameters: first INTEGER; likeCounts LIST<INTEGER>; embeddings LIST<LIST<FLOAT>>.
// Returns: movies INTEGER.

UNWIND range(0, size($likeCounts) - 1) AS i
CREATE (m:Movie {
  movieId: $first + i + 1,
  title: 'Movie ' + toString($first + i + 1) + ' (' + toString(1950 + ($first + i) % 70) + ')',
  year: 1950 + ($first + i) % 70,
  genres: CASE ($first + i) % 4 WHEN 0 THEN ['Comedy'] WHEN 1 THEN ['Drama'] ELSE ['Drama', 'Action'] END,
  likeCount: $likeCounts[i],
  likeIndex: $first + i
})
WITH m, i
CALL db.create.setNodeVectorProperty(m, 'embedding', $embeddings[i])
RETURN count(m) AS movies;
