"""Who may do what: the one table of the console. Every route names a permission of it."""

from __future__ import annotations

from collections.abc import Mapping

ADMIN, HEAD, CLERK, EDITOR, VIEWER = "admin", "head", "clerk", "editor", "viewer"
ROLES = (ADMIN, HEAD, CLERK, EDITOR, VIEWER)

PERMISSIONS: Mapping[str, frozenset[str]] = {
    # one's own account, presence, and the news of what one may see
    "account": frozenset(ROLES),
    # conversations of one's unit: reading, answering, and taking over from a colleague
    "read": frozenset({ADMIN, HEAD, CLERK, VIEWER}),
    "answer": frozenset({ADMIN, HEAD, CLERK}),
    "take_over": frozenset({ADMIN, HEAD}),
    # what a mask hides, with a reason and a line in the audit
    "unmask": frozenset({ADMIN, HEAD, CLERK}),
    # answers of the assistant to be looked at again
    "review": frozenset({ADMIN, HEAD, EDITOR}),
    "use_canned": frozenset({ADMIN, HEAD, CLERK, EDITOR}),
    "edit_canned": frozenset({ADMIN, HEAD, EDITOR}),
    # dossiers past their promised date; apologies for them are written by whoever answers, approved by a head
    "overdue": frozenset({ADMIN, HEAD}),
    "apologise": frozenset({ADMIN, HEAD, CLERK}),
    "approve_apology": frozenset({ADMIN, HEAD}),
    "reports": frozenset({ADMIN, HEAD, VIEWER}),
    "manage_staff": frozenset({ADMIN}),
    "read_audit": frozenset({ADMIN}),
    "switch": frozenset({ADMIN}),
}


def can(role: str, permission: str) -> bool:
    """Tell whether a role has a permission; an unknown permission is a KeyError."""
    return role in PERMISSIONS[permission]
