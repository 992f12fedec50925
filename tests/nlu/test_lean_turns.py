"""What is changed in the course of a turn comes to the same as in Rasa: events, graph, rules, calls."""

from __future__ import annotations

import asyncio
import gc
import json
import weakref
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.core.policies.rule_policy import RULES, RulePolicy
from rasa.core.processor import MessageProcessor
from rasa.engine.exceptions import GraphRunError
from rasa.engine.graph import GraphComponent, GraphSchema, SchemaNode
from rasa.engine.runner.dask import DaskGraphRunner
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, Event, SlotSet, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.utils.common import all_subclasses
from rasa.utils.endpoints import EndpointConfig

from nlu.lean import again, changes, events, garbage, rules
from nlu.lean.memory import LeanTrackerStore

LISTEN = {"action_name": "action_listen"}


@pytest.fixture(autouse=True)
def is_lean() -> None:
    changes.apply()


def test_every_kind_of_event_is_found_and_no_other() -> None:
    names = {kind.type_name for kind in all_subclasses(Event) if hasattr(kind, "type_name")}
    assert len(names) > 15
    for _ in range(2):
        assert all(Event.resolve_by_type(name) is events._stock(name) for name in names)
        with pytest.raises(ValueError, match="nothing like it"):
            Event.resolve_by_type("nothing like it")
    read = Event.from_parameters(SlotSet("procedure", "1.001193").as_dict())
    assert isinstance(read, SlotSet) and read.value == "1.001193"


class Graph:
    """Parts that note in which order they ran; ``needs`` are those of each part."""

    def __init__(self, **needs: list[str]) -> None:
        self.ran: list[str] = []
        nodes = {
            name: SchemaNode({f"from_{need}": need for need in of}, GraphComponent, "create", "run", {})
            for name, of in needs.items()
        }
        self.runner = DaskGraphRunner.__new__(DaskGraphRunner)
        self.runner._graph_schema = GraphSchema(nodes)
        self.runner._instantiated_nodes = {name: self._part(name) for name in needs}

    def _part(self, name: str) -> Any:
        def run(*given: Any) -> tuple[str, str]:
            self.ran.append(name)
            if any(not isinstance(one, tuple) for one in given):
                raise GraphRunError(f"{name} lacks something")
            return name, f"{name}({', '.join(value for _, value in given)})"

        return run


def test_parts_run_once_each_after_what_they_need() -> None:
    graph = Graph(policy=["rules", "words"], rules=["words"], words=["message"], other=["message"])
    for said in ("một", "hai"):
        graph.ran.clear()
        found = graph.runner.run({"message": said}, ["policy"])
        assert found == {"policy": f"policy(rules(words({said})), words({said}))"}
        assert graph.ran == ["words", "rules", "policy"]
    assert graph.runner.run({"message": "ba"}, ["words", "other"]) == {"words": "words(ba)", "other": "other(ba)"}


def test_a_part_that_lacks_something_is_an_error() -> None:
    with pytest.raises(GraphRunError):
        Graph(words=["message"]).runner.run({}, ["words"])


class Model:
    """Refers to itself, as a loaded one does in many places."""

    def __init__(self) -> None:
        self.me = self


@pytest.fixture
def thawed() -> Iterator[None]:
    yield
    gc.unfreeze()


def test_a_loaded_model_is_set_aside_until_the_next_one_is(monkeypatch: pytest.MonkeyPatch, thawed: None) -> None:
    agent, models = Agent(), [Model(), Model()]
    monkeypatch.setattr(garbage, "_stock", lambda agent, path, fingerprint: setattr(agent, "processor", models.pop()))
    agent.load_model("first.tar.gz")
    first = weakref.ref(agent.processor)
    assert not any(one is agent.processor for one in gc.get_objects())
    agent.processor = None
    gc.collect()
    assert first() is not None
    agent.load_model("second.tar.gz")
    assert first() is None
    assert isinstance(agent.processor, Model)


