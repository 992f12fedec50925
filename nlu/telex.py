"""What is left when the Vietnamese keyboard was off: Telex (``ddaast``) and VNI (``d9a61t``) decoded.

Pure functions. A word is decoded only where the result is a possible Vietnamese syllable and the
message shows enough signs, because ``gas``, ``bus`` or licence class ``a1`` look like Telex or VNI too.
"""

from __future__ import annotations

import re
import unicodedata

_TELEX_TONES = {"s": "\u0301", "f": "\u0300", "r": "\u0309", "x": "\u0303", "j": "\u0323"}
_VNI_TONES = {"1": "\u0301", "2": "\u0300", "3": "\u0309", "4": "\u0303", "5": "\u0323"}
_TELEX_SHAPES = (
    ("dd", "đ"),
    ("aa", "â"),
    ("ee", "ê"),
    ("oo", "ô"),
    ("uow", "ươ"),
    ("aw", "ă"),
    ("ow", "ơ"),
    ("uw", "ư"),
)
_VNI_SHAPES = (
    ("d9", "đ"),
    ("a6", "â"),
    ("e6", "ê"),
    ("o6", "ô"),
    ("uo7", "ươ"),
    ("u7o7", "ươ"),
    ("a8", "ă"),
    ("o7", "ơ"),
    ("u7", "ư"),
)
_INITIALS = "ngh|ng|nh|gh|gi|kh|ph|qu|th|tr|ch|[bcdđghklmnprstvx]"
_RIMES = (
    "a ai ao au ay ac ach am an ang anh ap at ă ăc ăm ăn ăng ăp ăt â âu ây âc âm ân âng âp ât "
    "e eo ec em en eng ep et ê êu êch êm ên ênh êp êt i ia iu ich im in inh ip it iêc iêm iên iêng iêp iêt iêu "
    "o oa oai oan oang oanh oac oach oam oap oat oay oăc oăn oăng oăt oe oen oet oeo oi oc om on ong op ot ooc oong "
    "ô ôi ôc ôm ôn ông ôp ôt ơ ơi ơm ơn ơp ơt u ua ui uc um un ung up ut uân uâng uât uây uê uêch uênh uơ "
    "uôc uôi uôm uôn uông uôt uy uya uych uyên uyêt uynh uyt uyu ư ưa ưi ưu ưc ưn ưng ưt ưm "
    "ươc ươi ươm ươn ương ươp ươt ươu y yêm yên yêng yêt yêu"
).split()
_SYLLABLE = re.compile(rf"(?:{_INITIALS})?(?:{'|'.join(sorted(_RIMES, key=len, reverse=True))})")
_STOPPED = ("c", "p", "t", "ch")  # a closed syllable carries only sắc or nặng


def decode_keystrokes(words: list[str]) -> list[str]:
    """Return the words with Telex or VNI keystrokes turned into letters; others unchanged.

    A word with one sign alone (``laf``, ``a1``) is decoded only beside a word with clear signs.
    """
    for decode in (_decode_telex, _decode_vni):
        decoded = [decode(word) for word in words]
        if any(signs >= 2 for _, signs in decoded):
            return [new if signs else word for word, (new, signs) in zip(words, decoded)]
    return list(words)


def _decode_telex(word: str) -> tuple[str, int]:
    """Return the decoded word and how many signs (shapes, tones) were read; 0 = not Telex."""
    if not word.isascii() or not word.isalpha():
        return word, 0
    return _decode(word, _TELEX_SHAPES, _TELEX_TONES)


def _decode_vni(word: str) -> tuple[str, int]:
    if not re.fullmatch(r"[a-z]+[1-9]+[a-z][a-z1-9]*|[a-z]{2,}[1-9]{1,2}|d9[a-z1-9]+", word):
        return word, 0
    new, signs = _decode(word, _VNI_SHAPES, _VNI_TONES)
    clear = re.search(r"\d[a-z]", word) is not None  # "to61" may be a group and its number
    return (new, signs) if clear else (new, min(signs, 1))


def _decode(word: str, shapes: tuple[tuple[str, str], ...], tones: dict[str, str]) -> tuple[str, int]:
    signs, tone, body = 0, "", word
    for index in range(len(word) - 1, 0, -1):
        rest = word[:index] + word[index + 1 :]
        if word[index] in tones and _shaped(rest, shapes)[1] is not None:
            signs, tone, body = 1, tones[word[index]], rest
            break
    letters, count = _shaped(body, shapes)
    if count is None or signs + count == 0 or not _fits(letters, tone):
        return word, 0
    return _with_tone(letters, tone), signs + count


def _shaped(body: str, shapes: tuple[tuple[str, str], ...]) -> tuple[str, int | None]:
    """Apply shape keys; the count is None where the letters are no Vietnamese syllable."""
    count = 0
    for keys, letter in shapes:
        if keys in body:
            body, count = body.replace(keys, letter, 1), count + 1
    return body, count if _SYLLABLE.fullmatch(body) else None


def _fits(letters: str, tone: str) -> bool:
    closed = letters.endswith(_STOPPED)
    return not closed or tone in ("", "\u0301", "\u0323")


def _with_tone(letters: str, tone: str) -> str:
    """Put the tone on the vowel that carries it: the marked one, else by the old placement."""
    if not tone:
        return letters
    position = _tone_position(letters)
    return unicodedata.normalize("NFC", letters[: position + 1] + tone + letters[position + 1 :])


def _tone_position(letters: str) -> int:
    start = 2 if letters.startswith(("qu", "gi")) and len(letters) > 2 else 0
    vowels = [index for index, char in enumerate(letters) if index >= start and char in "aăâeêioôơuưy"]
    if not vowels:
        return 1
    marked = [index for index in vowels if letters[index] in "ăâêôơư"]
    if marked:
        return marked[-1]
    closed = vowels[-1] < len(letters) - 1
    return vowels[1] if len(vowels) == 3 or (len(vowels) == 2 and closed) else vowels[0]
