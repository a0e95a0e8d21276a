"""A client of the HTTP API, for the commands, for scripts and for notebooks.

    from qcjob.client import Client

    with Client("http://127.0.0.1:8000", api_key="…") as client:
        job = client.wait(client.submit("X(90),Y(90), X(180)", shots=1000))
        print(client.result(job).counts)

Calls raise Problem when the server refused (its problem+json is on the error), Unreachable when no answer of qcjob
came, Unusable when nothing could be asked. A lost connection and a 503 are tried again a few times: every call may
safely come twice, `submit` because it carries an Idempotency-Key.
"""

from qcjob.client.answers import Page, Problem, RemoteJob, RemoteResult, Unreachable, Unusable
from qcjob.client.connection import DEFAULT_URL, Client

__all__ = ["DEFAULT_URL", "Client", "Page", "Problem", "RemoteJob", "RemoteResult", "Unreachable", "Unusable"]
