#!/bin/sh
# Prints the path of a Python 3.10 that works, or says what to install and exits 1.
# A candidate is run once before it is trusted: a pyenv shim named python3.10 can exist and fail,
# and Debian ships Python without the modules that make a virtual environment.

works() {
    [ -n "$1" ] && "$1" -c 'import sys, ssl, sqlite3, venv, ensurepip
sys.exit(sys.version_info[:2] != (3, 10))' >/dev/null 2>&1
}

found() {
    works "$1" || return 1
    command -v "$1"
    exit 0
}

if [ -n "${PYTHON:-}" ]; then
    found "$PYTHON"
    echo "PYTHON=$PYTHON is not a working Python 3.10 (with ssl, sqlite3, venv and ensurepip)." >&2
    exit 1
fi

found python3.10
for candidate in "${PYENV_ROOT:-${HOME:-}/.pyenv}"/versions/3.10*/bin/python; do
    found "$candidate"
done
if command -v uv >/dev/null 2>&1; then
    found "$(uv python find --no-project 3.10 2>/dev/null)"
    echo "No Python 3.10 on this machine: uv fetches one." >&2
    uv python install 3.10 >&2 && found "$(uv python find --no-project 3.10 2>/dev/null)"
fi

{
    echo 'Python 3.10 is needed and none was found that works (Rasa 3.6 runs on no newer one).'
    echo 'Install it in one of these ways, then run the same command again:'
    echo '  - uv:      https://docs.astral.sh/uv/ - with uv on the PATH, Python 3.10 is fetched by itself'
    echo '  - pyenv:   pyenv install 3.10'
    echo '  - Ubuntu:  apt-get install python3.10 python3.10-venv'
    echo 'Or name one yourself: make run PYTHON=/path/to/python3.10'
} >&2
exit 1
