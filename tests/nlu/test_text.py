"""Normalisation: what citizens shorten is written out, what they state (codes, numbers, names) stays."""

from __future__ import annotations

import re
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nlu.text import Lexicon, normalise, place_tones

TABLE = [
    ("lm gks cho con mất bn tiền z", "làm giấy khai sinh cho con mất bao nhiêu tiền vậy"),
    ("Ko bik đk hkd ở đâu", "không biết đăng ký hộ kinh doanh ở đâu"),
    ("mất nhiu tiền", "mất bao nhiêu tiền"),
    ("mất bao nhiu tiền", "mất bao nhiêu tiền"),
    ("50k dc k", "50k được không"),
    ("UBND xã", "ủy ban nhân dân xã"),
    ("giấy tờ/phí bn?", "giấy tờ/phí bao nhiêu?"),
    ("khai sanh cho cháu", "khai sinh cho cháu"),
    ("hoà thuận, thuỷ", "hòa thuận, thủy"),
    ("đâuuuuu rồiiii", "đâu rồi"),
    ("làm gks 👍", "làm giấy khai sinh"),
    ("😡😡", "bực quá"),
    ("toi muon lamf giaays khai sinh ddaast", "toi muon làm giấy khai sinh đất"),
    ("d9a61t lam2 so63 d9o3", "đất làm sổ đỏ"),
]
UNCHANGED = [
    "000.15.H36-261110-0042", "000.15.h36-261110-0042", "1.004222.H36", "G09.20-20260609-0092637", "Nguyễn Văn Vs",
    "K'Ho ở D'Ran", "bằng a1 đổi sang b2", "gas bus tax box", "cấp III", "0912345678", "TT 75/2022/TT-BTC", "kt3",
    "https://dichvucong.gov.vn/k", "an.z@x.vn", "dao lo, see you",
]  # fmt: skip
CODE_SHAPES = r"[0-9]{3}\.[0-9]{2}\.[Hh][0-9]{2}-[0-9]{6}-[0-9]{4}|[12]\.[0-9]{6}|[0-9]{1,12}|[0-9]{1,3}(\.000){1,3}"
CODES = st.from_regex(CODE_SHAPES, fullmatch=True)
WORDS = st.sampled_from("k dc bn hs làm đất phí nhiu ở đâuuu gks UBND Lan ddaast hoà 👍 , ? khai sanh nộp".split())


@pytest.mark.parametrize(("typed", "meant"), TABLE)
def test_short_forms_are_written_out(lexicon, typed, meant):
    assert normalise(typed, lexicon) == meant


@pytest.mark.parametrize("text", UNCHANGED)
def test_codes_names_and_addresses_stay(lexicon, text):
    assert normalise(text, lexicon) == text


@given(text=st.text(max_size=80) | st.lists(WORDS, max_size=12).map(" ".join))
def test_normalising_twice_changes_nothing_more(lexicon, text):
    once = normalise(text, lexicon)
    assert normalise(once, lexicon) == once
    assert unicodedata.is_normalized("NFC", once)


@given(before=st.lists(WORDS, max_size=5), code=CODES, after=st.lists(WORDS, max_size=5))
def test_a_code_or_number_survives_any_neighbours(lexicon, before, code, after):
    text = " ".join([*before, code, *after])
    assert code in normalise(text, lexicon).split()


@given(text=st.text(alphabet="0123456789 .,-/:đồngkH", max_size=40))
def test_digits_are_never_lost(lexicon, text):
    assert re.findall(r"\d", normalise(text, lexicon)) == re.findall(r"\d", text)


def test_full_forms_hold_no_other_short_form(lexicon):
    again = [(key, full) for key, full in lexicon.words.items() if any(word in lexicon.words for word in full.split())]
    assert lexicon.words and not again


def test_full_forms_are_nfc_with_old_tone_placement(lexicon):
    assert all(place_tones(full) == full for full in [*lexicon.words.values(), *lexicon.phrases.values()])


def test_an_empty_lexicon_still_cleans():
    assert normalise("  hoà \u200b nhé  ", Lexicon()) == "hòa nhé"
