"""The cheapest benchmarks as ratios against the official package in the same run.

The bounds are far below what is measured, so that a noisy machine passes and a return of polling or of quadratic work
does not.
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .compare import OFFICIAL, OURS, medians
from .server import running_server

pytest.importorskip("dashscope", reason="the official package is not installed")


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with running_server() as url:
        yield url


def _ratio(case: str, figure: str, url: str, rounds: int = 2) -> float:
    found = medians(case, url, rounds)
    return found[OFFICIAL][figure] / found[OURS][figure]


def test_the_first_package_on_a_fresh_connection_comes_at_least_5_times_sooner(url: str) -> None:
    assert _ratio("fresh", "best_ms", url) > 5


def test_a_frame_with_its_event_costs_at_most_half_the_cpu(url: str) -> None:
    assert _ratio("frames", "us", url) > 2


def test_20_mb_in_one_call_take_at_most_a_tenth_of_the_time(url: str) -> None:
    assert _ratio("blocking_20mb", "s", url, rounds=1) > 10


def test_the_import_is_at_least_3_times_faster_and_a_sixth_of_the_modules(url: str) -> None:
    found = medians("importing", url, 3)
    assert found[OFFICIAL]["s"] > 3 * found[OURS]["s"]
    assert found[OFFICIAL]["modules"] > 6 * found[OURS]["modules"]


def test_a_pool_of_20_opens_in_less_than_a_fifth_of_the_time() -> None:
    with running_server(accept_seconds=0.05) as slow_url:
        assert _ratio("pool_opening", "ms", slow_url) > 5


def test_a_loan_costs_less_than_a_fifth_of_a_connection(url: str) -> None:
    fresh, lending = (medians(case, url, 3, (OURS,))[OURS] for case in ("fresh", "pool_lending"))
    assert lending["us"] < fresh["ms"] * 1000 / 5


def test_the_first_package_comes_no_later_on_a_pooled_synthesizer(url: str) -> None:
    found = medians("pool_kept", url, 3, (OURS,))[OURS]
    assert found["ms"] < 1.5 * found["bare_ms"] + 0.2
