// Create the vector index on Movie.embedding, without vector.dimensions, so that a training may choose any dimension.
// Parameters: none.
// Returns: nothing.

CREATE VECTOR INDEX movie_embedding IF NOT EXISTS
FOR (m:Movie) ON (m.embedding)
OPTIONS {indexConfig: {`vector.similarity_function`: 'cosine'}};

CALL db.awaitIndexes(300);
