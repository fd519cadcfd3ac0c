"""Names that people give: what they may look like, and a way to make them up."""

import re

from runfold.domain.errors import Invalid

RESOURCE = r"^[a-z][a-z0-9-]{1,40}$"
PROJECT = r"^[a-zA-Z0-9-_]{1,50}$"
USER = r"^[a-zA-Z0-9-_]{1,60}$"
SECRET = r"^[A-Za-z0-9-_]{1,200}$"


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_ADJECTIVES = _words("""
    able bold brave brisk calm clear cool crisp deft eager early fair fast fine firm fleet fond fresh
    glad good grand happy hardy keen kind light lively lucky mellow merry mild neat nimble noble plain
    prime proud quick quiet rapid ready rich sharp shy sleek smart smooth solid sound spry steady still
    strong sunny sure swift tidy true vivid warm wise witty
""")
_ANIMALS = _words("""
    ant bat bear beaver bison bobcat boar camel cat cobra cod condor crab crane crow deer dingo dove
    duck eagle eel elk falcon ferret finch fox frog gecko gull hare hawk heron horse ibex jay koala lark
    lemur lion lynx magpie marten mole moose moth newt okapi orca otter owl panda puma quail rabbit
    raven robin salmon seal shark stork swan tapir tiger toad trout viper vole walrus wasp weasel whale
    wolf wombat wren yak zebra
""")


def check(name: str, pattern: str, what: str = "Resource name") -> str:
    """`name`, or Invalid in the words of dstack's server."""
    if not re.fullmatch(pattern.strip("^$"), name):
        raise Invalid(f"{what} should match regex '{pattern}'", field="name")
    return name


def made_up(random: int) -> str:
    """A run's name out of a random number of at least 32 bits, such as `brisk-otter-17`."""
    random, adjective = divmod(random, len(_ADJECTIVES))
    random, animal = divmod(random, len(_ANIMALS))
    return f"{_ADJECTIVES[adjective]}-{_ANIMALS[animal]}-{random % 1000}"
