"""From what came in to what is kept, asked and answered: one small function for each kind."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

from bot.cases import CaseDesk
from bot.channels.base import Capabilities
from bot.channels.capabilities import CAPABILITIES
from bot.choices import typed_choice
from bot.errors import ApiError
from bot.files.rows import FILE_KINDS
from bot.handoff.citizen import ASK, COMMANDS, keep_phone
from bot.handoff.moves import BOT, PEOPLE, find_open
from bot.handoff.sayings import cancel_words, start_words, wish_words
from bot.inbound import SILENT, TREATMENTS, Attachment, Inbound, Kind, Tap
from bot.masking import gives_key, mask
from bot.messages import LONGEST_TEXT, Prepared, clean, payload, prepare_tap, prepare_text
from bot.notices.door import INTENTS, NoticeDoor
from bot.texts import Texts
from knowledge.dossiers.codes import find_codes
from knowledge.dossiers.proofs import leave
from knowledge.models import Conversation, Message, utc_now
from knowledge.places import gazetteer_of
from knowledge.profile import load_profile
from knowledge.reply import Block, Reply
from nlu.text import fold

_LONGEST_NAME, _LONGEST_KEPT = 120, 10_000
_PROCEDURE_CODE = re.compile(r"(\d)[._-](\d{6})")
_BETWEEN = re.compile(r"[^\w\s]+")
_GREET = "/greet"
_BARE_PROOF = re.compile(r"\d(?:[ .]?\d){3}")
_A_LITTLE_WHILE = 5  # answers
_LINES = Message.__table__.c
_SAID = (
    sa.select(_LINES.seq, _LINES.author, _LINES.body)
    .where(_LINES.conversation_id == sa.bindparam("conversation_id"), _LINES.author.in_(("assistant", "staff")))
    .order_by(_LINES.seq.desc())
    .limit(20)
)
# What is said to a file for the assistant, and for people.
_KEPT_AS: Mapping[str, str] = {"attachment": "attachment_kept", "voice": "voice_unheard"}
KEPT = frozenset(_KEPT_AS.values())


def _unit(name: str) -> str:
    """Return the one unit of today that a place's name holds, "" when it holds none or leaves a choice."""
    gazetteer = gazetteer_of(load_profile())
    units = {unit for place in gazetteer.find(name) for unit in place.units}
    return gazetteer.title(units.pop()) if len(units) == 1 else ""


def _bare(text: str) -> str:
    """Return the words of a text without marks, and without what stands between them."""
    return " ".join(_BETWEEN.sub(" ", fold(text)).split())


