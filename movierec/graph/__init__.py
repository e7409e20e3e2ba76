"""The graph, stage by stage: load ratings, split off a test part, derive CO_LIKED, pull it into arrays."""
