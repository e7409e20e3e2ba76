// The index that finds near vectors. It takes vectors of any length; all that are there have the same.
// Parameters: none.
// Returns: nothing.

CREATE VECTOR INDEX movie_embedding IF NOT EXISTS
FOR (m:Movie) ON (m.embedding)
OPTIONS {indexConfig: {`vector.similarity_function`: 'cosine'}};

CALL db.awaitIndexes(300);
