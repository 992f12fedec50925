"""The wide topology on one machine: PostgreSQL, Redis, a proxy, and several of each of our programs."""
