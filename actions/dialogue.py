"""The conversation about procedures: which one, what about it, and what to say next.

Pure of Rasa: a turn and a state go in, a reply and a state come out.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy.orm import Session

from actions.choosing import chosen, names_of
from actions.correcting import meant_instead
from actions.feelings import opening
from actions.needing import asks_for_paper
from actions.people import out_of_scope
from actions.several import two_procedures
from actions.surroundings import (
    agency_notes,
    place_question,
    settle_unit,
    without_agencies,
    without_desks,
    without_places,
)
from actions.switching import turns_away
from actions.turn import State, Turn
from actions.wording import texts
from knowledge.answers import Question, answer
from knowledge.answers.parts import text
from knowledge.answers.wording import joined, load_texts
from knowledge.places import Place, gazetteer_of
from knowledge.profile import Profile
from knowledge.reply import Button, Reply
from knowledge.search.decide import (
    Choice,
    Decision,
    content_words,
    decide,
    load_choices,
    open_choice,
)
from knowledge.search.evidence import Context
from knowledge.search.features import load_wording
from knowledge.search.finder import Found, Hit, are_twins, current_index, find
from knowledge.search.model import load_model
from nlu.text import normalise

_LOOKED_AT = 8
_SOUNDS_LIKE = 0.5  # half of a procedure's name is said
_FEW = 3  # words
_MAY_MEAN = 0.5  # what has so much of the likeliest one's probability may be meant as well
_NAMED = 0.8  # so much of a procedure's name is said that it is certainly ours


def respond(session: Session, turn: Turn, state: State, profile: Profile) -> tuple[Reply, State]:
    """Return the reply to a turn about procedures, and the state after it."""
    turn = replace(turn, text=normalise(turn.text, load_wording().lexicon))
    if turn.unit:
        state = state.with_(unit=turn.unit)
    if turn.tapped and turn.procedure:
        return _about(session, turn.procedure, turn.aspects, state, profile)
    picked = chosen(turn.text, names_of(session, state.candidates))
    if picked:
        return _about(session, picked, turn.aspects or state.aspects, state, profile)
    places = gazetteer_of(profile).find(turn.text)
    question = without_agencies(without_places(turn.text, places), profile)
    reply, after = _by_question(session, turn, question, state, profile, places)
    if after.procedure != state.procedure:
        reply = _with_feeling(reply, turn)
    return _surrounded(reply, after, turn, places, profile)


def _by_question(
    session: Session, turn: Turn, question: str, state: State, profile: Profile, places: list[Place]
) -> tuple[Reply, State]:
    wording = load_wording()
    state = settle_unit(state, places)
    if turn.intent == "go_back" and state.earlier:
        state = state.turned_to(state.earlier[0])
    if not content_words(question, wording):
        return _follow_up(session, turn, state, profile, places)
    if state.procedure and not content_words(without_desks(question), wording):  # a desk is where and not what
        return _about(session, state.procedure, turn.aspects or ("place",), state, profile)
    if (
        state.procedure
        and turn.intent not in ("correct", "go_back")
        and asks_for_paper(session, question, state.procedure)
    ):
        return _about(session, state.procedure, turn.aspects or ("documents",), state, profile)
    if turn.intent == "correct":
        question = meant_instead(question)
    found = _find(session, question, state, turn.intent == "correct")
    decision = decide(found, asked_before=bool(state.candidates))
    if _may_turn_away(turn, question, state, decision):
        decision = _or_else(session, question, state, decision)
    both = None if decision.named else two_procedures(session, question, found)
    if both:
        return _about_both(session, both, turn.aspects, state, profile)
    choice = None if decision.named or state.procedure else open_choice(question, load_choices(), wording)
    if _goes_on(turn, state, decision, question):
        aspects = turn.aspects or (state.aspects if turn.intent == "go_back" else ())
        return _about(session, _at_hand(state), aspects, state, profile)
    if choice is not None:
        return _ask_choice(choice, turn, state)
    if decision.kind == "answer":
        aspects = turn.aspects or (state.aspects if turn.intent in ("correct", "go_back") else ())
        return _about(session, decision.hits[0].code, aspects, state, profile, decision.hits)
    if decision.kind == "clarify":
        return _clarify(decision, turn, state)
    return (out_of_scope(turn), state) if found.outside else _not_found(state)


def _find(session: Session, question: str, state: State, corrected: bool = False) -> Found:
    if corrected:
        context = Context("", state.earlier, state.candidates, rejected=state.procedure)
    else:
        context = Context(_at_hand(state), state.earlier, state.candidates)
    return find(session, question, limit=_LOOKED_AT, context=context)


def _may_turn_away(turn: Turn, question: str, state: State, decision: Decision) -> bool:
    goes_on = decision.kind == "answer" and not decision.named and decision.hits[0].code == state.procedure
    return goes_on and turn.intent == "ask_procedure" and turns_away(question)


def _or_else(session: Session, question: str, state: State, decision: Decision) -> Decision:
    """Return a question between what is at hand and what else is likely, if anything is."""
    other = decide(_find(session, question, state, corrected=True))
    if other.kind != "answer" or are_twins(session, other.hits[0].code, state.procedure):
        return decision
    return Decision("clarify", (other.hits[0], decision.hits[0]))


def _at_hand(state: State) -> str:
    """Return what is talked about: after a question back, the likeliest of what was offered."""
    return state.procedure or state.guess


def _goes_on(turn: Turn, state: State, decision: Decision, question: str) -> bool:
    """Tell whether a turn goes on about the procedure at hand although its words would not say so alone."""
    code = _at_hand(state)
    if not code or turn.intent == "correct":
        return False
    if turn.intent == "go_back":
        return bool(state.procedure) and not _names_one(decision)
    if decision.kind == "answer":
        return False
    # it asks how much or where in few words that name nothing, and may mean what was talked about
    is_short = bool(turn.aspects) and len(content_words(question, load_wording())) <= _FEW
    if decision.kind == "not_found":
        return is_short
    if decision.hits[0].code == code:
        return is_short or bool(state.procedure)
    least = decision.hits[0].probability * _MAY_MEAN
    may_mean = any(hit.code == code and hit.probability >= least for hit in decision.hits)
    return is_short and may_mean and not _names_one(decision)


def _names_one(decision: Decision) -> bool:
    return decision.named or any(hit.names >= _SOUNDS_LIKE for hit in decision.hits)


def _follow_up(
    session: Session, turn: Turn, state: State, profile: Profile, places: list[Place]
) -> tuple[Reply, State]:
    goes_on = turn.aspects or places or turn.intent in ("ask_procedure", "go_back")
    # of several that were offered none is taken for chosen: the fee of another would be told
    code = state.procedure or (state.guess if len(state.candidates) == 1 else "")
    if code and goes_on:
        return _about(session, code, turn.aspects or _place_only(state), state, profile)
    return _ask_which(session, turn, state)


def _place_only(state: State) -> tuple[str, ...]:
    return ("place",) if state.unit else state.aspects


def _about(
    session: Session,
    code: str,
    aspects: Sequence[str],
    state: State,
    profile: Profile,
    hits: Sequence[Hit] = (),
) -> tuple[Reply, State]:
    question = Question(code=code, aspects=tuple(aspects), unit_code=state.unit)
    reply = answer(session, question, profile)
    if reply is None:
        return _say("gone", "not_found"), state.with_(procedure="", candidates=())
    others = tuple(hit.code for hit in hits if hit.code != code)[:4]
    told = replace(reply, procedures=(code, *others)) if others else reply
    return told, state.turned_to(code).with_(aspects=tuple(aspects), candidates=(), misses=0)


def _about_both(
    session: Session, codes: Sequence[str], aspects: Sequence[str], state: State, profile: Profile
) -> tuple[Reply, State]:
    """Answer for one procedure after the other; what follows goes on about the first."""
    names = names_of(session, codes)
    replies: list[Reply] = []
    for code in reversed(codes):
        reply, state = _about(session, code, aspects, state, profile)
        replies.insert(0, reply)
    opening = (text(texts()("two", names=joined([f"**{name}**" for name in names.values()], load_texts()))),)
    together = replace(
        replies[0],
        bubbles=(opening, *(bubble for reply in replies for bubble in reply.bubbles)),
        buttons=tuple(_procedure_button(name, code, ()) for code, name in names.items()),
        procedures=tuple(names),
        sources=tuple(source for reply in replies for source in reply.sources),
    )
    return together, state


def _ask_choice(choice: Choice, turn: Turn, state: State) -> tuple[Reply, State]:
    codes = tuple(option.code for option in choice.options)
    buttons = tuple(_procedure_button(option.label, option.code, turn.aspects) for option in choice.options)
    reply = Reply("clarify", ((text(choice.ask),),), buttons=buttons, candidates=codes, aspects=turn.aspects)
    return reply, state.with_(candidates=codes, aspects=turn.aspects, misses=0)


def _clarify(decision: Decision, turn: Turn, state: State) -> tuple[Reply, State]:
    codes = tuple(hit.code for hit in decision.hits)
    buttons = tuple(_procedure_button(hit.short_name, hit.code, turn.aspects) for hit in decision.hits)
    said = texts()("did_you_mean")
    reply = Reply("clarify", ((text(said),),), buttons=buttons, candidates=codes, aspects=turn.aspects)
    return reply, state.turned_to("").with_(candidates=codes, guess=codes[0], aspects=turn.aspects, misses=0)


def _ask_which(session: Session, turn: Turn, state: State) -> tuple[Reply, State]:
    said = "choose_again" if state.candidates else "ask_which.text"
    names = names_of(session, state.candidates or texts().get("ask_which.choices"))
    buttons = tuple(_procedure_button(name, code, turn.aspects) for code, name in names.items())
    reply = Reply("clarify", ((text(texts()(said)),),), buttons, candidates=tuple(names), aspects=turn.aspects)
    return reply, state.with_(candidates=tuple(names), aspects=turn.aspects)


def _not_found(state: State) -> tuple[Reply, State]:
    said = texts().get("not_found")
    sentence = said[min(state.misses, len(said) - 1)]
    reason = "misses" if state.misses else "not_found"  # the second in a row is an offer worth remembering
    button = Button(texts()("human"), "ask_human", {"reason": reason})
    return Reply("not_found", ((text(sentence),),), (button,)), state.with_(misses=state.misses + 1, candidates=())


def _surrounded(reply: Reply, state: State, turn: Turn, places: list[Place], profile: Profile) -> tuple[Reply, State]:
    """Add what became of an old place or agency, or ask which of today's units is meant."""
    asked = place_question(reply, state, turn, places, profile)
    if asked is not None:
        return asked, state
    notes = agency_notes(turn.text, profile)
    if notes and reply.outcome in ("answered", "unknown_fact"):
        reply = replace(reply, bubbles=(*reply.bubbles, tuple(text(note) for note in notes)))
    return reply, state


