"""Word tokens keep offsets into the message exactly as it was typed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rasa.shared.nlu.training_data.message import Message

from nlu.components.tokenizer import UndertheseaTokenizer
from nlu.text import fold

VIETNAMESE = st.text(
    alphabet="aăâbcdđeêghiklmnoôơpqrstuưvxyáàảãạấầẩẫậéèẻẽẹíìóòọốồộớờợúùụứừựýỳ ABĐ0123456789.,-/?!:()\n👍", max_size=60
)


def tokenize(text: str) -> list:
    tokenizer = UndertheseaTokenizer(UndertheseaTokenizer.get_default_config())
    return tokenizer.tokenize(Message(data={"text": text}), "text")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("Tôi muốn làm giấy khai sinh ở Phan Thiết", ["Tôi", "muốn", "làm", "giấy", "khai_sinh", "ở", "Phan_Thiết"]),
        ("", []),
        ("   ", []),
        ("Hoà  Thắng", ["Hoà_Thắng"]),
    ],
)
def test_words(text, words):
    assert [token.text for token in tokenize(text)] == words


@settings(deadline=None)
@given(text=VIETNAMESE | VIETNAMESE.map(lambda text: unicodedata.normalize("NFD", text)) | st.text(max_size=30))
def test_offsets_lead_back_to_the_message(text):
    tokens = tokenize(text)
    for token in tokens:
        assert "".join(fold(text[token.start : token.end]).split()) == fold(token.text).replace("_", "") or "_" in text
    assert [t.start for t in tokens] == sorted(t.start for t in tokens)
    covered = set().union(*(range(t.start, t.end) for t in tokens)) if tokens else set()
    assert not [char for index, char in enumerate(text) if index not in covered and char.isalnum()]


def test_nothing_of_rasa_comes_with_nlu_text():
    import subprocess
    import sys

    probe = "import sys, nlu.text; sys.exit(bool({'rasa', 'spacy', 'sklearn'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", probe]).returncode == 0
