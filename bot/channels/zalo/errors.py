"""What Zalo's error codes mean for a message. Answers are HTTP 200; only ``error`` 0 is success.

Source: the error tables of the OpenAPI v3 and of the template messages.
"""

from __future__ import annotations

from collections.abc import Mapping

from bot.errors import Blocked, DeliveryError, NeedsOperator, Permanent, RefreshAndRetry, Retry, WindowClosed

BUTTONS_REFUSED = -201  # also any other part of a message that is not as it should be

_OLD_TOKEN = (-216, -220, -124)
# Their sentences stand under ``alerts`` and ``findings`` in ``texts.vi.yml``.
OPERATOR: Mapping[int, str] = {
    -209: "zalo_app_disabled",
    -212: "zalo_app_disabled",
    -219: "zalo_app_disabled",
    -221: "zalo_package",
    -223: "zalo_reauthorise",
    -224: "zalo_package",
    -242: "zalo_appsecret_proof",
    -320: "zalo_package",
    -321: "zalo_package",
}
_WINDOW = -230
_PERMANENT: Mapping[int, str] = {
    -100: "upload_expired",
    -201: "bad_message",
    -210: "too_long",
    -213: "not_follower",
    -218: "receive_quota",
    -227: "account_inactive",
    -232: "no_interaction",
    -233: "type_not_allowed",
    -234: "not_at_this_hour",
    -240: "interface_gone",
}
_BLOCKED = (-217, -244)


def failure(code: int) -> DeliveryError:
    """Return what a code means; -32, -200, -211 and whatever is not in the tables may pass by itself."""
    if code in _OLD_TOKEN:
        return RefreshAndRetry(f"zalo {code}")
    if code in OPERATOR:
        return NeedsOperator(OPERATOR[code])
    if code == _WINDOW:
        return WindowClosed(f"zalo {code}")
    if code in _BLOCKED:
        return Blocked(f"zalo {code} blocked_by_citizen")
    if code in _PERMANENT:
        return Permanent(f"zalo {code} {_PERMANENT[code]}")
    return Retry(f"zalo {code}")


class Refused(Exception):
    """An answer with an error code."""

    def __init__(self, code: int) -> None:
        super().__init__(f"zalo {code}")
        self.code = code
