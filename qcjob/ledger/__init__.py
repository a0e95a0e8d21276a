"""The ledger on Redis: the truth about every job.

The Redis keys, all under `qcjob:` (times are strings of integer microseconds from Redis TIME):

    schema                        the layout below, 1; a newer one is refused
    job:<id>                      hash: customer, key, device, runtime, language, shots, seed, name, tags, options,
                                  request, fingerprint, idempotency, state, version, attempt, score, fence, created,
                                  updated, cancel, put_backs, error_code, error_message,
                                  h<version> "state time attempt" for each move,
                                  a<n>:fence, worker, started, marked, handle, running, ended, outcome, rescues
    program:<id>, compiled:<id>   the source as given; the driver's JSON
    result:<id>                   JSON {counts, seed, compiler, calibration}; of a refused result what the device said
    ready:<device>                sorted set: id by score, the jobs that may be claimed
    later:<device>                sorted set: id by not-before time
    leases:<device>               sorted set: id by the end of its lease; its size is the number of slots taken
    holds:<device>                sorted set: id:fence by time; slots of jobs that left while the device may be busy
    device:<device>               hash: slots, status, reason, properties, seen, … as the worker published them
    devices                       set of every device seen
    tag:<device>                  counter: first come, first served
    fence                         counter: every claim's token
    jobs:<customer>[:<state>]     sorted set: id by creation time
    ended                         sorted set: id by the time it became final
    idempotency:<customer>:<sha256 of the key>   the job's id
    changes                       stream, about 10,000 entries: id, version, state, customer
    keys, key:<digest>            API keys, see qcjob.security.keys

Celery's own keys stand beside them: one list per device, named like it, with wake-ups; `_kombu.binding.*`;
the channels `celery-task-meta-<id>`.
"""

from qcjob.ledger.claim import Claim
from qcjob.ledger.ledger import JobPage, Ledger

__all__ = ["Claim", "JobPage", "Ledger"]
