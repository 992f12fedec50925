"""The line breaks in every way we could think of; nothing is lost and nothing doubled."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from tests.browser.fake_server import FakeServer, Json
from tests.browser.replies import block, message
from tests.browser.widget import Widget

ANSWERS = ["Dạ, phần một.", "Dạ, phần hai: **đăng ký thường trú** 10.000 đ.", "Dạ, phần ba."]


def three_messages(_: str) -> list[Json]:
    return [message("answered", [[block("text", text)]]) for text in ANSWERS]


CUTS = [
    pytest.param({"cut_after": {1}}, id="before the answer"),
    pytest.param({"cut_after": {2}}, id="between two messages"),
    pytest.param({"cut_inside": {2}}, id="inside the first event"),
    pytest.param({"cut_inside": {3}}, id="inside a later event, maybe inside a letter"),
    pytest.param({"cut_inside": {1, 2, 3, 4}}, id="inside every event"),
    pytest.param({"cut_after": {1, 2, 3, 4}}, id="after every event"),
]


@pytest.mark.parametrize("cuts", CUTS)
def test_a_cut_stream_loses_and_doubles_nothing(widget: Widget, fake: FakeServer, cuts: dict[str, set[int]]) -> None:
    fake.knobs.answer = three_messages
    count = len(next(iter(cuts.values())))
    for name, numbers in cuts.items():
        setattr(fake.knobs, name, set(numbers))
    widget.ask("phí thường trú")
    expect(widget.messages("assistant")).to_have_count(3)
    assert widget.order() == [1, 2, 3, 4]
    shown = widget.messages("assistant").locator("p").all_inner_texts()
    assert shown == [text.replace("**", "") for text in ANSWERS]
    assert len(fake.knobs.streams) >= max(2, count), "the stream was never cut"


def test_a_restarted_server_is_found_again(widget: Widget, fake: FakeServer) -> None:
    widget.ask("chào em")
    expect(widget.messages("assistant")).to_have_count(1)
    fake.drop_streams()
    expect(widget.root.locator(".bar")).to_contain_text("đang nối lại")
    fake.latest.add("assistant", "Tin trong lúc mất kết nối.")
    fake.knobs.hold_streams = False
    expect(widget.messages("assistant")).to_have_count(2)
    expect(widget.root.locator(".bar")).to_be_hidden()
    assert fake.knobs.streams[-1] == 2, "the stream must continue after the last message received"


def test_an_answer_arrives_although_no_stream_gets_through(widget: Widget, fake: FakeServer) -> None:
    widget.page.clock.install()
    fake.drop_streams()
    widget.ask("phí thường trú")
    expect(widget.log.locator(".citizen")).to_contain_text("Đã gửi")
    widget.page.clock.fast_forward(6500)
    expect(widget.messages("assistant")).to_have_count(1)
    assert fake.knobs.streams == []


def test_two_tabs_show_the_same(widget: Widget, fake: FakeServer) -> None:
    widget.ask("chào em")
    expect(widget.messages("assistant")).to_have_count(1)
    other = Widget(widget.page.context.new_page())
    other.visit(fake.url)
    other.open()
    other.ask("phí thường trú")
    expect(other.messages("assistant")).to_have_count(2)
    expect(widget.messages("assistant")).to_have_count(2)
    assert widget.order() == other.order() == [1, 2, 3, 4]


PARSER = """
async ([stream, size]) => {
  const { eventParser } = await import('/widget/stream.js');
  const events = [];
  const feed = eventParser(event => events.push([event.id, event.event, event.data]));
  for (let at = 0; at < stream.length; at += size) feed(stream.slice(at, at + size));
  return events;
}
"""
STREAMS = [
    ("id:7\nevent: message\ndata: một\n\n", [["7", "message", "một"]]),
    ("id: 7\r\nevent: typing\r\ndata: {}\r\n\r\n", [["7", "typing", "{}"]]),
    (": heartbeat\n\ndata: a\ndata: b\n\n", [[None, "message", "a\nb"]]),
    ("id:7\ndata: cut", []),
    ("id:7\ndata: cut\n", []),
    ("id:7\n\nid:8\ndata: next\n\n", [["8", "message", "next"]]),
]


@pytest.mark.parametrize(("stream", "events"), STREAMS)
@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_events_are_read_whole_however_they_are_chopped(
    widget: Widget, stream: str, events: list[list[str | None]], size: int
) -> None:
    assert widget.page.evaluate(PARSER, [stream, size]) == events
