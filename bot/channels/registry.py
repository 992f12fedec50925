"""Every channel, one line each; those whose credentials are set are built."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from bot.channels import rest, telegram, web, zalo_bot
from bot.channels.base import Channel, Finding
from bot.channels.tools import Tools
from bot.channels.zalo import channel as zalo

# A builder returns None when the environment does not name the channel's credentials.
BUILDERS: Sequence[Callable[[Tools], Channel | None]] = (
    web.build,
    rest.build,
    telegram.build,
    zalo_bot.build,
    zalo.build,
)


def build_channels(tools: Tools) -> Mapping[str, Channel]:
    """Return the configured channels by name."""
    built = [build(tools) for build in BUILDERS]
    return {channel.name: channel for channel in built if channel is not None}


async def check_channels(channels: Mapping[str, Channel]) -> list[Finding]:
    """Return what every channel finds out about itself; one that fails over it is a finding too."""
    findings: list[Finding] = []
    for name, channel in channels.items():
        try:
            findings += await channel.check()
        except Exception as error:  # whatever it is, the others are checked as well
            findings.append(Finding(name, "failed", False, {"error": type(error).__name__}))
    if all(channel.capabilities.replayed for channel in channels.values()):
        findings.append(Finding("", "none", True))
    return findings
