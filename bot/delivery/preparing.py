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
from bot.handoff.queue import find_open
from bot.inbound import SILENT, TREATMENTS, Attachment, Inbound, Kind, Tap
from bot.masking import gives_key, mask
from bot.messages import LONGEST_TEXT, Prepared, clean, payload, prepare_tap, prepare_text
from bot.texts import Texts
from knowledge.models import Conversation, Message
from knowledge.places import gazetteer_of
from knowledge.profile import load_profile
from knowledge.reply import Block, Reply

_LONGEST_NAME, _LONGEST_KEPT = 120, 10_000
_PROCEDURE_CODE = re.compile(r"(\d)[._-](\d{6})")
_GREET = "/greet"


def _unit(name: str) -> str:
    """Return the one unit of today that a place's name holds, "" when it holds none or leaves a choice."""
    gazetteer = gazetteer_of(load_profile())
    units = {unit for place in gazetteer.find(name) for unit in place.units}
    return gazetteer.title(units.pop()) if len(units) == 1 else ""


class Preparer:
    """Prepares what comes into one conversation."""

    def __init__(self, session: Session, conversation: Conversation, key: bytes, texts: Texts, cases: CaseDesk) -> None:
        self._cases = cases
        self._session = session
        self._conversation = conversation
        self._key = key
        self._texts = texts

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
        answer = self._cases.answer(self._session, self._conversation, clean(inbound.text))
        if answer:
            return Prepared(mask(clean(inbound.text)), "", answer=answer)
        if self._capabilities.replayed:  # its pages have checked the text, and offer real buttons
            return prepare_text(inbound.text, self._conversation.expects, self._key)
        text = clean(inbound.text)
        if len(text) > LONGEST_TEXT:
            return Prepared(mask(text[:_LONGEST_KEPT]), "", answer="too_long")
        tap = self._typed_tap(text)
        return self._tap(tap) if tap else prepare_text(text, self._conversation.expects, self._key)

    def _typed_tap(self, text: str) -> Tap | None:
        """Return the button that the text chooses, where buttons may not be shown: "2", or its title."""
        if not self._capabilities.numbered or self._conversation.expects or self._conversation.owner != "bot":
            return None
        offered = self._offered()
        if offered is None:
            return None
        place = typed_choice(text, [button["title"] for button in offered.body["buttons"]])
        return None if place is None else Tap(offered.seq, place)

    def _offered(self) -> Message | None:
        """Return the newest message that offered buttons, unless a person has spoken since."""
        said = sa.select(Message).where(
            Message.conversation_id == self._conversation.id, Message.author.in_(("assistant", "staff"))
        )
        for message in self._session.scalars(said.order_by(Message.seq.desc()).limit(20)):
            if message.author == "staff":
                return None
            if (message.body or {}).get("buttons"):
                return message
        return None

    def _tap(self, tap: Tap) -> Prepared:
        offered = sa.and_(
            Message.conversation_id == self._conversation.id,
            Message.seq == tap.seq,
            Message.author.in_(("assistant", "staff")),
        )
        try:
            return prepare_tap(self._session.scalar(sa.select(Message.body).where(offered)), tap)
        except ApiError:
            if self._capabilities.replayed:
                raise
            return Prepared(self._texts.line("unknown_button"), "", answer="unknown_button")

    def _edit(self, inbound: Inbound) -> Prepared:
        """An edited newest question is asked again; of an older one the new version is kept."""
        prepared = self._text(inbound)
        mine = sa.and_(Message.conversation_id == self._conversation.id, Message.author == "citizen")
        edited = self._session.scalar(sa.select(Message.seq).where(mine, Message.client_id == inbound.edits))
        newest = self._session.scalar(sa.select(sa.func.max(Message.seq)).where(mine))
        body = {"kind": "edit", "of": edited}
        if edited is None or edited == newest:
            return Prepared(prepared.stored, prepared.message, prepared.intent, prepared.answer, prepared.note, body)
        return Prepared(prepared.stored, "", answer=SILENT, body=body)

    def _start(self, inbound: Inbound) -> Prepared:
        """A link on a poster may carry the code of a procedure, with a dot that links cannot hold written otherwise."""
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
        if line.answer == "attachment" and find_open(self._session, self._conversation.id):
            line = replace(line, answer="attachment_kept")
        if not clean(inbound.text):
            return replace(line, note="secret") if gives_key(clean(file.name)) else line
        asked = self._text(inbound)
        stored = f"{line.stored} {asked.stored}"
        if not asked.message:
            return Prepared(stored, "", answer=asked.answer, body=body)
        return Prepared(stored, asked.message, asked.intent, note=asked.note or line.answer, body=body)

    def _staff(self, inbound: Inbound) -> Prepared:
        text = clean(inbound.text)[:_LONGEST_KEPT] or self._texts.line("staff")
        body = Reply("handoff", ((Block("text", text=text),),)).to_json()
        return Prepared(text, "", answer=SILENT, body=body)
