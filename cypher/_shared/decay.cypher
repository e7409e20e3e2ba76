0.5 ^ CASE
  WHEN r.timestamp >= $referenceTime THEN 0
  // More than that would be too small to be multiplied.
  WHEN r.timestamp < $referenceTime - 500 * $halfLifeSeconds THEN 500
  ELSE ($referenceTime - r.timestamp) / $halfLifeSeconds
END
