// Create the vector index on Movie.logitVector, not quantized: vectors of one length can differ by little.
// Parameters: none.
// Returns: nothing.

CREATE VECTOR INDEX movie_logit IF NOT EXISTS
FOR (m:Movie) ON (m.logitVector)
OPTIONS {indexConfig: {`vector.similarity_function`: 'cosine', `vector.quantization.enabled`: false}};

CALL db.awaitIndexes(300);
