"""Every published event is understood."""

from __future__ import annotations

import datetime as dt
from typing import Any

import pytest

from bot.channels.zalo.contents import BadEvent
from bot.channels.zalo.events import Counted, Echo, Meaning, Receipt, Said, read
from bot.inbound import Attachment, Contact, Inbound, Place, Tap
from tests.bot.zalo.payloads import NAMES, OA, USER, payload

AT = dt.datetime.fromtimestamp(1790000000, dt.timezone.utc)
CDN = "https://b-f1-zpc.zdn.vn/7124/"


def said(client_id: str, text: str = "", **more: Any) -> Said:
    return Said(USER, (Inbound(client_id, text, at=AT, **more),))


def file(path: str, **more: Any) -> Attachment:
    return Attachment(url=f"{CDN}{path}", **more)


CARD = Contact("84900000001", "Nguyễn Văn Mẫu")
PERSON, PHONE = "Trần Thị Mẫu", "84900000002"
MEANINGS: dict[str, Meaning] = {
    "user_send_text": said("m:9bd4a1c3e07f5521", "Đăng ký khai sinh cần giấy tờ gì?"),
    "user_send_text_quote": said("m:9bd4a1c3e07f5522", "cái này ạ"),
    "user_send_text_tap": said("m:9bd4a1c3e07f5523", kind="tap", tap=Tap(2, 0)),
    "user_send_image": said(
        "m:m-user_send_image",
        "giấy chứng sinh đây ạ",
        kind="image",
        attachment=file("giay-chung-sinh.jpg", media_type="image"),
    ),
    "user_send_gif": said(
        "m:m-user_send_gif", kind="image", attachment=Attachment(url="https://b-f2-zpc.zdn.vn/x.gif", media_type="gif")
    ),
    "user_send_link": said("m:m-user_send_link", "https://dichvucong.gov.vn/thu-tuc cái này là sao"),
    "user_send_audio": said("m:m-user_send_audio", kind="voice", attachment=file("voice.amr", media_type="audio")),
    "user_send_video": said("m:m-user_send_video", kind="video", attachment=file("v.mp4", media_type="video")),
    "user_send_sticker": said(
        "m:m-user_send_sticker",
        kind="sticker",
        attachment=Attachment("https://zalo-api.zadn.vn/sticker/21979", "21979", media_type="sticker"),
    ),
    "user_send_location": said(
        "m:m-user_send_location", kind="location", place=Place(11.5471, 107.8077, "UBND phường Bảo Lộc")
    ),
    "user_send_business_card": said("m:m-user_send_business_card", kind="contact", contact=CARD),
    "user_send_file": said(
        "m:m-user_send_file",
        kind="file",
        attachment=file("to-khai.pdf", name="to-khai.pdf", size=482113, media_type="pdf"),
    ),
    "user_reacted_message": said("m:4f0c11aa27d3", kind="reaction"),
    "follow": said(f"m:follow:1790000000000:{USER}", kind="follow"),
    "unfollow": said(f"m:unfollow:1790000000000:{USER}", kind="unfollow"),
    "user_submit_info": said(
        f"m:user_submit_info:1790000000000:{USER}",
        kind="contact",
        contact=Contact(PHONE, PERSON, address="1 Lê Lợi, Phường 1 Bảo Lộc, Lâm Đồng"),
    ),
    "user_submit_info_old": said(
        f"m:user_submit_info:1790000000000:{USER}",
        kind="contact",
        contact=Contact(PHONE, PERSON, address="1 Lê Lợi, Phường 1, Bảo Lộc, Lâm Đồng"),
    ),
    "user_seen_message": Receipt("seen", ("s1", "s2"), AT),
    "user_seen_message_turned": Receipt("seen", ("s1",), AT),
    "user_received_message": Receipt("delivered", ("s1",), AT),
    "user_received_message_zns": Counted("other_account"),  # without the header that says whence it is
    "oa_send_text_echo": Echo(USER, "Dạ, em chào anh/chị.", "e1"),
    "oa_send_text_staff": said("m:e2", "Chào bác, tôi là cán bộ hộ tịch.", kind="staff"),
    "oa_send_image_staff": said("m:e3", kind="staff"),
    "oa_send_file_echo": Counted("echo"),
    "anonymous_send_text": Counted("anonymous"),
    "oa_send_anonymous_text": Counted("anonymous"),
    "user_click_chatnow": Counted("user_click_chatnow"),
    "user_withdraw": said(f"m:user_withdraw:1790000000000:{USER}", kind="withdraw"),
    "add_user_to_tag": Counted("add_user_to_tag"),
    "update_user_info": Counted("update_user_info"),
    "widget_interaction_accepted": Counted("widget_interaction_accepted"),
    "user_send_hologram": Counted("unknown"),
}


