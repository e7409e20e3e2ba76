// The movies most often liked together with one, and how much more often than by chance.
// Look for: a high count with a low lift, which is a movie everybody likes. A high lift with a low count may be luck.
// Parameters: none.
// Returns: title STRING; likedBoth INTEGER; lift FLOAT; weight FLOAT.

// begin _shared/last_done_derive.cypher
MATCH (derive:Run {stage: 'derive', status: 'done'})
WITH derive
ORDER BY derive.startedAt DESC, derive.runId DESC
LIMIT 1
// end _shared/last_done_derive.cypher
MATCH (a:Movie {title: 'Matrix, The (1999)'})-[c:CO_LIKED]-(b:Movie)
RETURN
  b.title AS title,
  c.count AS likedBoth,
  round(1.0 * c.count * derive.users / (a.likeCount * b.likeCount), 2) AS lift,
  round(c.weight, 3) AS weight
ORDER BY weight DESC, title
LIMIT 15;
