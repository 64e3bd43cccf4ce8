"""Lets `python -m dialin` be the command line."""

from dialin.cli import main

main(prog_name="dialin")
