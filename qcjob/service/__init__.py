"""The use cases: what users and operators can do, a method each. Callers are authenticated, and nothing else is known.

    jobs           submit, follow, read, cancel, rank, list: Service, which the others build on
    batching       many jobs accepted as one
    sessions       a device kept for a customer while they think
    reservations   a device kept for a customer at a time
    operating      what operators do to anybody's jobs, and to devices
    catalogue      every device, with what its worker says of it
    proving        can programs be compiled for a device at all?

From what is asked to what is recorded, in the order in which it goes through them:

    request        what is asked of one job, and what is meant by what it leaves out
    labels         text that users chose
    options        what a job may say in `options`
    checks         everything else that it may ask for
    compilation    from a checked request to the program that its device is given
    building       all of that: the job as it will be recorded
    once           equal programs of a batch are compiled once
    fingerprint    what an idempotency key stands for
    results        what a job came to, as it is read
    batch_results  what the jobs of a batch came to, a page at a time

None of it knows HTTP: the web, the commands and the workers ask it alike.
"""

from qcjob.service.jobs import Service
from qcjob.service.request import JobRequest

__all__ = ["JobRequest", "Service"]
