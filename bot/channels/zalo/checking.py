"""The self-check: what works, what is to be fixed, and which switches of the console to look at."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence

from bot.channels.base import Finding
from bot.channels.settings import ChannelSettings
from bot.channels.zalo import NAME
from bot.channels.zalo.api import Account, ZaloApi
from bot.channels.zalo.echoes import Echoes
from bot.channels.zalo.tokens import ZaloTokens
from bot.errors import DeliveryError, NeedsOperator

_PATH = "/webhooks/zalo"
_VIETNAM = dt.timezone(dt.timedelta(hours=7))


async def check(settings: ChannelSettings, api: ZaloApi, tokens: ZaloTokens, echoes: Echoes) -> Sequence[Finding]:
    """Return the findings, in the order in which to fix them."""
    return [
        *_settings(settings),
        *await _account(settings, api),
        *await _token(tokens),
        _found("zalo_echoes_on" if echoes.are_on else "zalo_echoes_off", True),
        _found("zalo_switches", True),
    ]


def _found(key: str, is_ok: bool, **values: object) -> Finding:
    return Finding(NAME, key, is_ok, values)


def _settings(settings: ChannelSettings) -> list[Finding]:
    address = settings.public_url
    findings = [_found("zalo_secrets", True, count=len(settings.zalo_oa_secrets))]
    if not settings.zalo_app_secret:
        findings.append(_found("zalo_no_app_secret", False))
    if not settings.zalo_oa_id:
        findings.append(_found("zalo_no_oa_id", False))
    if not address:
        findings.append(_found("zalo_no_address", False))
    elif not _is_reachable(address):
        findings.append(_found("zalo_bad_address", False, address=address))
    else:
        findings.append(_found("zalo_address", True, address=f"{address}{_PATH}"))
    return findings


def _is_reachable(address: str) -> bool:
    """Zalo wants https, a domain and no port."""
    scheme, _, rest = address.partition("://")
    host = rest.partition("/")[0]
    return scheme == "https" and "." in host and ":" not in host and not host.replace(".", "").isdecimal()


async def _account(settings: ChannelSettings, api: ZaloApi) -> list[Finding]:
    try:
        account = await api.account()
    except NeedsOperator as error:
        return [_found(str(error), False)]
    except DeliveryError as error:
        return [_found("zalo_no_answer", False, reason=str(error))]
    return [*_whose(settings, account), *_package(account)]


def _whose(settings: ChannelSettings, account: Account) -> list[Finding]:
    if settings.zalo_oa_id and account.oa_id != settings.zalo_oa_id:
        return [_found("zalo_other_account", False, found=account.oa_id, wanted=settings.zalo_oa_id)]
    kind = account.kind or "?"
    return [_found("zalo_account", True, name=account.name, id=account.oa_id, kind=kind)]


def _package(account: Account) -> list[Finding]:
    findings = [] if account.is_verified else [_found("zalo_not_verified", False)]
    if not account.package:
        return [*findings, _found("zalo_no_package", False)]
    return [*findings, _found("zalo_package_name", True, package=account.package)]


async def _token(tokens: ZaloTokens) -> list[Finding]:
    held = await tokens.held()
    if held.error:
        return [_found(held.error, False)]
    if not held.pair.refresh:
        return [_found("zalo_no_refresh_token", False)]
    until = held.renew_at.astimezone(_VIETNAM).strftime("%H:%M %d/%m/%Y") if held.renew_at else "?"
    return [_found("zalo_token", True, until=until)]
