"""`python -m movierec` is the same as `movierec`."""

from movierec.cli.main import main

main()
