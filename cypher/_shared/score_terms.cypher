//   profile score = exp((logit - the largest logit) / temperature)
//   graph score   = graph weight * graph sum / the largest graph sum
//   score         = profile score + graph score; temperature and graph weight are those of the live model
// The largest logit and graph sum are taken over the movies that the user has not rated, so filters change no score.
