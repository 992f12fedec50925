"""Tables of the one database. Import model classes from here."""

from knowledge.models.base import Base, UtcDateTime, utc_now
from knowledge.models.cases import Case, CaseMember, Erasure
from knowledge.models.channel_tokens import ChannelToken
from knowledge.models.conversations import (
    Conversation,
    Handoff,
    InboxItem,
    Message,
    OutboxItem,
)
from knowledge.models.delivery import Alert, DeliveryPart
from knowledge.models.dossiers import Dossier, DossierEvent
from knowledge.models.files import Attachment
from knowledge.models.places import AdminUnit, FormerAgency, FormerUnit, Office
from knowledge.models.procedures import (
    Agency,
    Alias,
    Fee,
    ImportIssue,
    ImportRun,
    LegalBasis,
    Mode,
    Paper,
    Procedure,
    ProcedureVersion,
    RelatedProcedure,
    Revision,
    Statement,
    Time,
)

__all__ = [
    "AdminUnit",
    "Agency",
    "Alert",
    "Alias",
    "Attachment",
    "Base",
    "Case",
    "CaseMember",
    "ChannelToken",
    "Conversation",
    "DeliveryPart",
    "Dossier",
    "DossierEvent",
    "Erasure",
    "Fee",
    "FormerAgency",
    "FormerUnit",
    "Handoff",
    "ImportIssue",
    "ImportRun",
    "InboxItem",
    "LegalBasis",
    "Message",
    "Mode",
    "Office",
    "OutboxItem",
    "Paper",
    "Procedure",
    "ProcedureVersion",
    "RelatedProcedure",
    "Revision",
    "Statement",
    "Time",
    "UtcDateTime",
    "utc_now",
]
