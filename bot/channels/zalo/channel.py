"""The channel ``zalo``: a conversation with a citizen of the Official Account."""

from __future__ import annotations

from collections.abc import Sequence

import anyio
import structlog
from starlette.routing import BaseRoute

from bot.alerts import raise_alert
from bot.channels.base import Channel, Delivery, Finding, Part
from bot.channels.capabilities import CAPABILITIES
from bot.channels.settings import ChannelSettings
from bot.channels.tools import Tools
from bot.channels.zalo import FILE_HOSTS, NAME
from bot.channels.zalo.api import ZaloApi
from bot.channels.zalo.checking import check
from bot.channels.zalo.client import ZaloClient
from bot.channels.zalo.echoes import Echoes
from bot.channels.zalo.tokens import ZaloTokens
from bot.channels.zalo.vault import Vault
from bot.channels.zalo.webhook import Webhook
from bot.errors import NeedsOperator, Retry, WindowClosed
from bot.files.download import FileSources
from bot.services import Services
from bot.transactions import transaction
from knowledge.models import utc_now

log = structlog.get_logger("zalo")

_LOOK_EVERY = 60.0  # seconds between looks whether the token is to be renewed
_PUBLIC, _BUSINESS = "https://openapi.zalo.me", "https://business.openapi.zalo.me"


class ZaloChannel(Channel):
    """Webhooks in, calls of the OpenAPI out. The ids of conversations are Zalo's ids of citizens."""

    name = NAME
    capabilities = CAPABILITIES[NAME]
    file_sources = FileSources(hosts=FILE_HOSTS)
    # 30 seconds, then 5 and 15 minutes more; for the repeats after half an hour and an hour nobody is let wait
    repeats = (30.0, 330.0, 1230.0)

    def __init__(self, settings: ChannelSettings, api: ZaloApi, tokens: ZaloTokens, echoes: Echoes) -> None:
        self.api = api
        self.tokens = tokens
        self._settings = settings
        self._echoes = echoes
        self._webhook = Webhook(settings, echoes)

    @property
    def confirms(self) -> bool:  # type: ignore[override]
        """Whether Zalo sends us echoes; see ``Echoes``."""
        return self._echoes.are_on

    @property
    def takes_templates(self) -> bool:  # type: ignore[override]
        """Whether a template for notices is set."""
        return bool(self._settings.zalo_notice_template)

    def routes(self) -> Sequence[BaseRoute]:
        """Return the webhook."""
        return self._webhook.routes()

    async def run(self, services: Services) -> None:
        """Renew the token ahead of its end, for ever."""
        while True:
            await self.renew_ahead(services)
            await anyio.sleep(_LOOK_EVERY)

    async def renew_ahead(self, services: Services) -> None:
        """Renew the token when it is time; raise an alert when a person must do it."""
        try:
            await self.tokens.renew_ahead()
        except NeedsOperator as error:
            await transaction(services.sessions, raise_alert, "operator", NAME, str(error))
        except Retry as error:
            log.warning("zalo.token_not_renewed", error=str(error))

    async def deliver(self, delivery: Delivery, part: Part) -> str:
        """Send one part; see ``bot.channels.zalo.errors`` for what is raised."""
        if delivery.template:
            template_id = self._settings.zalo_notice_template
            return await self.api.send_template(delivery.external_id, template_id, delivery.template)
        if delivery.is_too_late(self.capabilities.window, utc_now()):
            raise WindowClosed("zalo: silent for 7 days")
        message_id = await self.api.send_text(delivery.external_id, part.text, part.buttons)
        await self._echoes.sent()
        return message_id

    async def refresh(self) -> None:
        """Get another access token than the one that was refused."""
        await self.api.renew()

    async def check(self) -> Sequence[Finding]:
        """Try the credentials and name the switches of the console."""
        return await check(self._settings, self.api, self.tokens, self._echoes)


def build(tools: Tools) -> ZaloChannel | None:
    """Return the channel when its app and the secret of its webhook are set."""
    settings = tools.settings
    if not (settings.zalo_app_id and settings.zalo_oa_secrets):
        return None
    tokens = ZaloTokens(settings, tools.sessions, tools.client, Vault(NAME, tools.key))
    base = settings.zalo_api_base
    # templates by phone live at a host of their own; a stand-in for Zalo serves both
    api = ZaloApi(ZaloClient(base, tools.client, tokens), _BUSINESS if base == _PUBLIC else base)
    return ZaloChannel(settings, api, tokens, Echoes(NAME, tools.sessions))
