"""From the CO_LIKED graph to vectors: walk, train, write back (node2vec, Grover and Leskovec 2016)."""
