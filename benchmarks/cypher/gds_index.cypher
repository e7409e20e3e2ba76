// The vector index of the library's vectors, as movie_embedding is that of ours.
// Parameters: none.
// Returns: nothing.

CREATE VECTOR INDEX gds_embedding IF NOT EXISTS
FOR (m:Movie) ON (m.gdsEmbedding)
OPTIONS {indexConfig: {`vector.similarity_function`: 'cosine'}};

CALL db.awaitIndexes(300);
