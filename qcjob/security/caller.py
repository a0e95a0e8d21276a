"""Who asks, as a value."""

from __future__ import annotations

from dataclasses import dataclass

from qcjob.errors import OperatorOnly
from qcjob.rank import DEFAULT_TIER

USER, OPERATOR = "user", "operator"
ROLES = (USER, OPERATOR)


@dataclass(frozen=True, slots=True)
class Caller:
    """The customer behind a request, the key they showed, the best tier that it allows, and its role."""

    customer: str
    key_id: str
    tier: int = DEFAULT_TIER
    role: str = USER

    def must_be_operator(self) -> None:
        """Raises OperatorOnly for everybody else."""
        if self.role != OPERATOR:
            hint = "`python -m qcjob keys add NAME --role operator` makes one"
            raise OperatorOnly(f"this key is not an operator's; {hint}")
