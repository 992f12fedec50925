"""Files on the web: sent by a citizen as the bare body of a request, opened again by the same citizen alone."""

from __future__ import annotations

from collections.abc import AsyncIterator
from urllib.parse import quote, unquote

import anyio
import anyio.to_thread
import structlog
from starlette.requests import Request
from starlette.responses import FileResponse, JSONResponse, Response

from bot.channels.web_access import NO_STORE, authorise, renewal
from bot.conversation import last_seq
from bot.delivery.intake import Accepted
from bot.errors import ApiError, FileRefused
from bot.files.kinds import LARGEST_FILE, ending_of
from bot.files.rows import of_message
from bot.files.store import Draft, FileStore, KeptFile
from bot.http import hold_back
from bot.inbound import Attachment, Inbound
from bot.messages import is_count, read_client_id
from bot.services import Services, count, services
from bot.transactions import transaction

log = structlog.get_logger("web")

_LONGEST_NAME = 1000  # characters as they come; far fewer are kept
_LARGEST_DRAIN = 16 * 1024 * 1024  # what is refused is read up to here, so that the sender hears why
_LONGEST_UPLOAD = 300.0  # seconds; nobody holds a place open for ever
_BARE_NAME = "tep"


async def send_file(request: Request) -> Response:
    """Take a file: kept before it is acknowledged; the same ``client_id`` again changes nothing.

    The body is the file itself; ``X-File-Name`` holds its name, percent-encoded. Answers with the
    message's number, which also opens the file.
    """
    parts = services(request)
    claim = authorise(request)
    client_id = read_client_id(request.query_params.get("client_id"))
    name = _name(request.headers.get("x-file-name", ""))
    if await transaction(parts.sessions, last_seq, claim.conversation_id) is None:
        raise ApiError(401, "token_invalid")
    for limiter in (parts.message_limiter, parts.file_limiter):
        hold_back(limiter, claim.conversation_id)
    accepted, kept = await _take_in(request, parts, claim.conversation_id, client_id, name)
    count(parts, "web", accepted)
    parts.hub.publish(claim.conversation_id)
    parts.worker.wake()
    log.info("file.accepted", conversation=claim.conversation_id, seq=accepted.seq, size=kept.size)
    return JSONResponse({"seq": accepted.seq}, 202, headers={**NO_STORE, **renewal(parts, claim)})


def _name(raw: str) -> str:
    """Return the file's name without its folders; masking and cutting are the door's business."""
    name = unquote(raw[:_LONGEST_NAME], errors="replace")
    return name.replace("\\", "/").rsplit("/", 1)[-1]


async def _take_in(
    request: Request, parts: Services, conversation_id: str, client_id: str, name: str
) -> tuple[Accepted, KeptFile]:
    draft = await _begin(parts.files)
    try:
        kept = await _receive(request, parts, draft)
        kind = "image" if kept.kind.is_image else "file"
        file = Attachment("", "", name, kept.size, kept.kind.media_type, kept.path, kept.sha256)
        inbound = Inbound(client_id, kind=kind, attachment=file)  # type: ignore[arg-type]
        accepted = await parts.arrivals.do(parts.intake.accept, conversation_id, inbound)
        if accepted.is_new:  # else its twin is kept already
            await anyio.to_thread.run_sync(draft.keep)
        return accepted, kept
    finally:
        with anyio.CancelScope(shield=True):
            await anyio.to_thread.run_sync(draft.drop)


async def _begin(files: FileStore) -> Draft:
    try:
        return await anyio.to_thread.run_sync(files.begin)
    except OSError as error:
        log.error("file.no_room", error=type(error).__name__)
        raise ApiError(503, "files_full") from error


async def _receive(request: Request, parts: Services, draft: Draft) -> KeptFile:
    chunks = request.stream()
    try:
        with anyio.fail_after(_LONGEST_UPLOAD):
            async for chunk in chunks:
                draft.write(chunk)
        return await anyio.to_thread.run_sync(draft.finish)
    except FileRefused as error:
        await _drain(chunks)
        parts.metrics.refused("web", error.reason)
        status = 413 if error.reason == "too_large" else 422
        raise ApiError(status, "file_refused", reason=parts.texts.file(error.reason)) from error
    except TimeoutError as error:  # before OSError, whose child it is
        raise ApiError(408, "file_slow") from error
    except OSError as error:
        log.error("file.unwritten", error=type(error).__name__)
        raise ApiError(503, "files_full") from error


async def _drain(chunks: AsyncIterator[bytes]) -> None:
    size = 0
    async for chunk in chunks:
        size += len(chunk)
        if size > _LARGEST_DRAIN - LARGEST_FILE:
            return


async def open_file(request: Request) -> Response:
    """Return a file to the conversation that sent it: as a download, never shown inside a page."""
    parts = services(request)
    claim = authorise(request)
    seq = request.path_params["seq"]
    if not (seq.isascii() and seq.isdecimal() and len(seq) < 12 and is_count(int(seq))):
        raise ApiError(404, "not_found")
    found = await transaction(parts.sessions, of_message, claim.conversation_id, int(seq))
    place = await anyio.to_thread.run_sync(parts.files.find, found.path) if found else None
    if found is None or place is None:
        raise ApiError(404, "not_found")
    headers = {
        **NO_STORE,
        **renewal(parts, claim),
        "Content-Disposition": disposition(found.name, found.media_type),
        "X-Content-Type-Options": "nosniff",
    }
    return FileResponse(place, headers=headers, media_type=found.media_type)


def disposition(name: str, media_type: str) -> str:
    """Return the header that makes it a download, under the ending of what it really is."""
    ending = ending_of(media_type) or "bin"
    stem = name.rsplit(".", 1)[0].strip(" .") or _BARE_NAME
    return f"attachment; filename=\"{_BARE_NAME}.{ending}\"; filename*=UTF-8''{quote(stem, safe='')}.{ending}"
