"""Answers composed from records: no amount, date or paper that a record does not hold."""

from knowledge.answers.aspects import ASPECTS, reported
from knowledge.answers.compose import Question, answer, overview

__all__ = ["ASPECTS", "Question", "answer", "overview", "reported"]
