// Say on the Run of the live model how many movies have vectors, and that their logits are indexed.
// Parameters: movies INTEGER.
// Returns: runs INTEGER.

MATCH (run:Run {stage: 'train', live: true})
SET run.movies = $movies, run.indexedMovies = $movies
RETURN count(run) AS runs;
