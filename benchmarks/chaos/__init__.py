"""The storm: real jobs through real processes, one fault after another, and then a count of what became of each job.

`python -m benchmarks.chaos --help`, or `make chaos`; `docs/chaos.md` says what it proves and what it does not.

storm         the order of it all
installation  Redis, web, workers and a reference QC, started and restarted as `up` would
proxy         a TCP proxy in front of Redis, that can be cut, silenced and half-opened
faults        what is done to them, and how it is undone
striker       the thread that does it, one fault after the other
clients       who submits, follows and cancels meanwhile
witness       what they were told
logged        the simulator, with a log of each start
checks        what must hold of ledger, answers and devices afterwards
stalls        how long each fault kept jobs waiting
report        the tables
"""
