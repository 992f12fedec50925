"""A system of dossiers in the national sync format, with faults to plant: for tests, and to try a connector by hand.

``python -m tests.fakes.dossier_system`` starts one with three dossiers and prints what to put into ``.env``.
"""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Mapping
from typing import Any

from tests.fakes.loopback import CUT, Loopback

TOKEN = "a token of the province"
OWNER = {"ChuHoSo": "Nguyễn Thị Hoa", "MaDoiTuong": "060199001234", "SoDienThoai": "0912 345 678", "Email": "hoa@vd.vn"}


def dossier(code: str, status: int | str = 4, **more: Any) -> dict[str, Any]:
    """Return a dossier as the format has it: compact dates, empty strings for what is not known."""
    return {
        "MaHoSo": code,
        "MaTTHC": "1.013831",
        "TenTTHC": "Đăng ký biến động đất đai",
        "MaLinhVuc": "DD",
        "LoaiDoiTuong": "1",
        **OWNER,
        "TrichYeuHoSo": "Bà Nguyễn Thị Hoa xin sang tên",
        "NgayTiepNhan": "20261110083000",
        "NgayHenTra": "20261127170000",
        "TrangThaiHoSo": str(status),
        "NgayTra": "",
        "NgayKetThucXuLy": "",
        "HinhThuc": "0",
        "DonViXuLy": "Chi nhánh Văn phòng Đăng ký đất đai",
        "GhiChu": "gọi 0912345678",
        "DanhSachHoSoBoSung": [],
        **more,
    }


class DossierSystem(Loopback):
    """Answers ``TraCuuHoSo``. ``asked`` are the codes, in order; a fault holds until it is taken away.

    ``fault``: a status (500, 429, 401, CUT), bytes sent as they are, or seconds to wait before answering
    (``most_at_once`` counts who waited together). ``broken`` are codes that it trips over.
    """

    def __init__(self, *dossiers: dict[str, Any], port: int = 0) -> None:
        self.dossiers = {entry["MaHoSo"]: entry for entry in dossiers}
        self.asked: list[str] = []
        self.broken: set[str] = set()
        self.fault: int | bytes | float | None = None
        self.faults: list[int] = []  # statuses of the next answers, before ``fault`` counts
        self.most_at_once = self._at_once = 0
        self._wake = threading.Event()
        super().__init__(port)

    def put(self, entry: dict[str, Any]) -> None:
        """Add a dossier, or put it in the place of the one with its code."""
        self.dossiers[entry["MaHoSo"]] = entry

    def close(self) -> None:
        self._wake.set()
        super().close()

    def answer(self, verb: str, path: str, headers: Mapping[str, str], body: bytes) -> tuple[int, bytes]:
        asked = json.loads(body)
        assert (verb, asked["service"]) == ("POST", "TraCuuHoSo")
        with self.news:
            self.asked.append(asked["mahoso"])
            self.news.notify_all()
        lower = {name.lower(): value for name, value in headers.items()}
        if (asked["session"], lower.get("authorization")) != (TOKEN, f"Bearer {TOKEN}"):
            return 401, b"{}"
        return self._faulty() or (200, json.dumps(self._found(asked["mahoso"])).encode())

    def _found(self, code: str) -> dict[str, Any]:
        if code in self.broken:
            return {"error_code": -1, "result": []}
        found = self.dossiers.get(code)
        return {"error_code": 0, "result": [found] if found else []}

    def _hold(self, seconds: float) -> None:
        with self.news:
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
        self._wake.wait(seconds)
        with self.news:
            self._at_once -= 1

    def _faulty(self) -> tuple[int, bytes] | None:
        if self.faults:
            return self.faults.pop(0), b"no"
        if isinstance(self.fault, float):
            self._hold(self.fault)
            return None
        if isinstance(self.fault, bytes):
            return 200, self.fault
        return None if self.fault is None else (self.fault, b"no")


__all__ = ["CUT", "OWNER", "TOKEN", "DossierSystem", "dossier"]


def main() -> None:
    """Run one until Ctrl-C."""
    codes = ("000.15.H36-261110-0042", "H36.15-20261116-0000043", "G09.20-20261109-0092637")
    system = DossierSystem(*(dossier(code, status) for code, status in zip(codes, (4, 5, 9))))
    print(f"DOSSIER_URL={system.url}\nDOSSIER_TOKEN={TOKEN}")
    print("\n".join(f"{code}  last digits 1234 (ID) or 5678 (phone)" for code in codes))
    try:
        while True:
            time.sleep(60)
    except KeyboardInterrupt:
        system.close()


if __name__ == "__main__":
    main()
