"""The self-check: who the bot is for Telegram, where its updates go, and what to fix."""

from __future__ import annotations

from urllib.parse import urlsplit

from telegram import User, WebhookInfo

from bot.channels.base import Finding
from bot.channels.telegram.api import Api, telegram_call
from bot.errors import DeliveryError, NeedsOperator

_NAME = "telegram"


async def check(api: Api, is_webhook: bool, address: str) -> list[Finding]:
    """Return what is in order and what to fix; ``address`` is our webhook's, "" = not known."""
    try:
        with telegram_call():
            me = await api.bot.get_me()
            info = await api.bot.get_webhook_info()
    except NeedsOperator as error:
        return [Finding(_NAME, str(error), False)]
    except DeliveryError as error:
        return [Finding(_NAME, "unreachable", False, {"error": str(error)})]
    return [*_bot(me), *(_webhook(info, address) if is_webhook else _polling(info))]


def _bot(me: User) -> list[Finding]:
    findings = [Finding(_NAME, "telegram_bot", True, {"name": me.username or me.first_name})]
    if me.can_join_groups:
        findings.append(Finding(_NAME, "telegram_groups", True))
    return findings


def _polling(info: WebhookInfo) -> list[Finding]:
    if info.url:  # its path may be a secret of somebody else's
        return [Finding(_NAME, "telegram_webhook_elsewhere", False, {"host": urlsplit(info.url).hostname or ""})]
    return [Finding(_NAME, "telegram_polling", True, {"pending": info.pending_update_count})]


def _webhook(info: WebhookInfo, address: str) -> list[Finding]:
    if not address:
        return [Finding(_NAME, "telegram_no_address", False)]
    if not address.startswith("https://"):
        return [Finding(_NAME, "telegram_not_https", False, {"address": address})]
    if info.url != address:
        return [Finding(_NAME, "telegram_webhook_missing", False, {"address": address})]
    return [Finding(_NAME, "telegram_webhook", True, {"pending": info.pending_update_count}), *_last_error(info)]


def _last_error(info: WebhookInfo) -> list[Finding]:
    """Telegram names the last error for ever: it is one to fix while updates still wait."""
    if not info.last_error_message:
        return []
    when = f"{info.last_error_date:%d/%m/%Y %H:%M} UTC" if info.last_error_date else ""
    values = {"error": info.last_error_message, "when": when}
    return [Finding(_NAME, "telegram_webhook_error", not info.pending_update_count, values)]
