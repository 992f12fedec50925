"""The whole way through the real server: offered, wanted, told by the chore, stopped by one word."""

from __future__ import annotations

from collections.abc import Callable

from knowledge.answers.notices import offer
from knowledge.connectors.authority import Found
from knowledge.dossiers.desk import Seen
from knowledge.reply import Block, Reply
from tests.bot.fake_rasa import FakeRasa
from tests.bot.notices.scene import CODE, MORNING, Scene
from tests.bot.phone import Phone


async def test_from_the_offer_to_the_last_word(phone_on: Callable[..., Phone], rasa: FakeRasa) -> None:
    phone = phone_on("zalo")
    scene, chores = Scene(phone.server.sessions), phone.server.parts.chores
    chores.notices.clock = lambda: MORNING  # whatever the hour of the test
    scene.file()
    status = Reply("status", ((Block("text", text="Hồ sơ"),),))
    offered = offer(status, [Seen(CODE, Found(scene.facts()), recalled_by="own")])
    rasa.script("tra", [{"recipient_id": "7", "custom": offered.to_json()}])
    await phone.text("tra")
    assert "1. Báo cho em khi có thay đổi" in (await phone.answers(1))[0]
    await phone.text("1")
    assert f"em sẽ báo khi hồ sơ {CODE}" in (await phone.answers(2))[1]
    scene.file(status=9)
    assert await chores.notices.look() == 1
    assert "đã có kết quả" in (await phone.answers(3))[2]
    assert 'tthc_notices_total{channel="zalo",way="say"} 1.0' in phone.server.parts.metrics.text().decode()
    await phone.text("dừng")
    assert "đã dừng báo tất cả" in (await phone.answers(4))[3]
    assert await chores.poll.look() == 0  # no other system here
    assert rasa.messages == ["tra"]
