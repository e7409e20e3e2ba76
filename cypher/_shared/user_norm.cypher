CALL () {
  RETURN sqrt(reduce(s = 0.0, x IN $userEmbedding | s + x * x)) AS userNorm
}
