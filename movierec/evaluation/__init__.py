"""How good the recommendations are, on likes that nothing was trained on, beside simple methods."""
