"""What two records of the same procedure say differently about money and time."""

from __future__ import annotations

from collections.abc import Iterable

from knowledge.records import FeeKind, ModeRecord, ProcedureRecord


def differences(ours: ProcedureRecord, theirs: ProcedureRecord) -> tuple[str, ...]:
    """Return one line per difference of amounts and times; silence of one side is none."""
    found = [_amounts(ours, theirs)]
    others = {mode.mode: mode for mode in theirs.modes}
    found += [_times(mode, others[mode.mode]) for mode in ours.modes if mode.mode in others]
    return tuple(line for line in found if line)


def _amounts(ours: ProcedureRecord, theirs: ProcedureRecord) -> str:
    mine = {fee.amount for fee in ours.fees if fee.kind is FeeKind.AMOUNT and fee.amount}
    other = {fee.amount for fee in theirs.fees if fee.kind is FeeKind.AMOUNT and fee.amount}
    if not mine or not other or other <= mine:
        return ""
    return f"fee: standing {_listed(mine)}, file {_listed(other)}"


def _times(ours: ModeRecord, theirs: ModeRecord) -> str:
    mine = {time.amount for time in ours.times if time.amount}
    other = {time.amount for time in theirs.times if time.amount}
    if not mine or not other or other <= mine:
        return ""
    return f"time {ours.mode.value}: standing {_listed(mine)}, file {_listed(other)}"


def _listed(values: Iterable[int]) -> str:
    return "/".join(str(value) for value in sorted(values))
