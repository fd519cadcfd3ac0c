"""Which files are configurations, and what is said of those that aren't."""

import io
from pathlib import Path

import pytest

from runfold.client.configuration.documents import read
from runfold.client.configuration.errors import InvalidConfiguration

TASK = "type: task\nname: hello\ncommands: [echo hello]\n"


def written(path: Path, text: str = TASK) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text)
    return path


def test_a_file_is_a_mapping_with_its_path(tmp_path: Path) -> None:
    path = written(tmp_path / "hello.dstack.yml")
    (document,) = read([str(path)], tmp_path)
    assert (document.path, document.type) == (str(path), "task")
    assert document.configuration["commands"] == ["echo hello"]


def test_without_a_name_the_one_that_lies_here_is_read_and_runfold_s_own_goes_first(tmp_path: Path) -> None:
    written(tmp_path / ".dstack.yml", "type: fleet\nname: f")
    assert [document.type for document in read([], tmp_path)] == ["fleet"]
    written(tmp_path / ".runfold.yml")
    assert [document.type for document in read([], tmp_path)] == ["task"]


def test_of_several_and_of_a_directory_what_others_need_comes_first(tmp_path: Path) -> None:
    written(tmp_path / "jobs" / "b.dstack.yml", "type: task\nname: b")
    written(tmp_path / "jobs" / "a.runfold.yml", "type: fleet\nname: a")
    written(tmp_path / "jobs" / "notes.yml", "type: task\nname: notes")
    single = written(tmp_path / "c.dstack.yml", "type: task\nname: c")
    documents = read([str(single), str(tmp_path / "jobs")], tmp_path)
    assert [document.configuration["name"] for document in documents] == ["a", "c", "b"]


def test_a_dash_is_standard_input(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", io.StringIO(TASK))
    (document,) = read(["-"], tmp_path)
    assert document.configuration["name"] == "hello"


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("- a list", "is a mapping that begins with `type:`"),
        ("name: hello", "has no `type`"),
        ("type: tusk", "a `type` that isn't known, tusk"),
        ("type: task\n  name: x", "line 2, column 7: mapping values are not allowed here"),
    ],
)
def test_what_is_no_configuration_is_refused_with_the_file_and_the_place(
    text: str, told: str, tmp_path: Path
) -> None:
    path = written(tmp_path / "odd.dstack.yml", text)
    with pytest.raises(InvalidConfiguration) as refused:
        read([str(path)], tmp_path)
    assert str(refused.value).startswith(str(path))
    assert told in str(refused.value)


def test_nothing_there_says_where_it_was_looked_for(tmp_path: Path) -> None:
    for given in ([], [str(tmp_path)], [str(tmp_path / "missing.dstack.yml")]):
        with pytest.raises(InvalidConfiguration, match=str(tmp_path)):
            read(given, tmp_path)
