"""What every connector can do: tell about a dossier to who proves that it is theirs."""

from __future__ import annotations

from enum import Enum
from typing import Protocol

from knowledge.dossiers.facts import Facts
from knowledge.errors import KnowledgeError


class Factor(str, Enum):
    """A number whose last four digits prove a dossier."""

    IDENTITY = "identity"
    PHONE = "phone"


class ConnectorDown(KnowledgeError):
    """The system does not answer, or not in a way that can be used; ``str`` says in a word why."""


class Connector(Protocol):
    """A system that holds dossiers. ``name`` is the source in what it tells."""

    @property
    def name(self) -> str: ...

    @property
    def recalls(self) -> bool:
        """Tell whether a dossier that was proven once may be asked for again by its code alone (``recall``).

        Else nobody can be told of its changes: the proof is not kept for it.
        """
        ...

    @property
    def factors(self) -> frozenset[Factor]:
        """Return which numbers the system can check."""
        ...

    def is_connected(self) -> bool:
        """Tell whether there can be any dossier to find; asks no other machine."""
        ...

    def prove(self, code: str, sealed: str) -> Facts | None:
        """Return the dossier when its code and the sealed digits (``knowledge.proof.seal``) fit, else None.

        A wrong code and wrong digits give the same answer in the same way.

        Raises:
            ConnectorDown: nothing can be said about any dossier just now.
        """
        ...

    def recall(self, code: str) -> Facts | None:
        """Return a dossier whose proof was seen before, never an old copy; None = it is not there (any more).

        Raises:
            ConnectorDown: nothing can be said about any dossier just now.
        """
        ...
