// Likes as a graph of the Graph Data Science library.
// Parameters: minRating FLOAT.
// Returns: relationships INTEGER.

MATCH (m:Movie)<-[r:RATED]-(u:User)
WHERE r.rating >= $minRating
WITH gds.graph.project('likes', m, u) AS g
RETURN g.relationshipCount AS relationships;
