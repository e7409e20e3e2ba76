// The links between a recommended movie and the likes that contribute to it, and for each some people who liked both.
// Parameters: movieId INTEGER | STRING; likes LIST<INTEGER | STRING>, movieIds.
// Returns: link PATH; people PATH, null where nobody likes both.
:param movieId => 1200;
:param likes => [1214];

// begin _shared/last_done_derive.cypher
MATCH (derive:Run {stage: 'derive', status: 'done'})
WITH derive
ORDER BY derive.startedAt DESC, derive.runId DESC
LIMIT 1
// end _shared/last_done_derive.cypher
UNWIND $likes AS likedId
MATCH link = (liked:Movie {movieId: likedId})-[:CO_LIKED]-(m:Movie {movieId: $movieId})
CALL (derive, liked, m) {
  OPTIONAL MATCH people = (liked)<-[r:RATED]-(u:User)-[s:RATED]->(m)
  WHERE r.rating >= derive.minRating AND s.rating >= derive.minRating
  RETURN people
  ORDER BY r.rating + s.rating DESC, u.userId
  LIMIT 5
}
RETURN link, people
ORDER BY likedId;
