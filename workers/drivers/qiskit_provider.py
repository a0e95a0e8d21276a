"""What a Qiskit provider can do beside running a circuit, which each says in a way of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib import import_module
from typing import Any

from qiskit.providers import BackendV2

from qcjob.errors import ConfigurationError

Retrieve = Callable[[str], Any]
"""From a job's id to the job. Raises where the provider does not know it."""


def make(name: str, path: object, arguments: object) -> BackendV2:
    """The backend that "module:callable" makes of the arguments. Raises ConfigurationError."""
    module, _, inside = str(path).partition(":")
    if not module or not inside or not isinstance(arguments, Mapping):
        raise ConfigurationError(f'device {name}: wanted backend = "module:callable" and a table of arguments')
    try:
        made: Any = import_module(module)
        for part in inside.split("."):
            made = getattr(made, part)
        backend = made(**arguments)
    except Exception as error:
        raise ConfigurationError(f"device {name}: {path} cannot be made: {error!r:.300}") from error
    if not isinstance(backend, BackendV2):
        raise ConfigurationError(f"device {name}: {path} makes {type(backend).__name__}, not a BackendV2")
    return backend


def retrieval(backend: BackendV2) -> Retrieve | None:
    """How a job is had again by its id, from the backend, its provider or its service; None where it is not."""
    for owner in _owners(backend):
        for word in ("retrieve_job", "job"):
            if callable(found := getattr(owner, word, None)):
                retrieve: Retrieve = found
                return retrieve
    return None


def listing(backend: BackendV2) -> Callable[..., list[Any]] | None:
    """The list of jobs, to be asked for by a tag; None where there is none."""
    for owner in _owners(backend):
        if callable(found := getattr(owner, "jobs", None)):
            jobs: Callable[..., list[Any]] = found
            return jobs
    return None


def takes(backend: BackendV2, option: str) -> bool:
    """Whether the backend has a run option of this name."""
    return hasattr(backend.options, option)


def why_it_failed(job: Any) -> str:
    """What the provider says of a job that failed; some tell it only by raising when asked for the result."""
    if callable(tell := getattr(job, "error_message", None)) and (told := tell()):
        return f"the provider says: {told!s:.500}"
    try:
        status = job.result().status
    except Exception as error:
        return f"the provider says: {error!s:.500}"
    return f"the provider says: {status!s:.500}"


def _owners(backend: BackendV2) -> list[Any]:
    return [backend, *(getattr(backend, name, None) for name in ("service", "provider"))]
