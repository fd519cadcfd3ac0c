"""What people and programs send that nobody expects."""

import json
from typing import Any

from hypothesis import settings
from hypothesis import strategies as st

#: The same cases each time, so that what passes here passes everywhere.
bounded = settings(max_examples=200, derandomize=True, deadline=None, database=None)

#: What parsers are known to stumble over, beside what is drawn at random.
ODD = [
    "", " ", "\0", "\n", "\r\n", "-", "-1", "+1", "0", "00", "1e999", "1e5", "NaN", "inf", "-0", "0x10", "1_000", "٣",
    "..", "1..", "..1", "2..1", "1..2..3", "a..b", "1.5..", "..-1", "5 GB", "1PB", "9" * 5000, "1" * 100_000, "²",
    " " * 100_000, "1" * 400 + "GB", "2.." + "9" * 400, "off", "true", "null", "~", "*", ":", "::", "a:b:c", "," * 1000,
    "1d", "5 m", "m5", "1w1d", "९m", "A100:40GB:2:x", "${{ secrets.a }}", "${{", "${{ secrets. }}", "$$" * 1000,
    "${{" * 10_000, "${{" + " " * 50_000, "${{ secrets." + "a" * 300 + " }}", "\ud800", "\U0010ffff", "é", "e\u0301",
    "\u202e", "../../etc/passwd", "%00", "%ff", "'; --", "<script>", "1" * 19, "9223372036854775807",
    "9223372036854775808", "18446744073709551616",
]  # fmt: skip
texts = st.one_of(
    st.sampled_from(ODD), st.text(max_size=60), st.from_regex(r"[0-9.:a-zA-Z$ {}*-]{1,20}", fullmatch=True)
)
numbers = st.one_of(
    st.integers(),
    st.floats(),
    st.sampled_from([0, -1, 2**31, 2**53, 2**63 - 1, 2**63, 10**400, 1e308, 5e-324]),
)
#: As JSON or YAML would give it.
values: st.SearchStrategy[Any] = st.recursive(
    st.none() | st.booleans() | numbers | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=10,
)
#: Any bytes, JSON of anything, and JSON cut short.
bodies = st.one_of(
    st.binary(max_size=200),
    values.map(lambda value: json.dumps(value).encode()),
    values.map(lambda value: json.dumps(value).encode()[:-1]),
)
#: What may stand in a header or a query: any text that is UTF-8.
written = st.one_of(
    texts.filter(lambda text: text != "\ud800"), st.binary(max_size=40).map(lambda raw: raw.decode("latin-1"))
)


@st.composite
def changed(draw: st.DrawFn, whole: Any) -> Any:
    """`whole`, a value as of JSON, with something put in the place of one part of it, or beside it, or taken away."""
    if isinstance(whole, dict) and whole and draw(st.integers(0, 4)):
        key = draw(st.sampled_from(sorted(whole)))
        action = draw(st.sampled_from(["go on", "go on", "go on", "take away", "put beside"]))
        if action == "take away":
            return {name: part for name, part in whole.items() if name != key}
        if action == "put beside":
            return {**whole, draw(texts): draw(values)}
        return {**whole, key: draw(changed(whole[key]))}
    if isinstance(whole, list) and whole and draw(st.integers(0, 4)):
        place = draw(st.integers(0, len(whole) - 1))
        return [*whole[:place], draw(changed(whole[place])), *whole[place + 1 :]]
    return draw(values)
