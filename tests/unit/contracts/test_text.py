"""Our YAML is YAML: a reader gets back what was written."""

from typing import Any

import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from runfold.contracts.text import as_yaml

#: YAML knows no control characters; the documents have none but line ends.
texts = st.text(st.characters(exclude_categories=["C", "Zl", "Zp"]) | st.just("\n"))
scalars = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53), 2**53)
    | texts
    | st.sampled_from(
        [
            "yes",
            "null",
            "on",
            "1e3",
            "0x1",
            "a: b",
            "- a",
            "#",
            "~",
            "=",
            "<<",
            "2026-01-01",
            "$ref",
            "a#b",
            "1_0",
        ]
    )
)
documents = st.recursive(
    scalars, lambda inner: st.lists(inner) | st.dictionaries(texts | st.just("yes"), inner), max_leaves=20
)


@settings(max_examples=50, deadline=None)
@given(documents)
def test_any_document_comes_back(document: Any) -> None:
    assert yaml.safe_load(as_yaml(document)) == document
