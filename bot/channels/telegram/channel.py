"""Telegram: updates by polling or webhook, answers as HTML with inline buttons."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, LinkPreviewOptions
from telegram.constants import ChatAction, ParseMode

from bot.channels.base import Channel, Delivery, Finding, Part
from bot.channels.capabilities import CAPABILITIES
from bot.channels.reception import Reception, keep_tokens_out_of_logs
from bot.channels.render import html, shortened
from bot.channels.settings import ChannelSettings
from bot.channels.telegram.api import Api, Unshowable, telegram_call
from bot.channels.telegram.checking import check
from bot.channels.telegram.receiving import NAME, Receiver, keep_webhook, poll
from bot.channels.tools import Tools
from bot.choices import tap_code
from bot.errors import ApiError, FileRefused, Permanent
from bot.files.download import FileSources
from bot.http import LARGEST_WEBHOOK, parse_json, read_body, same_secret
from bot.inbound import Attachment
from bot.services import Services, services

PATH = "/webhooks/telegram"
_SECRET = "x-telegram-bot-api-secret-token"


class TelegramChannel(Channel):
    """One bot. Its buttons stay: they are further questions about the same answer, and each tap has its own id."""

    name = NAME
    capabilities = CAPABILITIES[NAME]

    def __init__(self, settings: ChannelSettings, api: Api, reception: Reception) -> None:
        self._settings = settings
        self._api = api
        self._reception = reception
        self._receiver = Receiver(api)
        self.file_sources = FileSources(bases=(api.files,))

    @property
    def _is_webhook(self) -> bool:
        return self._settings.telegram_mode == "webhook"

    @property
    def _address(self) -> str:
        return f"{self._settings.public_url}{PATH}" if self._settings.public_url else ""

    def routes(self) -> Sequence[Route]:
        """Return the webhook's endpoint, where there is one."""
        return [Route(PATH, self._webhook, methods=["POST"])] if self._is_webhook else []

    async def _webhook(self, request: Request) -> Response:
        """Size, secret, shape, store, 200: in this order."""
        parts = services(request)
        body = await read_body(request, LARGEST_WEBHOOK)
        if not same_secret(request.headers.get(_SECRET, ""), self._settings.telegram_secret_token):
            parts.metrics.refused(NAME, "secret")
            raise ApiError(403, "forbidden")
        await self._receiver.take(parts, parse_json(body))
        return Response(status_code=200)

    async def run(self, services: Services) -> None:
        """Poll, or see to the webhook. While Telegram is away this waits and the rest works on."""
        if not self._is_webhook:
            await poll(self._api, self._receiver, services, self._reception)
        elif self._address:  # else whoever runs this registers it by hand
            secret = self._settings.telegram_secret_token
            await keep_webhook(self._api, self._address, secret, self._reception)

    async def deliver(self, delivery: Delivery, part: Part) -> str:
        """Send as HTML; when Telegram cannot show the form, the same words without it."""
        try:
            return await self._send(delivery, html(part), ParseMode.HTML, _keyboard(part, with_links=True))
        except Unshowable:
            return await self._send(delivery, _bare(part), None, _keyboard(part, with_links=False))

    async def _send(
        self, delivery: Delivery, text: str, parse_mode: str | None, keyboard: InlineKeyboardMarkup | None
    ) -> str:
        with telegram_call():
            sent = await self._api.bot.send_message(
                int(delivery.external_id),
                text,
                parse_mode=parse_mode,
                reply_markup=keyboard,
                link_preview_options=LinkPreviewOptions(is_disabled=True),
            )
        return str(sent.message_id)

    async def typing(self, external_id: str) -> None:
        """Show "typing…", for some five seconds."""
        with telegram_call():
            await self._api.bot.send_chat_action(int(external_id), ChatAction.TYPING)

    async def fetch(self, attachment: Attachment) -> AsyncIterator[bytes]:
        """Yield the bytes of a file. Its address holds the bot's token: it is used here and told to nobody."""
        try:
            with telegram_call():
                found = await self._api.bot.get_file(attachment.file_id)
        except Permanent:  # gone, or over the 20 MB that bots may fetch
            raise FileRefused("gone") from None
        async for chunk in self.downloader.fetch(found.file_path or "", self.file_sources):
            yield chunk

    async def check(self) -> Sequence[Finding]:
        """Ask Telegram who we are and where updates go."""
        return await check(self._api, self._is_webhook, self._address)


def _keyboard(part: Part, with_links: bool) -> InlineKeyboardMarkup | None:
    """One button a row: titles are whole phrases."""
    longest = CAPABILITIES[NAME].longest_title
    rows = [[InlineKeyboardButton(choice.title, callback_data=tap_code(choice.tap))] for choice in part.buttons]
    links = part.links if with_links else ()
    rows += [[InlineKeyboardButton(shortened(link.title, longest), url=link.url)] for link in links]
    return InlineKeyboardMarkup(rows) if rows else None


def _bare(part: Part) -> str:
    whole = "\n\n".join([part.text, *(link.url for link in part.links)])
    return whole if len(whole) <= CAPABILITIES[NAME].longest_text else part.text


def build(tools: Tools) -> TelegramChannel | None:
    """Return the channel when there is a token."""
    settings = tools.settings
    if not settings.telegram_bot_token:
        return None
    keep_tokens_out_of_logs()
    return TelegramChannel(settings, Api(settings, tools.client), Reception(tools.sessions, NAME))