def test_every_payload_has_a_meaning_here() -> None:
    assert set(NAMES) == set(MEANINGS) and len(NAMES) > 25


@pytest.mark.parametrize("name", NAMES)
def test_meaning(name: str) -> None:
    assert read(payload(name), OA) == MEANINGS[name]


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"user_received_message_zns", "user_seen_message_turned"}))
def test_without_a_chosen_account_every_account_is_taken(name: str) -> None:
    assert read(payload(name), "") == MEANINGS[name]


@pytest.mark.parametrize("name", sorted(set(NAMES) - {"user_send_hologram"}))
def test_events_of_another_account_are_counted(name: str) -> None:
    assert read(payload(name), "999") == Counted("other_account")


def test_a_receipt_of_a_message_by_phone_names_no_account() -> None:
    assert read(payload("user_received_message_zns"), OA, "ZNS") == Receipt("delivered", ("z1",), AT)


def test_several_images_are_several_things() -> None:
    event = payload("user_send_image")
    event["message"]["attachments"] *= 3
    meaning = read(event, OA)
    assert isinstance(meaning, Said)
    assert [one.client_id for one in meaning.inbounds] == [f"m:m-user_send_image{end}" for end in ("", ":1", ":2")]
    assert [one.text for one in meaning.inbounds] == ["giấy chứng sinh đây ạ", "", ""]


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://b.zdn.vn/a.jpg", "https://b.zdn.vn/a.jpg"),
        ("javascript:alert(1)", ""),
        ("https://user:pass@b.zdn.vn/a.jpg", ""),
        ("https://b.zdn.vn/" + "a" * 2000, ""),
        ("https://[::1", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_addresses_that_are_kept(url: object, kept: str) -> None:
    event = payload("user_send_image")
    event["message"]["attachments"][0]["payload"]["url"] = url
    meaning = read(event, OA)
    assert isinstance(meaning, Said) and meaning.inbounds[0].attachment
    assert meaning.inbounds[0].attachment.url == kept


@pytest.mark.parametrize(
    ("raw", "size"), [("12", 12), (12, 12), ("", 0), ("x", 0), ("9" * 30, 0), ("٣", 0), ("9999999999", 2**31 - 1)]
)
def test_sizes(raw: object, size: int) -> None:
    event = payload("user_send_file")
    event["message"]["attachments"][0]["payload"]["size"] = raw
    meaning = read(event, OA)
    assert isinstance(meaning, Said) and meaning.inbounds[0].attachment
    assert meaning.inbounds[0].attachment.size == size


BROKEN: list[tuple[str, dict[str, Any]]] = [
    ("user_send_text", {"event_name": None}),
    ("user_send_text", {"timestamp": 5}),
    ("user_send_text", {"message": None}),
    ("user_send_text", {"sender": {"id": 7}}),
    ("user_send_text", {"sender": {"id": "x" * 65}}),
    ("user_send_text", {"sender": {"id": "a\u0000b"}}),
    ("user_send_image", {"message": {"msg_id": "1"}}),
    ("user_send_image", {"message": {"msg_id": "1", "attachments": [7]}}),
    ("user_send_image", {"message": {"msg_id": "1", "attachments": [{"payload": None}]}}),
    ("user_send_location", {"message": {"attachments": [{"payload": {}}]}}),
    (
        "user_send_location",
        {"message": {"attachments": [{"payload": {"coordinates": {"latitude": "nan", "longitude": "1"}}}]}},
    ),
    ("user_seen_message", {"message": {"msg_ids": "s1"}}),
    ("user_received_message", {"message": {}}),
    ("follow", {"follower": None}),
    ("user_withdraw", {"user_id": None}),
    ("user_submit_info", {"info": []}),
]


@pytest.mark.parametrize(("name", "changes"), BROKEN)
def test_what_is_not_of_the_published_form_is_a_bad_event(name: str, changes: dict[str, Any]) -> None:
    with pytest.raises(BadEvent):
        read(payload(name, **changes), OA)
