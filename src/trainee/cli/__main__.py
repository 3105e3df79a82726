"""`python -m trainee.cli` is `trainee`."""

from trainee.cli import main

main()
