"""Any instance of a contract's class, drawn from its annotations."""

from dataclasses import MISSING, fields, is_dataclass
from enum import Enum
from types import UnionType
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

#: What JSON readers everywhere take as an integer.
_INTEGERS = st.integers(0, 2**53 - 1)
_TEXT = st.text(max_size=8)


def instances(cls: type[Any]) -> st.SearchStrategy[Any]:
    """`cls` with each optional field given or left out."""
    hints = get_type_hints(cls, include_extras=True)
    required: dict[str, st.SearchStrategy[Any]] = {}
    optional: dict[str, st.SearchStrategy[Any]] = {}
    for field in fields(cls):
        has_default = field.default is not MISSING or field.default_factory is not MISSING
        (optional if has_default else required)[field.name] = _of(hints[field.name])
    return st.fixed_dictionaries(required, optional=optional).map(lambda given: cls(**given))


def _of(hint: Any) -> st.SearchStrategy[Any]:
    origin, arguments = get_origin(hint), get_args(hint)
    if origin is Annotated:
        return _of(arguments[0])
    if origin in (Union, UnionType):
        return st.one_of([_of(argument) for argument in arguments])
    if origin is tuple:
        return st.lists(_of(arguments[0]), max_size=3).map(tuple)
    if origin is dict:
        return st.dictionaries(_of(arguments[0]), _of(arguments[1]), max_size=3)
    return _plain(hint)


def _plain(cls: type[Any]) -> st.SearchStrategy[Any]:
    if is_dataclass(cls):
        return instances(cls)
    if issubclass(cls, Enum):
        return st.sampled_from(list(cls))
    return {str: _TEXT, int: _INTEGERS, bool: st.booleans(), type(None): st.none()}[cls]
