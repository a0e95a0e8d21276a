"""What operators do over HTTP: `client.operating`."""

from __future__ import annotations

from qcjob.client.answers import Json, RemoteBatch, RemoteJob
from qcjob.client.asking import given, path_of, piece
from qcjob.client.connection import Connection


class Operating:
    """Acts on anybody's jobs, on customers and devices, with an operator's key; `why` is for the audit.

    Raises as the calls of Client do, and Problem `operator-only`.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def hold(self, job: str | RemoteJob, *, held: bool = True, why: str = "") -> RemoteJob:
        """Hold a waiting job, or release it."""
        return self._change(job, {"held": held, "why": why})

    def move(self, job: str | RemoteJob, device: str, *, why: str = "") -> RemoteJob:
        """Let a waiting job wait for another device, compiled for it."""
        return self._change(job, {"device": device, "why": why})

    def cancel(self, job: str | RemoteJob, *, why: str = "") -> RemoteJob:
        """Cancel a waiting job at once, ask a running one to stop. Raises Problem `not-cancellable` after the end."""
        path = f"{path_of(job, RemoteJob)}/cancel"
        return RemoteJob.from_answer(self._connection.ask("POST", path, json={"why": why}))

    def cancel_batch(self, batch: str | RemoteBatch, *, why: str = "") -> RemoteBatch:
        """Cancel the jobs of a batch that wait, ask those that run to stop. Raises Problem `not-cancellable`."""
        path = f"{path_of(batch, RemoteBatch)}/cancel"
        return RemoteBatch.from_answer(self._connection.ask("POST", path, json={"why": why}))

    def hold_customer(self, name: str, *, held: bool = True, why: str = "") -> Json:
        """Hold all jobs of a recorded customer, or release them."""
        return self._connection.document("PATCH", f"/v1/customers/{piece(name)}", json={"held": held, "why": why})

    def direct(self, device: str, status: str, *, why: str = "") -> Json:
        """Say that a device is `online`, `drained` or `offline`."""
        return self._connection.document("PATCH", f"/v1/devices/{piece(device)}", json={"status": status, "why": why})

    def waiting(self, device: str, *, limit: int | None = None, cursor: str | None = None) -> Json:
        """One page of the jobs that wait for a device, the next one to run first: `items`, and `next`, a cursor."""
        params = given(limit=limit, cursor=cursor)
        return self._connection.document("GET", f"/v1/devices/{piece(device)}/queue", params=params)

    def audit(self, *, limit: int | None = None, cursor: str | None = None) -> Json:
        """One page of what operators did, newest first: `items`, and `next`, the cursor of the next page."""
        return self._connection.document("GET", "/v1/audit", params=given(limit=limit, cursor=cursor))

    def _change(self, job: str | RemoteJob, body: Json) -> RemoteJob:
        timeout = self._connection.while_compiling  # to move a job is to compile it for another device
        answer = self._connection.ask("PATCH", path_of(job, RemoteJob), json=body, timeout=timeout)
        return RemoteJob.from_answer(answer)
