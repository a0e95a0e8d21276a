"""A quantum computer's own control software, for reference: what an HTTP driver can be pointed at.

    python -m workers.reference_qc --port 8700 --state var/reference-qc

It stands for a machine outside of qcjob and knows nothing of it: no ledger, no Redis, no settings; only what is pure in
the simulator is shared. `docs/reference-qc.md` has the protocol. Reading order: `programs` (what it accepts), `runs`
(what it remembers), `machine` (its slots), `app` (its door).
"""
