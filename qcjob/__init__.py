"""qcjob: a self-hosted front door for quantum computers. Read `lifecycle`, `job`, `service` first."""

__version__ = "0.1.0"
