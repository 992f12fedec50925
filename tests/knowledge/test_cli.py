"""``python -m knowledge``: exit codes, one clear line on errors, figures on success."""

from __future__ import annotations

import pytest

from knowledge import loading
from knowledge.cli import main
from knowledge.importers import bundled
from knowledge.importers.index import TABLE


@pytest.fixture
def run(database_url, capsys):
    """Run a command on an own database; return its exit code, output and errors."""

    def run(*words: str) -> tuple[int, str, str]:
        code = main(["--database", database_url, *words])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return run


def test_load_then_search_then_stats(run):
    code, out, _err = run("load")
    assert (code, "procedures.csv: 2960 read" in out) == (0, True)
    assert run("load")[1] == "bundled records: nothing new\n"
    assert "1.004222" in run("search", "nhap ho khau", "--limit", "3")[1].splitlines()[0]
    stats = run("stats")[1]
    assert "procedures: 29" in stats
    assert "| rows read |" in stats


def test_import_says_what_it_refused_and_ends_with_1(run, fixtures):
    code, out, _err = run("import", str(fixtures / "national"))
    assert code == 1
    assert "procedures_2026.jsonl: 14 read, 10 created, 4 rejected" in out
    assert "refused row 12  not_json" in out
    assert "notes.jsonl: no rows" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("import", "/no/such/folder"), "no such file or folder"),
        (("import", __file__), "no importer takes this"),
        (("export", "all.doc"), "export writes .jsonl"),
        (("build-index", "/no/such/folder"), "none of the national files"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_2(run, words, message):
    code, out, err = run(*words)
    assert (code, out) == (2, "")
    assert message in err
    assert err.count("\n") == 1


def test_without_tables_it_says_what_to_do(tmp_path, capsys):
    assert main(["--database", f"sqlite:///{tmp_path}/new.db", "stats"]) == 2
    assert "python -m knowledge migrate" in capsys.readouterr().err


def test_migrate_makes_the_tables(tmp_path, capsys):
    url = f"sqlite:///{tmp_path}/deep/new.db"
    assert main(["--database", url, "migrate"]) == 0
    assert main(["--database", url, "stats"]) == 0
    assert "procedures: 0" in capsys.readouterr().out


def test_template_export_and_demo_write_what_they_say(run, tmp_path, monkeypatch):
    monkeypatch.setenv("TTHC_SECRET", "a secret of at least sixteen")
    assert run("template", str(tmp_path / "t.xlsx"))[0] == 0
    assert (tmp_path / "t.xlsx").exists()
    assert run("demo")[1].count("status") == 14
    assert run("export", str(tmp_path / "x.jsonl"))[1] == f"0 records written to {tmp_path / 'x.jsonl'}\n"


def test_check_of_the_bundled_records_ends_with_0(run):
    assert run("check")[:2] == (0, "0 findings\n")


def test_everything_bundled_is_loaded():
    assert [path for _importer, path in loading._BUNDLED] == [bundled.FOLDER, TABLE]
