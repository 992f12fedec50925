"""What schemathesis needs to know of the server's addresses, read off its own routes."""

from __future__ import annotations

import re
import uuid
from typing import Any

from starlette.routing import Route

from bot.console.routing import pages
from tests.bot.running import Running

Json = dict[str, Any]
TEXT: Json = {"type": "string"}
THERE, CONVERSATION = 2, str(uuid.UUID(int=1))  # an account, a canned reply … and a conversation that exist
PLACE = re.compile(r"{(\w+):?(\w*)}")
# They have no end, end what the test goes on with, or tell that Rasa is away; tests of their own look at them.
LEFT_OUT = ("/events", "/sign-out", "/console/password", "/console/account/second", "/files", "/readyz")
_FIELDS = (
    "username password next ticket code presence theme everywhere old new again name role unit email shortcut title "
    "text notice"
).split()
_ASKED = "q who action subject since until before done role code aspect part last cause after".split()


def description(server: Running, inside: bool) -> Json:
    """Return an OpenAPI document: of the pages of the console, or of all that is open to anybody."""
    app: Any = server.server.config.app
    public = [route for route in app.routes if isinstance(route, Route)]
    console = [route for route in pages() if isinstance(route, Route)]
    guarded = [route for route in console if route.endpoint.permission]  # type: ignore[attr-defined]
    doors = [route for route in console if route not in guarded]
    found = [(f"/console{route.path}", route) for route in (guarded if inside else doors)]
    found += [] if inside else [(route.path, route) for route in public]
    paths: dict[str, Json] = {}
    for path, route in found:
        if not any(part in path for part in LEFT_OUT):
            paths.setdefault(PLACE.sub(r"{\1}", path), {}).update(_operations(path, route))
    return {"openapi": "3.1.0", "info": {"title": "server", "version": "1"}, "paths": paths}


def _operations(path: str, route: Route) -> Json:
    parameters = [{"name": name, "in": "query", "schema": TEXT} for name in _ASKED]
    parameters += [_in_path(name, kind) for name, kind in PLACE.findall(path)]
    said: Json = {"parameters": parameters, "responses": {"default": {"description": "anything"}}}
    methods = (route.methods or set()) - {"HEAD"}
    return {method.lower(): {**said, **(_body(path) if method == "POST" else {})} for method in methods}


def _in_path(name: str, kind: str) -> Json:
    schema = {"int": {"enum": [THERE, 2**31, 10**20]}, "uuid": {"enum": [CONVERSATION, str(uuid.UUID(int=7))]}}
    schema = schema.get(kind, {"enum": [CONVERSATION, "1", "x y", "%00"]})
    return {"name": name, "in": "path", "required": True, "schema": schema}


def _body(path: str) -> Json:
    if path.startswith("/console"):
        form = {"type": "object", "properties": dict.fromkeys(_FIELDS, TEXT)}
        return {"requestBody": {"content": {"application/x-www-form-urlencoded": {"schema": form}}}}
    return {"requestBody": {"content": {"application/json": {"schema": {}}}}}
