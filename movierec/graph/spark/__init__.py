"""The Spark engine of a derivation; see engine.py."""
