"""The two commands: from a fresh clone to a first true answer (``run``) and to a proof (``test``)."""
