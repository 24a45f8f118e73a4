"""`python -m setflow` is `setflow`."""

from setflow.cli import main

main()
