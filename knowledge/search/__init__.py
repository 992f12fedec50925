"""Finding the procedure a citizen means: fused lexical search over the current records."""

from knowledge.search.finder import Hit, find_procedures

__all__ = ["Hit", "find_procedures"]
