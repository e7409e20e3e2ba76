// Create the vector indexes on Movie.logitVector and the three others of logits. Their vectors are of one length and
// differ by little, so they are not quantized, and the graph of neighbours is denser than by default (16 and 100).
// Parameters: none.
// Returns: nothing.

CREATE VECTOR INDEX movie_logit IF NOT EXISTS
FOR (m:Movie) ON (m.logitVector)
OPTIONS {indexConfig: {
  `vector.similarity_function`: 'cosine',
  `vector.quantization.enabled`: false,
  `vector.hnsw.m`: 32,
  `vector.hnsw.ef_construction`: 200
}};

CREATE VECTOR INDEX movie_encoder_logit IF NOT EXISTS
FOR (m:Movie) ON (m.encoderLogitVector)
OPTIONS {indexConfig: {
  `vector.similarity_function`: 'cosine',
  `vector.quantization.enabled`: false,
  `vector.hnsw.m`: 32,
  `vector.hnsw.ef_construction`: 200
}};

CREATE VECTOR INDEX movie_unordered_logit IF NOT EXISTS
FOR (m:Movie) ON (m.unorderedLogitVector)
OPTIONS {indexConfig: {
  `vector.similarity_function`: 'cosine',
  `vector.quantization.enabled`: false,
  `vector.hnsw.m`: 32,
  `vector.hnsw.ef_construction`: 200
}};

CREATE VECTOR INDEX movie_unordered_encoder_logit IF NOT EXISTS
FOR (m:Movie) ON (m.unorderedEncoderLogitVector)
OPTIONS {indexConfig: {
  `vector.similarity_function`: 'cosine',
  `vector.quantization.enabled`: false,
  `vector.hnsw.m`: 32,
  `vector.hnsw.ef_construction`: 200
}};

CALL db.awaitIndexes(300);