class Preparer:
    """Prepares what comes into one conversation."""

    def __init__(self, session: Session, conversation: Conversation, key: bytes, texts: Texts, cases: CaseDesk) -> None:
        self._cases = cases
        self._session = session
        self._conversation = conversation
        self._key = key
        self._texts = texts

    @property
    def _notices(self) -> NoticeDoor:
        return NoticeDoor(self._session, self._conversation, utc_now())

    @property
    def _mine(self) -> Any:
        return sa.and_(Message.conversation_id == self._conversation.id, Message.author == "citizen")

    @property
    def _capabilities(self) -> Capabilities:
        return CAPABILITIES[self._conversation.channel]

    def prepare(self, inbound: Inbound) -> Prepared:
        """Return what to keep and to ask.

        Raises:
            ApiError: 422 a button that was not offered, in a channel whose pages show the refusal.
        """
        if inbound.tap is not None:
            return self._tap(inbound.tap)
        made = self._makers().get(inbound.kind)
        return made(inbound) if made else self._line(inbound.kind, inbound)

    def _makers(self) -> Mapping[Kind, Callable[[Inbound], Prepared]]:
        return {
            "text": self._text,
            "edit": self._edit,
            "start": self._start,
            "follow": lambda inbound: Prepared(self._texts.line("follow"), _GREET, "greet"),
            "location": self._location,
            "contact": self._contact,
            "image": self._attachment,
            "file": self._attachment,
            "video": self._attachment,
            "voice": self._attachment,
            "staff": self._staff,
        }

    def _line(self, kind: Kind, inbound: Inbound, body: Mapping[str, Any] | None = None, **values: str) -> Prepared:
        answer = TREATMENTS[kind].answer or SILENT
        return Prepared(self._texts.line(kind, **values), "", answer=answer, body=body or {"kind": kind})

    def _text(self, inbound: Inbound) -> Prepared:
        text = clean(inbound.text)
        answer = self._cases.answer(self._session, self._conversation, text)
        if answer:
            return Prepared(mask(text), "", answer=answer)
        said = self._notices.typed(text)
        meant = Prepared(text, "", reply=said) if said else self._about_people(text)
        if meant:
            return meant
        if self._capabilities.replayed:  # its pages have checked the text, and offer real buttons
            return self._asked(inbound.text)
        if len(text) > LONGEST_TEXT:
            return Prepared(mask(text[:_LONGEST_KEPT]), "", answer="too_long")
        tap = self._typed_tap(text)
        return self._tap(tap) if tap else self._asked(text)

    def _asked(self, text: str) -> Prepared:
        """Prepare typed text; a proof waits for the look-up, apart from everything that is kept.

        The plain wish for a person is known as such even while Rasa is away.
        """
        expects = self._expects
        if not expects and _BARE_PROOF.fullmatch(text.strip()) and self._asked_for_proof():
            expects = "proof"
        prepared = prepare_text(text, expects, self._key)
        if prepared.proof:
            leave(self._session, self._conversation.id, prepared.proof, self._key, utc_now())
        is_wish = not prepared.intent and _bare(text) in wish_words()
        return replace(prepared, intent="ask_human") if is_wish else prepared

    def _asked_for_proof(self) -> bool:
        """Tell whether a proof was asked for a little while ago; four digits alone are one, whatever came between."""
        if self._conversation.owner != BOT:
            return False
        said = sa.select(Message.body).where(
            Message.conversation_id == self._conversation.id, Message.author == "assistant"
        )
        newest = self._session.scalars(said.order_by(Message.seq.desc()).limit(_A_LITTLE_WHILE))
        return any((body or {}).get("expects") == "proof" for body in newest)

    @property
    def _expects(self) -> str:
        """Return what Rasa's form waits for; to a person, four digits are four digits."""
        return self._conversation.expects if self._conversation.owner == BOT else ""

    def _about_people(self, text: str) -> Prepared | None:
        """Return what is meant by a number to call, or by a wish typed while waiting: to wait no longer, or again."""
        if self._conversation.expects == "phone":
            self._conversation.expects = ""
            if keep_phone(self._session, self._conversation, text):
                return Prepared(self._texts.line("phone"), "", "handoff_contact", SILENT)
        if self._conversation.owner != PEOPLE:
            return None
        said = _bare(text)
        if said in cancel_words():
            return Prepared(text, "", "handoff_cancel", SILENT)
        return Prepared(text, "", ASK, SILENT) if said in wish_words() or said in start_words() else None

    def _typed_tap(self, text: str) -> Tap | None:
        """Return the button that the text chooses, where buttons may not be shown: "2", or its title."""
        if (
            not self._capabilities.numbered
            or self._conversation.last_seq == 1  # these are the first words of all
            or self._conversation.expects == "phone"  # codes and proofs are longer than the number of a choice
            or self._conversation.owner not in (BOT, PEOPLE)
        ):
            return None
        offered = self._offered()
        if offered is None:
            return None
        place = typed_choice(text, [button["title"] for button in offered.body["buttons"]])
        return None if place is None else Tap(offered.seq, place)

    def _offered(self) -> sa.engine.Row | None:
        """Return the newest message that offered buttons, unless a person has spoken, or a form has asked, since."""
        for message in self._session.execute(_SAID, {"conversation_id": self._conversation.id}):
            if message.author == "staff":
                return None
            if (message.body or {}).get("buttons"):
                return message
            if self._conversation.expects:
                return None
        return None

    def _tap(self, tap: Tap) -> Prepared:
        offered = sa.select(Message).where(Message.conversation_id == self._conversation.id, Message.seq == tap.seq)
        found = self._session.scalar(offered.where(Message.author.in_(("assistant", "staff"))))
        try:
            tapped = prepare_tap(found.body if found else None, tap)
        except ApiError:
            if self._capabilities.replayed:
                raise
            return Prepared(self._texts.line("unknown_button"), "", answer="unknown_button")
        if tapped.intent == "ask_human" and self._conversation.owner == PEOPLE:
            return replace(tapped, message="", intent=ASK, answer=SILENT)
        if tapped.intent in INTENTS:
            entities = found.body["buttons"][tap.index].get("entities") or {}
            said = self._notices.tapped(tapped.intent, entities, found.created_at)
            return replace(tapped, message="", reply=said)
        if tapped.intent in COMMANDS:  # ours, and none of Rasa's
            return replace(tapped, message="", answer=SILENT)
        return tapped

    def _edit(self, inbound: Inbound) -> Prepared:
        """An edited newest question is asked again; of an older one the new version is kept, and nothing is done."""
        edited = self._session.scalar(sa.select(Message.seq).where(self._mine, Message.client_id == inbound.edits))
        newest = self._session.scalar(sa.select(sa.func.max(Message.seq)).where(self._mine))
        body = {"kind": "edit", "of": edited}
        if edited is None or edited == newest:
            return replace(self._text(inbound), body=body)
        stored = prepare_text(clean(inbound.text)[:_LONGEST_KEPT], self._expects, self._key).stored
        return Prepared(stored, "", answer=SILENT, body=body)

    def _start(self, inbound: Inbound) -> Prepared:
        """A link may carry the code of a procedure (posters) or dossier (receipts); links write a dot otherwise.

        While people are waited for nothing starts anew: it is said how that stands.
        """
        if self._conversation.owner == PEOPLE:
            return Prepared(self._texts.line("start"), "", ASK, SILENT)
        codes = find_codes(inbound.text.replace("_", "."))
        if codes:
            message = payload("check_dossier", {"dossier_code": codes})
            return Prepared(self._texts.line("start_dossier", code=codes[0]), message, "check_dossier")
        code = _PROCEDURE_CODE.fullmatch(inbound.text.strip())
        if not code:
            return Prepared(self._texts.line("start"), _GREET, "greet")
        procedure = f"{code.group(1)}.{code.group(2)}"
        message = payload("ask_procedure", {"procedure": procedure})
        return Prepared(self._texts.line("start_at", code=procedure), message, "ask_procedure")

    def _location(self, inbound: Inbound) -> Prepared:
        place = inbound.place
        name = mask(clean(place.name))[:_LONGEST_NAME] if place else ""
        where = {"latitude": place.latitude, "longitude": place.longitude, "name": name} if place else {}
        line = self._line("location", inbound, {"kind": "location", **where}, name=name)
        unit = _unit(name)
        return replace(line, message=self._texts.word("located").format(unit=unit), answer="empty") if unit else line

    def _contact(self, inbound: Inbound) -> Prepared:
        card = inbound.contact
        phone = re.sub(r"[^\d+]", "", card.phone)[:20] if card else ""
        name = mask(clean(card.name))[:_LONGEST_NAME] if card else ""
        address = mask(clean(card.address))[:_LONGEST_NAME] if card else ""
        body = {"kind": "contact", "phone": phone, "name": name, "is_own": bool(card and card.is_own)}
        body.update({"address": address} if address else {})
        return self._line("contact", inbound, body, name=name, phone=phone, address=address)

    def _attachment(self, inbound: Inbound) -> Prepared:
        """A caption is asked like any text; that nobody looked at the file yet is said either way."""
        file = inbound.attachment or Attachment()
        name = mask(clean(file.name))[:_LONGEST_NAME]
        body = {
            "kind": inbound.kind,
            "url": file.url,
            "file_id": file.file_id,
            "name": name,
            "size": file.size,
            "media_type": file.media_type[:_LONGEST_NAME],
        }
        line = self._line(inbound.kind, inbound, body, name=name)
        line = replace(line, answer=self._kept(line.answer))
        if not clean(inbound.text):
            return replace(line, note="secret") if gives_key(clean(file.name)) else line
        asked = self._text(inbound)
        stored = f"{line.stored} {asked.stored}"
        if not asked.message:
            return Prepared(stored, "", answer=asked.answer, body=body, reply=asked.reply)
        return Prepared(stored, asked.message, asked.intent, note=asked.note or line.answer, body=body)

    def _kept(self, answer: str) -> str:
        """Return what is said to a file while people are waited for or there: that once, and then nothing more."""
        handoff = find_open(self._session, self._conversation.id)
        if answer not in _KEPT_AS or handoff is None or handoff.state in ("offered", "rating"):
            return answer
        since = sa.select(Message.body).where(self._mine, Message.created_at >= handoff.created_at)
        kinds = {(body or {}).get("kind") for body in self._session.scalars(since)}
        before = {TREATMENTS[kind].answer for kind in FILE_KINDS if kind in kinds}
        return SILENT if answer in before else _KEPT_AS[answer]

    def _staff(self, inbound: Inbound) -> Prepared:
        text = clean(inbound.text)[:_LONGEST_KEPT] or self._texts.line("staff")
        body = Reply("handoff", ((Block("text", text=text),),)).to_json()
        return Prepared(text, "", answer=SILENT, body=body)
