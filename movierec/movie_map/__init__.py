"""A map of all movies: similar ones lie near each other."""