def complained(session: Session, turn: Turn, state: State, profile: Profile) -> tuple[Reply, State] | None:
    """Answer, with regret, a complaint that asks about a procedure not at hand; None where it asks about none."""
    if not turn.aspects:
        return None
    reply, after = respond(session, turn, state, profile)
    if reply.outcome not in ("answered", "unknown_fact") or after.procedure == state.procedure:
        return None
    return replace(reply, bubbles=((text(texts()("complain.regret")),), *reply.bubbles)), after


def _with_feeling(reply: Reply, turn: Turn) -> Reply:
    """Open the first answer about a procedure with a human sentence where the citizen told what happened."""
    said = opening(turn.text, reply.procedures[0]) if reply.outcome == "answered" and reply.procedures else ""
    return replace(reply, bubbles=((text(said),), *reply.bubbles)) if said else reply


def _procedure_button(title: str, code: str, aspects: Sequence[str]) -> Button:
    entities = {"procedure": code, "aspect": list(aspects)} if aspects else {"procedure": code}
    return Button(title, "ask_procedure", entities)


def _say(key: str, outcome: str) -> Reply:
    return Reply(outcome, ((text(texts()(key)),),))


def warm_up(session: Session) -> None:
    """Build the search index and read the model, so that the first question finds them ready."""
    current_index(session)
    load_model()


def is_clearly_ours(session: Session, turn: Turn, state: State, profile: Profile) -> bool:
    """Tell whether the records hold what the text asks, whatever the intent said."""
    question, wording = normalise(turn.text, load_wording().lexicon), load_wording()
    if state.candidates and len(content_words(question, wording)) <= _FEW:
        return True  # a short answer to our own question
    places = gazetteer_of(profile).find(question)
    somewhere = without_desks(without_places(question, places))
    if state.procedure and somewhere != question and not content_words(somewhere, wording):
        return True  # nothing but a place or a desk: where the procedure at hand is wanted
    decision = decide(_find(session, question, state))
    return decision.kind == "answer" and (decision.named or decision.hits[0].names >= _NAMED)
