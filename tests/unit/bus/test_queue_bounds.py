"""What waits in a queue within the process, and what it drops or refuses."""

from dataclasses import dataclass, field, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from runfold.bus.adapters.in_process.queue import Entry, QueueState
from runfold.bus.port import Message
from runfold.bus.topology import Exchange, Queue

SMALL = Queue("small", Exchange.FACTS, "small", max_bytes=10)


@dataclass
class Hand:
    """Takes up to `room` messages."""

    room: int
    taken: list[Entry] = field(default_factory=list)

    @property
    def has_room(self) -> bool:
        return len(self.taken) < self.room

    def take(self, entry: Entry) -> None:
        self.taken.append(entry)


def test_the_oldest_make_room_for_the_newest() -> None:
    queue = QueueState(SMALL, None)
    assert all(queue.put(Message(body)) for body in (b"aaaa", b"bbbb", b"cccc"))
    assert bodies(queue) == [b"bbbb", b"cccc"]


def test_a_message_larger_than_the_queue_is_gone_with_all_before_it() -> None:
    queue = QueueState(SMALL, None)
    queue.put(Message(b"a"))
    queue.put(Message(bytes(11)))
    assert bodies(queue) == []


def test_a_queue_that_refuses_keeps_what_it_has() -> None:
    queue = QueueState(replace(SMALL, overflow="reject-publish"), None)
    assert queue.put(Message(b"aaaaaa"))
    assert not queue.put(Message(b"bbbbbb"))
    assert queue.put(Message(b"cccc"))
    assert bodies(queue) == [b"aaaaaa", b"cccc"]


def test_what_a_consumer_has_in_hand_counts_for_no_bound() -> None:
    queue = QueueState(replace(SMALL, overflow="reject-publish"), None)
    queue.takers.append(Hand(room=2))
    assert all(queue.put(Message(bytes(8))) for _ in range(3))
    assert not queue.put(Message(bytes(8)))


def test_consumers_take_turns() -> None:
    queue, one, two = QueueState(SMALL, None), Hand(room=9), Hand(room=1)
    queue.takers.extend([one, two])
    for number in range(4):
        queue.put(Message(str(number).encode()))
    assert [entry.message.body for entry in one.taken] == [b"0", b"2", b"3"]
    assert [entry.message.body for entry in two.taken] == [b"1"]


@given(st.data())
def test_what_comes_back_returns_to_its_place(data: st.DataObject) -> None:
    count = data.draw(st.integers(0, 20))
    queue, hand = QueueState(replace(SMALL, max_bytes=10_000), None), Hand(room=count)
    queue.takers.append(hand)
    for number in range(count + 5):
        queue.put(Message(bytes([number])))
    queue.takers.clear()
    queue.put_back(data.draw(st.permutations(hand.taken)))
    assert bodies(queue) == [bytes([number]) for number in range(count + 5)]
    assert [queue.pop().number for _ in range(len(queue))] == list(range(count + 5))


@pytest.mark.parametrize("limit", [0, 1, 5])
def test_looking_takes_nothing_away(limit: int) -> None:
    queue = QueueState(SMALL, None)
    for body in (b"a", b"b"):
        queue.put(Message(body))
    assert len(queue.waiting(limit)) == min(limit, 2)
    assert len(queue) == 2


def bodies(queue: QueueState) -> list[bytes]:
    return [message.body for message in queue.waiting(100)]
