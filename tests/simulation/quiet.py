"""Services log what goes wrong, and here everything does: nobody reads that."""

import logging

import structlog


def quiet() -> None:
    logging.disable(logging.CRITICAL)
    structlog.configure(wrapper_class=structlog.make_filtering_bound_logger(logging.CRITICAL))
