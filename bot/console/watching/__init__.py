"""Looking over the work: search, finished hand-offs, answers to be looked at again, the team's board."""
