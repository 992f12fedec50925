"""``python -m bot staff add|list|disable|enable|password|totp``: accounts from the command line of the server."""

from __future__ import annotations

import argparse
import getpass
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.orm import Session, sessionmaker

from bot.console import accounts
from bot.console.errors import Refused
from bot.console.passwords import fault, hash_password
from bot.console.roles import ADMIN, CLERK, ROLES
from bot.console.second import SecondFactor
from bot.console.wording import Words
from knowledge.models import Staff


@dataclass(frozen=True)
class Desk:
    """What the commands work with."""

    sessions: sessionmaker
    words: Words
    second: SecondFactor

    def say(self, name: str, **values: object) -> None:
        """Print a sentence."""
        print(self.words.say("commands", name, **values))


def run(arguments: Sequence[str], factory: sessionmaker, key: bytes) -> int:
    """Run one command; 0, or 1 when it could not be done and a line says why."""
    options = parser().parse_args(arguments)
    desk = Desk(factory, Words.load(), SecondFactor(key))
    try:
        with factory.begin() as session:
            options.run(desk, session, options)
    except Refused as refused:
        print(f"✗ {desk.words.say('faults', str(refused))}", file=sys.stderr)
        return 1
    return 0


def parser() -> argparse.ArgumentParser:
    """Return the parser of all commands."""
    top = argparse.ArgumentParser(prog="python -m bot staff", description="The accounts of the staff console.")
    commands = top.add_subparsers(dest="command", required=True, metavar="COMMAND")
    add = _command(commands, "add", _add, "make an account; the first one is an administrator's")
    add.add_argument("--name", default="", help="how colleagues and citizens see the person (default: USERNAME)")
    add.add_argument("--role", choices=ROLES, default="", help="default: clerk, for the very first account admin")
    add.add_argument("--unit", default="", metavar="CODE", help="code of a commune; without it the whole province")
    add.add_argument("--email", default="")
    _password_options(add)
    listing = commands.add_parser("list", help="print all accounts")
    listing.add_argument(
        "--hint", action="store_true", help="print only how to make the first one, while there is none"
    )
    listing.set_defaults(run=_list)
    _command(commands, "disable", _disable, "end an account and all its sessions; what it did stays")
    _command(commands, "enable", _enable, "let a disabled account in again")
    _password_options(_command(commands, "password", _password, "give a new password and end all sessions"))
    totp = _command(commands, "totp", _totp, "turn the second factor on and print its secret")
    totp.add_argument("--off", action="store_true", help="turn it off")
    return top


def _command(commands, name: str, work: Callable[..., None], text: str) -> argparse.ArgumentParser:  # type: ignore[no-untyped-def]
    made: argparse.ArgumentParser = commands.add_parser(name, help=text)
    made.add_argument("username", metavar="USERNAME")
    made.set_defaults(run=work)
    return made


def _password_options(command: argparse.ArgumentParser) -> None:
    command.add_argument("--password-stdin", action="store_true", help="read the password from the standard input")
    command.add_argument("--final", action="store_true", help="it need not be changed at the next sign-in")


def _add(desk: Desk, session: Session, options: argparse.Namespace) -> None:
    username = options.username.strip().lower()
    if accounts.find(session, username):  # before a password is asked in vain
        raise Refused("taken")
    role = options.role or (CLERK if session.scalar(sa.select(sa.func.count(Staff.id))) else ADMIN)
    profile = accounts.Profile(options.name or username, role, options.unit, options.email)
    hashed = hash_password(_ask_password(desk, options, username))
    accounts.add(session, username, profile, hashed, not options.final, None)
    desk.say("added", username=username, role=desk.words.say("roles", role))


def _list(desk: Desk, session: Session, options: argparse.Namespace) -> None:
    everybody = list(session.scalars(sa.select(Staff).order_by(Staff.username)))
    if not everybody:
        desk.say("nobody")
    for staff in () if options.hint else everybody:
        state = "" if staff.is_active else desk.words.say("commands", "disabled_mark")
        role = desk.words.say("roles", staff.role)
        print(f"{staff.username:<24} {role:<20} {staff.unit_code or '-':<8} {staff.name} {state}".rstrip())


def _disable(desk: Desk, session: Session, options: argparse.Namespace) -> None:
    accounts.set_active(session, _find(session, options), False, None)
    desk.say("disabled", username=options.username)


def _enable(desk: Desk, session: Session, options: argparse.Namespace) -> None:
    accounts.set_active(session, _find(session, options), True, None)
    desk.say("enabled", username=options.username)


def _password(desk: Desk, session: Session, options: argparse.Namespace) -> None:
    staff = _find(session, options)
    hashed = hash_password(_ask_password(desk, options, staff.username))
    accounts.give_password(session, staff, hashed, not options.final, None)
    desk.say("password_given", username=staff.username)


def _totp(desk: Desk, session: Session, options: argparse.Namespace) -> None:
    staff, secret = _find(session, options), desk.second.new()
    accounts.set_second(session, staff, "" if options.off else desk.second.seal(secret), None)
    if options.off:
        desk.say("second_off", username=staff.username)
    else:
        desk.say("second_on", secret=secret, address=desk.second.address(secret, staff.username))


def _find(session: Session, options: argparse.Namespace) -> Staff:
    staff = accounts.find(session, options.username)
    if staff is None:
        raise Refused("unknown")
    return staff


def _ask_password(desk: Desk, options: argparse.Namespace, username: str) -> str:
    if options.password_stdin:
        password = sys.stdin.readline().rstrip("\r\n")
    else:
        password = getpass.getpass(desk.words.say("commands", "ask_password"))
        if password != getpass.getpass(desk.words.say("commands", "ask_again")):
            raise Refused("password_differs")
    wrong = fault(password, username)
    if wrong:
        raise Refused(wrong)
    return password
