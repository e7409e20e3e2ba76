//   xy_pmi       xy * pmi                            any; users times nats (Evert 2005: local mutual information)
//   count        xy                                  >= 1; users
//   pmi          ln(xy * D / (x * y))                -inf to ln D; nats (Church and Hanks 1990)
//   ppmi         max(pmi, 0)                         0 to ln D; nats (Bullinaria and Levy 2007)
//   npmi         pmi / -ln(xy / D)                   -1 to 1 (Bouma 2009)
//   lift         xy * D / (x * y)                    0 to D (Brin et al. 1997)
//   damped_lift  lift * xy / (xy + damping)          0 to D (shrunk by its support, as in Koren 2008)
//   jaccard      xy / (x + y - xy)                   0 to 1 (Jaccard 1912)
//   cosine       xy / sqrt(x * y)                    0 to 1 (Ochiai 1957)
//   llr          signed G2 of the 2 x 2 table        any; twice nats times users (Dunning 1993).
