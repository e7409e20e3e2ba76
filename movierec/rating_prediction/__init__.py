"""Predict stars: a graph convolution over who rated what."""
