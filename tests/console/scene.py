"""A morning at the office: people, waiting citizens, finished talks, a file, a dossier; for looking at pages."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from bot.cases import code_of
from bot.handoff import review
from knowledge.dossiers.standings import refresh
from knowledge.models import AdminUnit, CannedReply, CaseMember, Dossier, DossierEvent, Handoff, utc_now
from knowledge.records import read_record
from knowledge.store import save_record
from nlu.text import fold
from tests.bot.running import Running
from tests.console.desk import Office
from tests.console.late import PROFILE, apology_for, late_dossier
from tests.console.talks import Talks

RECORDS = Path(__file__).parents[2] / "knowledge/data/procedures/cu-tru"
RESIDENCE, STAY, LAND = "1.004222", "1.004194", "1.013831"
DOSSIER = "000.15.H36-261110-0042"
LA_GI, PHAN_THIET = "23235", "22945"
_MINUTE = dt.timedelta(minutes=1)


def learn(server: Running, *codes: str) -> None:
    """Bring bundled records of residence into the database."""
    with server.sessions.begin() as session:
        for code in codes or (RESIDENCE, STAY):
            save_record(session, read_record(next(RECORDS.glob(f"{code}-*.yml"))), "bundled")


def file_dossier(server: Running, days_late: int = 20) -> None:
    """Put a dossier into the office's table whose promised day is past."""
    now = utc_now()
    due = now - dt.timedelta(days=days_late)
    with server.sessions.begin() as session:
        row = Dossier(code=DOSSIER, procedure_code=RESIDENCE, procedure_name="Đăng ký thường trú", source="own")
        row.unit, row.status, row.received_at, row.due_at = "Phường La Gi", 4, due - dt.timedelta(days=7), due
        row.events = [DossierEvent(at=due - dt.timedelta(days=7), status=2, text="Đã tiếp nhận hồ sơ")]
        session.add(row)


