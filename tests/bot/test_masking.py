"""What is masked, and above all what is not: dossier codes, procedure codes, amounts, dates."""

from __future__ import annotations

import pytest

from bot.masking import find_proof, gives_key, mask

DOTS = "•"

MASKED = [
    ("CCCD 060199001234", f"CCCD {DOTS * 12}"),
    ("số căn cước của tôi là 060199001234.", f"số căn cước của tôi là {DOTS * 12}."),
    ("060199001234", DOTS * 12),
    ("cmnd 261234567 cấp năm 2010", f"cmnd {DOTS * 9} cấp năm 2010"),
    ("0601 9900 1234", f"{DOTS * 4} {DOTS * 4} {DOTS * 4}"),
    ("060 199 001 234", " ".join([DOTS * 3] * 4)),
    ("CMND 261 234 567", f"CMND {' '.join([DOTS * 3] * 3)}"),
    ("cmnd: 261.234.567", f"cmnd: {DOTS * 11}"),
    ("so can cuoc 0601 99 001234 nha", f"so can cuoc {DOTS * 4} {DOTS * 2} {DOTS * 6} nha"),
    ("thẻ 9704 1234 5678 9012 hết hạn", f"thẻ {' '.join([DOTS * 4] * 4)} hết hạn"),
    ("9704123456789012", DOTS * 16),
    ("9704-1234-5678-9012", DOTS * 19),
    ("thẻ visa 4111 1111 1111 1111", f"thẻ visa {' '.join([DOTS * 4] * 4)}"),
    ("amex 3782-822463-10005 nhé", f"amex {DOTS * 17} nhé"),
    ("thẻ 378282246310005", f"thẻ {DOTS * 15}"),
    ("9704 0511 1111 1111 135", f"{' '.join([DOTS * 4] * 4)} {DOTS * 3}"),
    ("số tài khoản 0123456789012", f"số tài khoản {DOTS * 13}"),
    ("mã OTP là 482913", f"mã OTP là {DOTS * 6}"),
    ("otp: 4829", f"otp: {DOTS * 4}"),
    ("mã xác nhận 48 29 13", f"mã xác nhận {DOTS * 2} {DOTS * 2} {DOTS * 2}"),
    ("mật khẩu là Hoa@2020", f"mật khẩu là {DOTS * 8}"),
    ("mat khau vneid cua toi la abc123", f"mat khau vneid cua toi la {DOTS * 6}"),
    ("password: conmeo", f"password: {DOTS * 6}"),
    ("mk=conmeo1", f"mk={DOTS * 7}"),
    ("mật khẩu abc12345 không vào được", f"mật khẩu {DOTS * 8} không vào được"),
    ("4 số cuối là 8317", f"4 số cuối là {DOTS * 4}"),
    ("hồ sơ 000.15.H36-231221-0001 số cuối 8317", f"hồ sơ 000.15.H36-231221-0001 số cuối {DOTS * 4}"),
    ("chị 060199001234 và anh 060299005678", f"chị {DOTS * 12} và anh {DOTS * 12}"),
    ("cần 060199001234 1 bản", f"cần {DOTS * 12} 1 bản"),
    ("060199001234,261234567", f"{DOTS * 12},{DOTS * 9}"),
    ("Nguyễn Thị A-060199001234", f"Nguyễn Thị A-{DOTS * 12}"),
    ("060199001234/chồng tôi", f"{DOTS * 12}/chồng tôi"),
    ("gia đình 261234567", f"gia đình {DOTS * 9}"),
    ("060199001234 k biết đúng chưa", f"{DOTS * 12} k biết đúng chưa"),
    ("０６０１９９００１２３４", DOTS * 12),
]

KEPT = [
    "000.15.H36-231221-0001",
    "000.00.04.H51-200221-0001 tới đâu rồi",
    "000.15.h36 - 231221 - 0001",
    "G09.20-20260609-0092637",
    "H57.132-260804-0583",
    "BHXH 03706/2026/07906",
    "hồ sơ H36.15-251120-000123456",
    "1.004222",
    "2.000635.000.00.00.H21",
    "thủ tục 1.012796.H36 là gì",
    "chuyển nhượng 1.500.000.000 đ",
    "giá 100.000.000.000 đồng",
    "vốn 150000000 thì phí bao nhiêu",
    "bán đất 150000000 đồng",
    "trị giá khoảng 150000000",
    "thu nhập 150 000 000 đồng",
    "nộp 120000000000đ",
    "số điện thoại 0912345678",
    "gọi 0912 345 678 giúp tôi",
    "+84 912 345 678",
    "84912345678",
    "ngày 21/12/2023 lúc 7h30",
    "21-12-2023 đến 30-12-2023",
    "từ 2020 đến 2025 và 2026",
    "tờ bản đồ 12 thửa 345 diện tích 120,5 m2",
    "Thông tư 75/2022/TT-BTC",
    "mã số thuế 0312345678",
    "quên mật khẩu VNeID thì làm sao",
    "mật khẩu là gì",
    "mật khẩu cấp 2 khác gì cấp 1",
    "đổi mật khẩu dịch vụ công",
    "otp là gì, sao không nhận được otp",
    "tôi muốn 4 bản sao, 2 bản chính",
    "tra cứu bằng 4 số cuối được không",
    "MK261234567890X",
    "mã 378282246310006",  # no card: its last digit is wrong
]


@pytest.mark.parametrize(("text", "expected"), MASKED)
def test_secrets_are_masked(text: str, expected: str) -> None:
    assert mask(text) == expected


@pytest.mark.parametrize("text", KEPT)
def test_other_numbers_are_kept(text: str) -> None:
    assert mask(text) == text


@pytest.mark.parametrize("text", [text for text, _ in MASKED])
def test_masking_again_changes_nothing(text: str) -> None:
    assert mask(mask(text)) == mask(text)


KEYS = [
    ("thẻ 4111 1111 1111 1111 của tôi", True),
    ("mã OTP là 482913", True),
    ("mật khẩu là Hoa@2020", True),
    ("cccd 060199001234", False),
    ("quên mật khẩu VNeID thì làm sao", False),
    ("000.15.H36-231221-0001", False),
    ("phí 1.500.000.000.000 đ", False),
    ("", False),
]


@pytest.mark.parametrize(("text", "is_key"), KEYS)
def test_who_gives_a_key_away_is_to_be_warned(text: str, is_key: bool) -> None:
    assert gives_key(text) is is_key


PROOFS = [
    ("8317", "8317"),
    ("0007", "0007"),
    ("số là 8317", "8317"),
    ("4 số cuối 8317", "8317"),
    ("4 chữ số cuối: 8317 nha em", "8317"),
    ("8 3 1 7 là 4 số cuối", "8317"),
    ("8-3-1-7", "8317"),
    ("831", None),
    ("83175", None),
    ("8317 2020", None),
    ("060199001234", "1234"),
    ("0912345678", "5678"),
    ("+84 912 345 678", "5678"),
    ("0601990012345", None),
    ("000.15.H36-231221-0001", None),
    ("1.004222", None),
    ("không", None),
]


@pytest.mark.parametrize(("text", "digits"), PROOFS)
def test_a_proof_is_the_end_of_one_number(text: str, digits: str | None) -> None:
    assert find_proof(text) == digits
