"""Answers: movies like a movie, and movies for a user, each with its reasons."""
