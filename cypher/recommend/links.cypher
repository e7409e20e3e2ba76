// The CO_LIKED relationship of each of some pairs of a liked and another movie, and FOLLOWED_BY from the like.
// Parameters: likes LIST<INTEGER | STRING>, movieIds; movieIds LIST<INTEGER | STRING>, each to go with the like of the
//   same position.
// Returns: likedId INTEGER | STRING, liked STRING, its title; movieId INTEGER | STRING; count INTEGER, users who liked
//   both; weight FLOAT; lift FLOAT, how many times more than by chance; followed FLOAT or null, weight of FOLLOWED_BY
//   from the like. No row for a pair without CO_LIKED.
:param likes => [2571, 2571];
:param movieIds => [1, 260];

// begin _shared/last_done_derive.cypher
MATCH (derive:Run {stage: 'derive', status: 'done'})
WITH derive
ORDER BY derive.startedAt DESC, derive.runId DESC
LIMIT 1
// end _shared/last_done_derive.cypher
UNWIND range(0, size($likes) - 1) AS i
MATCH (liked:Movie {movieId: $likes[i]})
MATCH (m:Movie {movieId: $movieIds[i]})
MATCH (liked)-[c:CO_LIKED]-(m)
OPTIONAL MATCH (liked)-[f:FOLLOWED_BY]->(m)
RETURN
  liked.movieId AS likedId,
  liked.title AS liked,
  m.movieId AS movieId,
  c.count AS count,
  c.weight AS weight,
  1.0 * c.count * derive.users / (liked.likeCount * m.likeCount) AS lift,
  f.weight AS followed
ORDER BY likedId, movieId;
