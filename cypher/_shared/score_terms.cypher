//   profile score    = exp((logit - the largest logit) / temperature)
//   graph score      = graph weight * graph sum / the largest graph sum
//   prediction score = prediction weight * prediction sum / the largest prediction sum
//   encoder score    = encoder weight * exp((encoder logit - the largest) / encoder temperature)
//                      encoder logit = userEmbedding . encoderEmbedding + encoderBias
//   score            = the sum of the four; temperatures and weights are those of the live model
// What is largest is taken over the movies that the user has not rated, so filters change no score.
