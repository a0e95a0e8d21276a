"""A client of the HTTP API, for the commands, for scripts and for notebooks.

    from qcjob.client import Client

    with Client("http://127.0.0.1:8000", api_key="…") as client:
        job = client.wait(client.submit("X(90),Y(90), X(180)", shots=1000))
        print(client.result(job).counts)

Calls raise Problem when the server refused (its problem+json is on the error), Unreachable when no answer of qcjob
came, Unusable when nothing could be asked. A lost connection and a 503 are tried again a few times: every call may
safely come twice, `submit` because it carries an Idempotency-Key.

    client         jobs and devices, and the way to the four that follow
    batches        many jobs accepted as one
    sessions       a device kept for a customer while they think
    reservations   a device kept for a customer at a time
    operating      what operators do

    connection     one server, asked as often as it takes
    asking         what questions are made of
    submission     what a submit may say of a job
    following      from one version to the next, until the end
    results        results that are longer than one answer
    answers        what comes back, as frozen values
"""

from qcjob.client.answers import (
    BatchResult,
    Page,
    Problem,
    RemoteBatch,
    RemoteJob,
    RemoteResult,
    Unreachable,
    Unusable,
)
from qcjob.client.client import DEFAULT_URL, Client

__all__ = [
    "DEFAULT_URL",
    "BatchResult",
    "Client",
    "Page",
    "Problem",
    "RemoteBatch",
    "RemoteJob",
    "RemoteResult",
    "Unreachable",
    "Unusable",
]
