"""Rules of the classes that pydantic validates and msgspec decodes."""

from dataclasses import fields, is_dataclass
from types import UnionType
from typing import Any, Union, get_args, get_origin, get_type_hints

import pytest
from pydantic.fields import FieldInfo

from runfold.contracts.executor import Fact, Work
from runfold.contracts.registry import EVENT_TYPES
from runfold.contracts.shape import parts

ROOTS = [kind.cls for kind in EVENT_TYPES.values()] + [*get_args(Fact), *get_args(Work)]
CLASSES = sorted({part for root in ROOTS for part in parts(root)}, key=lambda cls: cls.__name__)


@pytest.mark.parametrize("cls", CLASSES)
def test_defaults_are_plain_values(cls: type[Any]) -> None:
    assert not [field.name for field in fields(cls) if isinstance(field.default, FieldInfo)]


@pytest.mark.parametrize("cls", CLASSES)
def test_no_field_is_a_union_of_dataclasses(cls: type[Any]) -> None:
    """msgspec refuses such; one dataclass or None is fine."""
    for hint in get_type_hints(cls).values():
        if get_origin(hint) in (Union, UnionType):
            assert sum(is_dataclass(member) for member in get_args(hint)) <= 1


@pytest.mark.parametrize("cls", CLASSES)
def test_every_class_is_frozen_and_has_slots(cls: Any) -> None:
    assert cls.__dataclass_params__.frozen
    assert "__slots__" in vars(cls)


def test_type_names_are_unique_over_events_and_messages() -> None:
    names = [cls.__name__ for cls in ROOTS]
    assert len(names) == len(set(names))


def test_an_aggregate_has_no_more_types_than_a_reader_can_keep_in_mind() -> None:
    aggregates = [kind.aggregate for kind in EVENT_TYPES.values()]
    assert all(aggregates.count(aggregate) <= 15 for aggregate in aggregates)