class Scene:
    """The morning; ``main`` is the conversation that has everything beside it."""

    def __init__(self, server: Running) -> None:
        self.server, self.office, self.talks = server, Office(server), Talks(server.sessions)
        learn(server)
        file_dossier(server)
        with server.sessions.begin() as session:
            session.add_all(
                [
                    AdminUnit(code=LA_GI, kind="Phường", name="La Gi"),
                    AdminUnit(code=PHAN_THIET, kind="Phường", name="Phan Thiết"),
                ]
            )
        seen = utc_now() + dt.timedelta(hours=3)
        self.lan = self.office.add("lan", "clerk", name="Nguyễn Thị Lan", presence="ready", seen_at=seen)
        self.ha = self.office.add("ha", "head", name="Trần Hà", presence="busy", seen_at=seen)
        self.boss = self.office.add("boss", "admin", name="Lê Quản Trị")
        self.main = self._main()

    def _main(self) -> str:
        talk = self.talks
        key = talk.begin("làm thường trú cần gì ạ", channel="zalo")
        talk.answer(key, "Dạ, cần tờ khai CT01 và giấy tờ chỗ ở ạ.", procedures=(RESIDENCE,), aspects=("documents",))
        talk.say(key, f"em nộp rồi, hồ sơ {DOSSIER} sao chưa có ạ, gọi em 0912 345 678 nhé")
        talk.answer(key, "Dạ, hồ sơ đã quá hẹn. Em rất tiếc vì sự chậm trễ này.", "status")
        past = utc_now() - dt.timedelta(days=40)
        talk.hand_over(
            key, state="closed", created_at=past, closed_at=past, close_reason="answered", rating="yes", staff_id=1
        )
        summary = {"aspects": ["documents"], "procedures": [RESIDENCE], "unit": LA_GI, "from_seq": 1}
        since = utc_now() - 12 * _MINUTE
        talk.hand_over(
            key,
            LA_GI,
            "overdue",
            procedure_code=RESIDENCE,
            summary=summary,
            contact="0912345678",
            created_at=since,
            waiting_since=since,
        )
        talk.file(key, "ab/" + "0" * 30, "giấy hẹn trả kết quả.pdf", size=183_000)
        other = talk.begin("em hỏi tiếp trên web ạ")
        with self.server.sessions.begin() as session:
            case = code_of(session, key)
            session.add(CaseMember(conversation_id=other, case_id=case.id, joined_by_code=True))
        return key

    def canned(self) -> None:
        """Add replies written once for many."""
        texts = {"chao": ("Lời chào", "Dạ, {ten_can_bo}, {don_vi}, xin nghe ạ."), "gio": ("Giờ làm việc", "7 giờ ạ.")}
        with self.server.sessions.begin() as session:
            for shortcut, (title, text) in texts.items():
                folded = fold(f"{shortcut} {title} {text}")
                session.add(CannedReply(shortcut=shortcut, title=title, text=text, folded=folded))

    def finished(self, count: int = 12) -> None:
        """Add hand-offs that were closed today and before."""
        reasons, ratings, channels = ("asked", "complaint", "dossier"), ("yes", "", "partly", "no"), ("web", "zalo")
        for number in range(count):
            at = utc_now() - number * 97 * _MINUTE
            key = self.talks.begin("cho em gặp cán bộ", channel=channels[number % 2], at=at)
            kept = {
                "state": "closed",
                "created_at": at,
                "waiting_since": None,
                "claimed_at": at + 2 * _MINUTE,
                "answered_at": at + (2 + number % 9) * _MINUTE,
                "closed_at": at + 30 * _MINUTE,
                "close_reason": "answered",
                "rating": ratings[number % 4],
                "bot_could": "yes" if number % 5 == 0 else "no",
                "staff_id": (self.lan, self.ha)[number % 2],
                "procedure_code": (RESIDENCE, STAY, "")[number % 3],
            }
            self.talks.hand_over(key, (LA_GI, PHAN_THIET, "province")[number % 3], reasons[number % 3], **kept)

    def talking(self) -> None:
        """Add citizens whom somebody is talking with, and one who is to be called."""
        for holder, state in ((self.lan, "active"), (self.lan, "awaiting"), (self.ha, "active")):
            key = self.talks.begin("em hỏi về tạm trú")
            at = utc_now() - 6 * _MINUTE
            self.talks.hand_over(
                key, LA_GI, state=state, staff_id=holder, claimed_at=at, answered_at=at, created_at=at - _MINUTE
            )
        self.talks.hand_over(self.talks.begin("gọi cho em"), PHAN_THIET, state="callback", contact="0987654321")

    def unsure(self) -> None:
        """Add questions that somebody should look at again, and have them found."""
        talk, early = self.talks, utc_now() - 50 * _MINUTE
        lost = talk.begin("nhập khẩu cho con vô nhà nội", at=early)
        talk.answer(lost, "Dạ em chưa tìm thấy.", "not_found", at=early)
        talk.say(lost, "nhập hộ khẩu cho bé vào nhà nội cần gì", at=early)
        talk.answer(lost, "Dạ em vẫn chưa tìm thấy.", "not_found", at=early)
        left = talk.begin("đăng ký ở trọ, gọi em 0912345678", at=early)
        talk.answer(left, "Anh/chị hỏi việc nào?", "clarify", candidates=(STAY, RESIDENCE), aspects=("fee",), at=early)
        with self.server.sessions.begin() as session:
            review.put(session, review.doubts(session, utc_now()))

    def late(self) -> None:
        """Add dossiers that are late or soon due, and an apology that waits for approval."""
        units = ("Phường La Gi", "Phường Phan Thiết", "Văn phòng Đăng ký đất đai tỉnh Lâm Đồng")
        named = ((LAND, "Đăng ký biến động đất đai"), (RESIDENCE, "Đăng ký thường trú"), ("", "Thủ tục không có mã"))
        with self.server.sessions.begin() as session:
            save_record(session, read_record(next(RECORDS.parent.glob(f"dat-dai/{LAND}-*.yml"))), "bundled")
            for number in range(100, 118):
                code, name = named[(number % 7) // 3]
                days = -1 if number % 6 == 0 else 3 + number % 11
                session.add(late_dossier(number, units[number % 3], days, procedure_code=code, procedure_name=name))
            session.flush()
            session.add(apology_for(101, author_id=self.lan, due_at=session.get(Dossier, 101).due_at))
        with self.server.sessions() as session:
            refresh(session, utc_now(), PROFILE)

    def handoff(self, conversation_id: str) -> Handoff | None:
        """Return the newest hand-off of a conversation."""
        return self.talks.desk.handoff(conversation_id)
