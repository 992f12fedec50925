"""A citizen's message at the door: what is accepted, what is kept, what goes on to Rasa."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NoReturn

from bot.errors import ApiError
from bot.inbound import Inbound, Tap
from bot.masking import PROOF_MARK, find_proof, gives_key, mask, mask_beside_codes
from knowledge.dossiers.codes import find_codes, loose_code
from knowledge.proof import seal
from knowledge.reply import Reply
from nlu.text import nfc

LONGEST_TEXT = 2000
_FEWEST_OF_PROOF = 3  # where a proof was asked for, a slip of it is kept no more than the whole
_BIGGEST_NUMBER = 2**31 - 1
# Control characters but tab and newline, and halves of surrogate pairs: no database keeps them all.
_UNSTORABLE = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
_LEADING_SLASHES = re.compile(r"^[\s/]+")


@dataclass(frozen=True)
class Prepared:
    """What is ``stored`` and shown, and the ``message`` for Rasa ("" = nothing to ask).

    When nothing is asked, ``answer`` names the reply of our own, or ``reply`` is it. ``note`` names one that stands
    before whatever is answered. ``body`` is kept beside the text when it is more than text. ``proof``
    is a sealed proof of a dossier, to be left for the look-up and stored nowhere else.
    """

    stored: str
    message: str
    intent: str = ""
    answer: str = "empty"
    note: str = ""
    body: Mapping[str, Any] | None = None
    proof: str = field(default="", repr=False)
    reply: Reply | None = None

    def to_item(self) -> dict[str, Any]:
        """Return what the inbox keeps until it is answered."""
        item = {"message": self.message, "intent": self.intent, "answer": self.answer, "note": self.note}
        return {**item, "reply": self.reply.to_json()} if self.reply else item


def read_inbound(data: object) -> Inbound:
    """Return the message in a request's JSON.

    Raises:
        ApiError: 422, something is missing, empty or too long.
    """
    if not isinstance(data, Mapping):
        raise ApiError(422, "bad_request")
    client_id = read_client_id(data.get("client_id"))
    if "button" in data:
        return Inbound(client_id, tap=_tap(data["button"]))
    return Inbound(client_id, text=read_text(data.get("text")))


def read_client_id(raw: object) -> str:
    """Return the random id that a page gave to its message.

    Raises:
        ApiError: 422, it is no UUID.
    """
    try:
        return str(uuid.UUID(raw)) if isinstance(raw, str) else _refuse()
    except ValueError:
        return _refuse()


def _refuse() -> NoReturn:
    raise ApiError(422, "bad_request")


def _tap(raw: object) -> Tap:
    if not isinstance(raw, Mapping) or not (is_count(raw.get("seq")) and is_count(raw.get("index"))):
        raise ApiError(422, "bad_request")
    return Tap(raw["seq"], raw["index"])


def is_count(value: object) -> bool:
    """Tell whether the value is a whole number that every database can hold."""
    return type(value) is int and 0 <= value <= _BIGGEST_NUMBER


def read_text(raw: object) -> str:
    """Return typed text in NFC without invisible and control characters.

    Raises:
        ApiError: 422, the text is missing, empty or longer than 2,000 characters.
    """
    if not isinstance(raw, str):
        raise ApiError(422, "bad_request")
    text = clean(raw)
    if not text:
        raise ApiError(422, "empty")
    if len(text) > LONGEST_TEXT:
        raise ApiError(422, "too_long", limit=LONGEST_TEXT)
    return text


def clean(raw: str) -> str:
    """Return text in NFC without invisible and control characters, of any length."""
    return nfc(_UNSTORABLE.sub(" ", raw.replace("\r\n", "\n"))).strip()


def prepare_text(text: str, expects: str, key: bytes) -> Prepared:
    """Return what to keep of typed text and what to ask Rasa; a proof is sealed here and now.

    Where a code or a proof was asked for, a code needs no understanding: it is the answer.
    """
    codes = find_codes(text)
    digits = find_proof(text) if expects == "proof" and not codes else None
    if digits is not None:
        return Prepared(PROOF_MARK, payload("inform_proof", {}), "inform_proof", proof=seal(digits, key))
    kept = _kept(text, expects, bool(codes))
    if expects == "code" and not codes:
        codes = [code] if (code := loose_code(text)) else []
    if expects and codes:
        return Prepared(kept, payload("check_dossier", {"dossier_code": codes}), "check_dossier", note=_note(text))
    # Rasa takes text that starts with a slash for an intent with full confidence.
    return Prepared(kept, _LEADING_SLASHES.sub("", kept), note=_note(text))


def _kept(text: str, expects: str, has_code: bool) -> str:
    if expects == "proof":
        return mask_beside_codes(mask(text), _FEWEST_OF_PROOF)
    return mask_beside_codes(mask(text)) if has_code else mask(text)


def _note(text: str) -> str:
    return "secret" if gives_key(text) else ""


def prepare_tap(body: Mapping[str, Any] | None, tap: Tap) -> Prepared:
    """Return what a tapped button says and asks.

    Raises:
        ApiError: 422, the message offered no such button.
    """
    buttons = (body or {}).get("buttons") or ()
    if tap.index >= len(buttons):
        raise ApiError(422, "unknown_button")
    button = buttons[tap.index]
    message = payload(button["intent"], button.get("entities") or {})
    return Prepared(button["title"], message, button["intent"])


def payload(intent: str, entities: Mapping[str, Any]) -> str:
    """Return Rasa's written form of an intent with entities."""
    return f"/{intent}{json.dumps(entities, ensure_ascii=False)}" if entities else f"/{intent}"
