"""The state table of a task, written out again from the design page."""

from __future__ import annotations

import pytest

from dashscope_tts.protocol.task import TABLE, Action, NotAllowed, TaskState, next_state

_PAGE = """
               run       text     finish     cancel      task-started  task-finished  task-failed  wire-lost
    idle       starting  error    error      error       ignore        ignore         ignore       lost
    starting   error     error    error      cancelling  started       finished       failed       lost
    started    error     ok       finishing  cancelling  ignore        finished       failed       lost
    finishing  error     error    error      cancelling  ignore        finished       failed       lost
    cancelling error     error    error      no-op       ignore        finished       finished     lost
    finished   starting  error    error      no-op       ignore        ignore         ignore       ignore
    failed     starting  error    error      no-op       ignore        ignore         ignore       ignore
    lost       starting  error    error      no-op       ignore        ignore         ignore       ignore
"""
_HEAD, *_LINES = [line.split() for line in _PAGE.strip().splitlines()]
_PAIRS = [(row[0], event, cell) for row in _LINES for event, cell in zip(_HEAD, row[1:])]


@pytest.mark.parametrize(("state", "event", "cell"), _PAIRS, ids=[f"{s}-{e}" for s, e, _ in _PAIRS])
def test_every_pair_of_state_and_event_is_as_designed(state, event, cell):
    before, action = TaskState(state), Action(event.replace("wire-", "wire "))
    if cell == "error":
        with pytest.raises(NotAllowed) as raised:
            next_state(before, action)
        assert (raised.value.state, raised.value.action) == (before, action)
        assert str(raised.value) == f"{action.value} is not possible while the task is {state}"
    elif cell in ("ok", "ignore", "no-op"):
        assert next_state(before, action) is before
    else:
        assert next_state(before, action) is TaskState(cell)


def test_the_table_has_nothing_but_these_pairs():
    assert len(_PAIRS) == 64
    assert len(TABLE) == 64


def test_what_the_wire_brings_is_never_refused():
    for action in (Action.ON_STARTED, Action.ON_FINISHED, Action.ON_FAILED, Action.ON_LOST):
        for state in TaskState:
            assert isinstance(next_state(state, action), TaskState)


def test_a_state_is_idle_running_or_over():
    running = {TaskState.STARTING, TaskState.STARTED, TaskState.FINISHING, TaskState.CANCELLING}
    over = {TaskState.FINISHED, TaskState.FAILED, TaskState.LOST}
    assert {state for state in TaskState if state.is_running} == running
    assert {state for state in TaskState if state.is_over} == over
    assert {*running, *over, TaskState.IDLE} == set(TaskState)


def test_audio_is_taken_only_while_the_program_wants_it():
    assert {state for state in TaskState if state.takes_audio} == {TaskState.STARTED, TaskState.FINISHING}
