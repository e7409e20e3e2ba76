"""Answers: movies like a movie, movies for a user, each with its reasons."""
