"""A notice to who has been silent for a week: Zalo refuses free words, and takes the approved template."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
import sqlalchemy as sa

from bot.channels.settings import ChannelSettings
from bot.settings import Settings
from knowledge.database import create_engine, session_factory
from knowledge.models import OutboxItem
from tests.bot.desk import Desk
from tests.bot.notices.looking import Look
from tests.bot.notices.scene import CODE, Scene
from tests.bot.notices.test_ways import silent
from tests.fakes.zalo import FakeZalo


@pytest.mark.parametrize(("template", "way"), [("7895", "template"), ("", "task")])
async def test_a_template_goes_after_the_window(
    settings: Settings, zalo: FakeZalo, credentials: ChannelSettings, make_channel: Callable[..., Any],
    template: str, way: str,
) -> None:  # fmt: skip
    scene = Scene(session_factory(create_engine(settings.database_url)))
    name = silent(scene)
    channel, _ = make_channel("zalo", replace(credentials, zalo_notice_template=template))
    assert await Look(scene, channel)() == 1
    assert scene.notices() == [("result", way)]
    assert await Desk(scene.sessions, channel).work() == bool(template)
    if template:
        (sent,) = zalo.templates
        assert (sent["user_id"], sent["template_id"]) == (name, template)
        assert sent["template_data"] == {"ma_ho_so": CODE, "noi_dung": "Đã có kết quả, mời nhận theo giấy hẹn"}
        assert scene.rows(sa.select(OutboxItem.state)) == ["sent"]
    assert zalo.sent == []
