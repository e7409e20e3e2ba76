// Remove the labels Changed and OrderChanged from some users and movies.
// Parameters: limit INTEGER, how many of each.
// Returns: nodes INTEGER, how many there were, up to twice the limit.
:param limit => 10000;

CALL () {
  MATCH (u:User&Changed)
  RETURN u AS node
  LIMIT $limit
  UNION ALL
  MATCH (m:Movie&(Changed|OrderChanged))
  RETURN m AS node
  LIMIT $limit
}
REMOVE node:Changed:OrderChanged
RETURN count(*) AS nodes;
