WHERE count >= $minCount AND x > 0 AND y > 0
WITH *, CASE $measure
  WHEN 'xy_pmi' THEN xy * log(xy * $denominatorValue / (x * y))
  WHEN 'count' THEN xy
  WHEN 'pmi' THEN log(xy * $denominatorValue / (x * y))
  WHEN 'ppmi' THEN CASE WHEN xy * $denominatorValue > x * y THEN log(xy * $denominatorValue / (x * y)) ELSE 0.0 END
  WHEN 'npmi' THEN CASE
    WHEN xy >= $denominatorValue THEN 1.0
    ELSE log(xy * $denominatorValue / (x * y)) / log($denominatorValue / xy)
  END
  WHEN 'lift' THEN xy * $denominatorValue / (x * y)
  WHEN 'damped_lift' THEN xy * $denominatorValue / (x * y) * (xy / (xy + $damping))
  WHEN 'jaccard' THEN xy / (x + y - xy)
  WHEN 'cosine' THEN xy / sqrt(x * y)
  WHEN 'llr' THEN CASE WHEN xy * $denominatorValue < x * y THEN -2.0 ELSE 2.0 END * (
    reduce(
      s = 0.0,
      k IN [xy, x - xy, y - xy, $denominatorValue - x - y + xy, $denominatorValue] |
      s + CASE WHEN k > 0 THEN k * log(k) ELSE 0.0 END
    )
    - reduce(
      s = 0.0,
      k IN [x, $denominatorValue - x, y, $denominatorValue - y] | s + CASE WHEN k > 0 THEN k * log(k) ELSE 0.0 END
    )
  )
END AS weight
WHERE weight > 0 AND weight >= $minWeight
