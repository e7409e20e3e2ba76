"""Ratings in files: downloaded, recognised, read in chunks and checked. Knows nothing of databases."""
