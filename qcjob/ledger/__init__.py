"""The ledger on Redis: the truth about every job.

The Redis keys, all under `qcjob:` (times are strings of integer microseconds from Redis TIME):

    schema                        the layout below, 1; a newer one is refused
    job:<id>                      hash: customer, key, device, runtime, language, shots, seed, name, tags, options,
                                  retries, on_uncertain, request, fingerprint, idempotency, state, version, attempt,
                                  batch, index: the batch it came in, and its place there, where it did not come alone;
                                  parts: how many, of a job of several; part: how many of them are over;
                                  fence, created, updated, claimed, cancel, retried, error_code, error_message,
                                  score and order: its place; cost: estimated microseconds; charge: cost over weight;
                                  tier: where the owner named one;
                                  start_after, not_after, session: where the owner set them;
                                  unranked: 1 until it gets a place, when its time has come;
                                  used: 1 once it was put back to its place;
                                  due and why: not before when it is claimed (again), of use while it is in `later`,
                                  eta: "early late", when it is to start, as foreseen at submit; see eta.lua
                                  held: since when an operator holds it; acts: what operators did to it, see acts.lua;
                                  h<version> "state time attempt" for each move,
                                  a<n>:fence, worker, started, marked, handle, running, advanced, ended, outcome,
                                  rescues, put_backs, error_code, error_message
    program:<id>, compiled:<id>   the source as given; the driver's JSON
    result:<id>                   JSON {counts, seed, compiler, calibration}; of a refused result what the device said
    parts:<id>                    list: JSON {counts, seed, calibration, …} of each part that is over, until COMPLETED
    memory:<id>                   the outcome of every shot, packed as qcjob.memory says
    ready:<device>                sorted set: order and id by score, the jobs that may be claimed
    own:<device>:<customer>       sorted set: order and id by score, those of the ready set that are this customer's
    aside:<device>:<customer>     sorted set: order and id by score, the customer's other jobs with a place
    turn:<session>                sorted set: order and id by score, those of the ready set that are of an open session
    fair:<device>                 hash: <tier> virtual time, <tier>:<customer> last finish tag; gone once it ran empty
    later:<device>                sorted set: id by not-before time
    held:<device>                 sorted set: WAITING jobs held, or whose customer is held, see rank.lua
    deadlines                     sorted set: id by not_after, the WAITING jobs that have one
    leases:<device>               sorted set: id by the end of its lease; its size is the number of slots taken
    holds:<device>                sorted set: id:fence by time; slots of jobs that left while the device may be busy
    device:<device>               hash: slots, status, reason, properties, seen, … as the worker published them;
                                  session: the one that is active;
                                  word, word_by, word_why: drained or offline, where an operator said so;
                                  pace, spread, paced: how long jobs take, see pace.lua;
                                  stated, kept, room_before, room_behind: how what was foreseen came, see eta.lua
    audit                         stream, about 10,000 entries: what operators did, see qcjob.acts
    devices                       set of every device seen
    order:<device>                counter: the order of submission, 13 digits, in which equal scores run
    fence                         counter: every claim's token
    jobs:<customer>[:<state>]     sorted set: id by creation time
    session:<id>                  hash: customer, device, state, max and idle in microseconds, created, activated,
                                  closed, why; used: what its jobs have had of the device while it was active,
                                  microseconds; how many jobs of it are in each state; see session.lua
    sessions:<customer>           sorted set: id of a session by creation time
    reservation:<id>              hash: device, customer, from, to, note, created
    reservations:<device>         sorted set: id of a reservation by the end of its window
    closing, closed               sorted sets: id of a session by the time at which it closes by itself, has closed
    usage:<customer>              hash: open, the cost of the jobs that have not ended; pending,
                                  how many jobs of batches are not recorded yet; day and used, the device's time
                                  of that day (days since 1970); microseconds. sessions: how many are open
    ended                         sorted set: id by the time it became final
    damaged:<id>                  hash: raw values of fields of that job that a checkup put right; at: when first
                                  damaged:<name of a key>: what stood there, of a wrong kind, or of nobody
    idempotency:<customer>:<sha256 of the key>   the job's id; behind <customer>:batch, the batch's
    batch:<id>                    hash: customer, name, asked, jobs: how many were accepted; recorded: of these, how
                                  many have a hash of their own; <STATE>: how many are in it, in WAITING those too that
                                  are not recorded; kept: how many were not deleted yet; version, created, updated,
                                  idempotency, fingerprint, cancel, asked_to_stop: how many have been, since the cancel;
                                  cancel_by, cancel_key, cancel_why: of an operator's
    batched:<id>                  list: the ids of its jobs, in their order
    pending:<id>                  those not recorded yet, as qcjob.ledger.pieces keeps them; it passes by itself unless
                                  the batch is accepted
    errors:<id>                   why jobs that were sent with it were refused: JSON, compressed
    batches:<customer>            sorted set: batches by creation time
    unfinished                    sorted set: batches to be recorded or cancelled further, by when a keeper goes on
    changes                       stream, about 10,000 entries: id, version, state, customer; batch, of those in one
    keys, key:<digest>            API keys, see qcjob.security.keys
    customers, customer:<name>    privileges, see qcjob.security.customers

Celery's own keys stand beside them: one list per device, named like it, with wake-ups; `_kombu.binding.*`;
the channels `celery-task-meta-<id>`.
"""

from qcjob.ledger.claim import Claim
from qcjob.ledger.ledger import Ledger
from qcjob.ledger.pages import JobPage

__all__ = ["Claim", "JobPage", "Ledger"]
