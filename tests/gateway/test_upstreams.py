"""Which server is asked, with a clock that the tests turn."""

from __future__ import annotations

import pytest

from dashscope_tts.local.upstreams import Upstreams


class Clock:
    now = 1000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def test_the_least_busy_server_is_asked(clock):
    upstreams = Upstreams("abc", clock=clock)
    taken = [upstreams.take(()) for _ in range(6)]
    assert sorted(upstream.server for upstream in taken) == list("aabbcc")
    upstreams.give_back(taken[1], True)
    assert upstreams.take(()).server == taken[1].server


def test_servers_that_are_equally_busy_take_turns():
    upstreams = Upstreams("ab")
    asked = []
    for _ in range(4):
        upstream = upstreams.take(())
        asked.append(upstream.server)
        upstreams.give_back(upstream, True)
    assert asked == list("abab")


def test_a_failed_server_is_left_out_for_a_while_and_tried_by_one_request(clock):
    upstreams = Upstreams("ab", first_pause=1.0, clock=clock)
    failed = upstreams.take(())
    upstreams.give_back(failed, False)
    assert {upstreams.take(()).server for _ in range(5)} == {"b"}
    clock.now += 1.21  # the pause differs by a fifth
    assert upstreams.take(()) is failed
    assert upstreams.take(()).server == "b"  # while that one tries it
    upstreams.give_back(failed, True)
    assert upstreams.take(()) is failed


def test_the_pause_grows_with_each_failure_up_to_its_limit(clock):
    upstreams = Upstreams("ab", first_pause=1.0, longest_pause=8.0, clock=clock)
    failed, pauses = upstreams.take(()), []
    for _ in range(6):
        upstreams.give_back(failed, False)
        pauses.append(failed.retry_at - clock.now)
        clock.now = failed.retry_at
        assert upstreams.take(()) is failed
    for pause, middle in zip(pauses, (1, 2, 4, 8, 8, 8)):
        assert 0.8 * middle <= pause <= 1.2 * middle


def test_the_pauses_of_two_gateways_differ(clock):
    pauses = set()
    for _ in range(8):
        upstreams = Upstreams("a", clock=clock)
        upstream = upstreams.take(())
        upstreams.give_back(upstream, False)
        pauses.add(upstream.retry_at)
    assert len(pauses) > 4


def test_when_all_have_failed_the_one_that_is_due_first_is_asked(clock):
    upstreams = Upstreams("ab", first_pause=1.0, clock=clock)
    one, other = upstreams.take(()), upstreams.take(())
    upstreams.give_back(one, False)
    clock.now += 0.5
    upstreams.give_back(other, False)
    assert upstreams.take(()) is one
    assert upstreams.take((one,)) is other
    assert upstreams.take((one, other)) is None


def test_a_request_that_tells_nothing_changes_nothing(clock):
    upstreams = Upstreams("a", clock=clock)
    upstream = upstreams.take(())
    upstreams.give_back(upstream, None)
    assert (upstream.busy, upstream.failures) == (0, 0)


def test_a_gateway_needs_a_server():
    with pytest.raises(ValueError, match="at least one"):
        Upstreams([])
