// How the decades are linked: for each pair of them the links, and how strong they are.
// Look for: old movies that are linked to new ones, and not only among themselves.
// Parameters: none.
// Returns: decade, otherDecade INTEGER; links INTEGER; meanWeight FLOAT.

MATCH (a:Movie)-[c:CO_LIKED]->(b:Movie)
WHERE a.year IS NOT NULL AND b.year IS NOT NULL
WITH a.year / 10 * 10 AS one, b.year / 10 * 10 AS other, c.weight AS weight
WITH
  CASE WHEN one < other THEN one ELSE other END AS decade,
  CASE WHEN one < other THEN other ELSE one END AS otherDecade,
  weight
RETURN decade, otherDecade, count(*) AS links, round(avg(weight), 2) AS meanWeight
ORDER BY decade, otherDecade;
