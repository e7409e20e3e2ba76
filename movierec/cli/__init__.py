"""The command line: one command per file, nothing but parsing and printing."""
