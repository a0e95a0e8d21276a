"""`python -m qcjob`."""

from qcjob.cli import main

if __name__ == "__main__":
    main(prog_name="python -m qcjob")
