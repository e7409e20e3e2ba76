"""The pages and the JSON API of `movierec ui`: the command line's answers over HTTP, read-only, on loopback."""
