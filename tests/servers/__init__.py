"""The real parts that tests run against: found or started once a test run, never skipped over."""

from tests.servers.broker import Broker
from tests.servers.lookup import Breakable, Located

__all__ = ["Breakable", "Broker", "Located"]
