"""uv asks where pip would have asked."""

from pathlib import Path

import pytest

from infra.lib.index_settings import uv_settings


def test_without_settings_nothing_is_passed_on() -> None:
    assert uv_settings("") == {}


def test_the_environment_wins_over_a_section_and_that_over_the_global_one() -> None:
    listing = "\n".join(
        (
            ":env:.index-url='https://environment.example/index'",
            "global.index-url='https://global.example/index'",
            "install.index-url='https://install.example/index'",
        )
    )
    assert uv_settings(listing) == {"UV_DEFAULT_INDEX": "https://environment.example/index"}


def test_several_further_indexes_are_searched_like_pip_does() -> None:
    listing = "global.extra-index-url='\\nhttps://one.example/index\\nhttps://two.example/index'"
    assert uv_settings(listing) == {
        "UV_INDEX": "https://one.example/index https://two.example/index",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
    }


def test_folders_that_are_not_there_are_left_out_as_pip_does(tmp_path: Path) -> None:
    listing = f"global.find-links='{tmp_path} {tmp_path}/none https://links.example/'"
    assert uv_settings(listing) == {"UV_FIND_LINKS": f"{tmp_path},https://links.example/"}


@pytest.mark.parametrize("option", ["disable-pip-version-check", "no-color"])
def test_what_uv_has_no_word_for_is_left_out(option: str) -> None:
    assert uv_settings(f"global.{option}='true'") == {}
