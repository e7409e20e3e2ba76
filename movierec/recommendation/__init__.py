"""Answers: movies similar to a movie, and movies for a user, each with its reasons."""
