"""What RabbitMQ is told of each queue."""

from runfold.bus.adapters.rabbitmq.declare import arguments
from runfold.bus.topology import DEAD_LETTERS, FACTS, METRICS, MIB, OUTPUT, Exchange, follower, work


def test_facts_and_output_survive_refuse_when_full_and_keep_their_dead_letters() -> None:
    for queue in (FACTS, OUTPUT):
        told = arguments(queue)
        assert told["x-queue-type"] == "quorum"
        assert told["x-overflow"] == "reject-publish"
        assert told["x-dead-letter-exchange"] == "runfold.dead"
        assert told["x-dead-letter-routing-key"] == queue.name
        assert told["x-dead-letter-strategy"] == "at-least-once"


def test_a_broker_counts_only_crashes_and_so_is_patient() -> None:
    assert FACTS.delivery_limit == 5
    assert arguments(FACTS)["x-delivery-limit"] > 5


def test_looking_at_dead_letters_never_uses_them_up() -> None:
    for queue in DEAD_LETTERS:
        assert arguments(queue)["x-delivery-limit"] > 1_000_000
        assert "x-dead-letter-exchange" not in arguments(queue)


def test_each_source_has_its_dead_letters_under_its_name() -> None:
    assert [(queue.exchange, queue.key) for queue in DEAD_LETTERS] == [
        (Exchange.DEAD, "log.facts"),
        (Exchange.DEAD, "log.output"),
    ]


def test_followers_and_executors_have_bounded_queues_that_drop_the_oldest() -> None:
    for queue in (follower("gateway"), work("host")):
        assert queue.exclusive
        assert arguments(queue) == {"x-max-length-bytes": 64 * MIB, "x-overflow": "drop-head"}


def test_samples_have_a_bounded_queue_that_outlives_the_log_service_and_keeps_no_dead_letters() -> None:
    assert not METRICS.exclusive
    assert METRICS.quorum  # another would go with its node
    told = arguments(METRICS)
    assert (told["x-max-length-bytes"], told["x-overflow"]) == (16 * MIB, "drop-head")
    assert "x-dead-letter-exchange" not in told