@pytest.mark.parametrize(
    ("last", "skips"),
    [
        ({"prev_action": LISTEN, "user": {"intent": "greet"}}, True),
        ({"prev_action": {"action_name": "action_answer"}}, True),
        ({"prev_action": LISTEN, "user": {"text": "chào"}}, False),
        ({"prev_action": LISTEN}, False),
        ({"user": {"intent": "greet"}}, True),
        ({}, False),
    ],
)
def test_the_text_is_passed_over_only_where_no_rule_speaks_of_it(
    monkeypatch: pytest.MonkeyPatch, last: dict[str, Any], skips: bool
) -> None:
    looked: list[bool] = []

    def stock(_policy: Any, _tracker: Any, _domain: Any, by_text: bool) -> tuple[str, str, bool]:
        looked.append(by_text)
        return "utter", "", False

    monkeypatch.setattr(rules, "_stock", stock)
    policy = RulePolicy.__new__(RulePolicy)
    policy.lookup = {RULES: {json.dumps([{"prev_action": LISTEN, "user": {"intent": "bye"}}, last]): "utter"}}
    domain = Domain.empty()
    said = [ActionExecuted("action_listen"), UserUttered("chào")]
    tracker = DialogueStateTracker.from_events("a", said, domain.slots)
    for by_text in (True, False):
        policy._find_action_from_rules(tracker, domain, use_text_for_last_user_input=by_text)
    assert looked == ([False] if skips else [True, False])


def test_calls_share_a_connection_and_outlive_the_other_side() -> None:
    async def run() -> tuple[list[Any], int]:
        came: set[Any] = set()

        async def answer(request: web.Request) -> web.Response:
            came.add(request.transport)
            return web.json_response(await request.json())

        async def serve(port: int) -> tuple[web.AppRunner, int]:
            app = web.Application()
            app.router.add_post("/webhook", answer)
            runner = web.AppRunner(app)
            await runner.setup()
            await web.TCPSite(runner, "127.0.0.1", port).start()
            return runner, runner.addresses[0][1]

        runner, port = await serve(0)
        endpoint = EndpointConfig(f"http://127.0.0.1:{port}/webhook")
        answers = [await endpoint.request(json={"number": number}) for number in range(3)]
        connections = len(came)
        await runner.cleanup()
        runner, _ = await serve(port)
        answers.append(await endpoint.request(json={"number": 3}))
        await runner.cleanup()
        return answers, connections

    answers, connections = asyncio.run(run())
    assert answers == [{"number": number} for number in range(4)]
    assert connections == 1


QUESTION, ANSWER = {"request_id": "7.1", "channel": "web"}, {"custom": {"outcome": "answered", "text": "cái thứ hai"}}


def asked(metadata: dict[str, str] | None, *after: Event) -> list[Event]:
    return [UserUttered("cái thứ hai", metadata=metadata), ActionExecuted("x"), *after, ActionExecuted("action_listen")]


@pytest.mark.parametrize(
    ("before", "name", "thought_over"),
    [
        (asked(QUESTION, BotUttered(data=ANSWER)), "7.2", False),
        (asked(QUESTION, BotUttered(data=ANSWER)), "7.1", True),  # nobody asks twice under one name
        (asked(QUESTION, BotUttered(data=ANSWER)), "77.2", True),
        (asked(QUESTION), "7.2", True),  # the actions failed: there was no answer
        (asked(QUESTION, BotUttered(data=ANSWER)) + asked({"request_id": "8.1"}, BotUttered("khác")), "7.2", True),
        (asked(None, BotUttered("x")), "7.2", True),
        ([], "7.2", True),
        (asked(QUESTION, BotUttered(data=ANSWER)), "", True),
    ],
)
def test_a_question_whose_answer_was_lost_gets_the_same_again(
    tmp_path: Path, before: list[Event], name: str, thought_over: bool
) -> None:
    store = LeanTrackerStore(Domain.empty(), "sqlite", db=str(tmp_path / "lean.db"))
    processor, out, thought = MessageProcessor.__new__(MessageProcessor), CollectingOutputChannel(), []
    processor.tracker_store = store

    async def stock(processor: MessageProcessor, message: UserMessage) -> None:
        thought.append(message.text)

    async def run() -> None:
        if before:
            await store.save(DialogueStateTracker.from_events("a", before))
        message = UserMessage("cái thứ hai", out, "a", metadata={"request_id": name})
        await again.or_said_before(stock)(processor, message)

    asyncio.run(run())
    assert bool(thought) is thought_over
    assert out.messages == ([] if thought_over else [{"recipient_id": "a", "custom": ANSWER["custom"]}])
