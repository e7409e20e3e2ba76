WHERE count >= $minCount AND x > 0 AND y > 0
WITH *, CASE $measure
  WHEN 'xy_pmi' THEN xy * log(xy * $denominator / (x * y))
  WHEN 'count' THEN xy
  WHEN 'pmi' THEN log(xy * $denominator / (x * y))
  WHEN 'ppmi' THEN CASE WHEN xy * $denominator > x * y THEN log(xy * $denominator / (x * y)) ELSE 0.0 END
  WHEN 'npmi' THEN CASE
    WHEN xy >= $denominator THEN 1.0
    ELSE log(xy * $denominator / (x * y)) / log($denominator / xy)
  END
  WHEN 'lift' THEN xy * $denominator / (x * y)
  WHEN 'damped_lift' THEN xy * $denominator / (x * y) * (xy / (xy + $damping))
  WHEN 'jaccard' THEN xy / (x + y - xy)
  WHEN 'cosine' THEN xy / sqrt(x * y)
  WHEN 'llr' THEN CASE WHEN xy * $denominator < x * y THEN -2.0 ELSE 2.0 END * (
    reduce(
      s = 0.0,
      k IN [xy, x - xy, y - xy, $denominator - x - y + xy, $denominator] |
      s + CASE WHEN k > 0 THEN k * log(k) ELSE 0.0 END
    )
    - reduce(
      s = 0.0,
      k IN [x, $denominator - x, y, $denominator - y] | s + CASE WHEN k > 0 THEN k * log(k) ELSE 0.0 END
    )
  )
END AS weight
WHERE weight > 0 AND weight >= $minWeight
