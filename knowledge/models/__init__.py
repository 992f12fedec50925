"""Tables of the one database. Import model classes from here."""

from knowledge.models.base import Base, UtcDateTime, utc_now
from knowledge.models.cases import Case, CaseMember, Erasure
from knowledge.models.channel_tokens import ChannelToken
from knowledge.models.conversations import (
    UNSURE,
    Conversation,
    InboxItem,
    Message,
    OutboxItem,
    Spooled,
)
from knowledge.models.deadlines import Apology, DossierStanding, StandingRun
from knowledge.models.delivery import Alert, DeliveryPart
from knowledge.models.dossiers import Consent, Dossier, DossierCopy, DossierEvent, LookUpTry, ProofInHand
from knowledge.models.files import Attachment
from knowledge.models.handoffs import CannedReply, Draft, Handoff, HandoffEvent, Note, ReviewItem, Switch
from knowledge.models.notices import Notice, Subscription
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
from knowledge.models.staff import AuditEntry, SignInTry, Staff, StaffSession

__all__ = [
    "UNSURE",
    "AdminUnit",
    "Agency",
    "Alert",
    "Alias",
    "Apology",
    "Attachment",
    "AuditEntry",
    "Base",
    "CannedReply",
    "Case",
    "CaseMember",
    "ChannelToken",
    "Consent",
    "Conversation",
    "DeliveryPart",
    "Dossier",
    "DossierCopy",
    "DossierEvent",
    "DossierStanding",
    "Draft",
    "Erasure",
    "Fee",
    "FormerAgency",
    "FormerUnit",
    "Handoff",
    "HandoffEvent",
    "ImportIssue",
    "ImportRun",
    "InboxItem",
    "LegalBasis",
    "LookUpTry",
    "Message",
    "Mode",
    "Note",
    "Notice",
    "Office",
    "OutboxItem",
    "Paper",
    "Procedure",
    "ProcedureVersion",
    "ProofInHand",
    "RelatedProcedure",
    "ReviewItem",
    "Revision",
    "SignInTry",
    "Spooled",
    "Staff",
    "StaffSession",
    "StandingRun",
    "Statement",
    "Subscription",
    "Switch",
    "Time",
    "UtcDateTime",
    "utc_now",
]
