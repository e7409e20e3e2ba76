"""What a person names, looked up in the graph: movies by title or id, users by id, and filters on movies."""
