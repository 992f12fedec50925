"""Answers of the kinds that the widget has to show."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]

PAPERS = [
    ("Giấy chứng sinh. Không có thì văn bản của người làm chứng", "1 bản chính"),
    ("Căn cước của người đi làm; có VNeID thì không cần bản giấy", "xuất trình"),
    ("Tờ khai đăng ký khai sinh (mẫu 01)", "1 bản chính"),
    ("Giấy chứng nhận kết hôn của cha mẹ, nếu đã đăng ký kết hôn", "xuất trình"),
    ("Văn bản ủy quyền, nếu nhờ người khác đi làm thay", "bản chính"),
    ("Biên bản về việc trẻ bị bỏ rơi, nếu khai sinh cho trẻ bị bỏ rơi", "bản chính"),
    ("Văn bản xác nhận của cơ sở y tế về việc mang thai hộ", "bản chính"),
    ("Hợp đồng thuê nhà hoặc giấy tờ chứng minh nơi cư trú", "bản sao"),
]


def block(kind: str, text: str = "", **more: Any) -> Json:
    """Return a block as the server writes it."""
    return {"kind": kind, "text": text, "items": [], "rows": [], "ordered": False, "start": 1, **more}


def message(outcome: str, bubbles: list[list[Json]], buttons: tuple[str, ...] = (), **more: Any) -> Json:
    """Return an assistant's message with its reply."""
    text = "\n".join(part["text"] for bubble in bubbles for part in bubble if part["text"])
    reply = {
        "outcome": outcome,
        "bubbles": bubbles,
        "buttons": [{"title": title, "intent": "inform", "entities": {}} for title in buttons],
        "procedures": [],
        "candidates": [],
        "aspects": [],
        "sources": [],
        "expects": "",
        "handoff": "",
        **more,
    }
    return {"text": text, "reply": reply}


def source(code: str) -> Json:
    """Return the source line of a procedure."""
    return block("source", f"Mã thủ tục {code} · kiểm tra ngày 17/07/2026")


def birth() -> list[Json]:
    """Return a long checklist."""
    items = [{"text": text, "badge": badge} for text, badge in PAPERS]
    papers = [
        block("text", "Chúc mừng gia đình mình ạ! Để làm **đăng ký khai sinh**, anh/chị chuẩn bị:"),
        block("list", items=items, ordered=True),
    ]
    more = [
        block("text", "**Thời gian:** trong ngày; nhận sau 15 giờ thì hôm sau. **Lệ phí:** không thu."),
        source("1.001193"),
    ]
    sources = [
        {
            "code": "1.001193",
            "name": "Đăng ký khai sinh",
            "decision": "",
            "checked_on": "2026-07-17",
            "status": "",
            "url": "https://dichvucong.gov.vn/p/home/dvc-chi-tiet-thu-tuc-hanh-chinh.html",
        }
    ]
    buttons = ("Nộp ở đâu", "Nộp trực tuyến thế nào", "Gặp cán bộ")
    return [message("answered", [papers, more], buttons, sources=sources)]


def residence() -> list[Json]:
    """Return an answer card with figures per mode."""
    rows = [
        ["Cách nộp", "Lệ phí", "Thời gian"],
        ["Trực tuyến", "10.000 đ", "7 ngày làm việc"],
        ["Trực tiếp", "20.000 đ", "7 ngày làm việc"],
    ]
    card = [
        block("heading", "Đăng ký thường trú"),
        block("table", rows=rows),
        block("text", "Người được miễn: trẻ em, người cao tuổi, người có công (Điều 4 TT 75/2022/TT-BTC)."),
        source("1.004222"),
    ]
    return [message("answered", [card], ("Cần giấy tờ gì", "Nộp ở đâu", "Nộp trực tuyến thế nào"))]


def unsure() -> list[Json]:
    """Return a question back."""
    text = block("text", "Anh/chị cần loại nào ạ?")
    choices = (
        "Xin bản sao, vì bản cũ mất hoặc cần thêm bản",
        "Đăng ký lại, vì sổ gốc cũng mất",
        "Sửa thông tin ghi sai",
    )
    return [message("clarify", [[text]], choices)]


def status() -> list[Json]:
    """Return a request for the proof of a dossier."""
    text = "Em tra được hồ sơ **000.15.H36-261110-0042** khi có thêm **4 số cuối** của căn cước. Anh/chị nhắn 4 số ạ."
    return [message("status", [[block("text", text)]], ("Không tra nữa",), expects="proof")]


def staff() -> list[Json]:
    """Return a hand-off: the assistant's word, a notice, a person's word."""
    text = "Dạ, em chuyển anh/chị tới **Bộ phận Một cửa phường Phan Thiết**."
    waiting = {"state": "queued", "position": 2, "wait_minutes": 6}
    with_staff = {"state": "staff", "who": "Chị Hạnh", "unit": "Phường Phan Thiết"}
    return [
        {**message("handoff", [[block("text", text)]], handoff="asked"), "standing": waiting},
        {"author": "system", "text": "Cán bộ đã nhận cuộc trò chuyện.", "standing": with_staff},
        {"author": "staff", "text": "Chào anh/chị, tôi là Hạnh. Anh/chị cần hỏi việc gì ạ?", "by": "Chị Hạnh"},
    ]


def answer_to(text: str) -> list[Json]:
    """Return a plausible answer to a text."""
    said = text.lower()
    rules = (
        ("khai sinh", birth),
        ("thường trú", residence),
        ("hu roi", unsure),
        ("tra cứu", status),
        ("cán bộ", staff),
    )
    for word, answer in rules:
        if word in said:
            return answer()
    return [message("smalltalk", [[block("text", f"Em đã nhận: {text}")]])]
