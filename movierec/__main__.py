"""`python -m movierec` is the same as `movierec`."""

from movierec.cli.start import main

main()
