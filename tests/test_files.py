"""Files that one process writes and others read."""

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gandash.runs.export import spread
from gandash.runs.files import Tail, append_line, read_json, write_json
from gandash.runs.recorder import most_crowded


def test_json_is_replaced_whole(tmp_path):
    path = tmp_path / "status.json"
    write_json(path, {"step": 1})
    with pytest.raises(TypeError):
        write_json(path, {"step": object()})
    assert read_json(path) == {"step": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["status.json"]  # no half-written file is left


def test_a_missing_file_is_an_empty_object(tmp_path):
    assert read_json(tmp_path / "nothing.json") == {}


def test_a_tail_sees_whole_lines_only(tmp_path):
    path = tmp_path / "metrics.jsonl"
    tail = Tail(path)
    assert tail.lines() == []
    append_line(path, {"step": 1})
    with path.open("a") as file:
        file.write('{"step": 2')
    assert [json.loads(line) for line in tail.lines()] == [{"step": 1}]
    with path.open("a") as file:
        file.write("}\n")
    assert [json.loads(line)["step"] for line in tail.lines()] == [1, 2]


def test_a_tail_starts_again_when_the_file_was_replaced(tmp_path):
    path = tmp_path / "metrics.jsonl"
    tail = Tail(path)
    for step in range(3):
        append_line(path, {"step": step})
    assert len(tail.lines()) == 3
    other = tmp_path / "other"
    other.write_text('{"step": 9}\n{"step": 10}\n{"step": 11}\n{"step": 12}\n')
    other.replace(path)  # longer than before, so that only its identity tells
    assert [json.loads(line)["step"] for line in tail.lines()] == [9, 10, 11, 12]


@given(st.lists(st.integers(0, 10**6), min_size=2, max_size=60, unique=True).map(sorted))
def test_thinning_never_drops_the_newest(steps):
    assert most_crowded(steps) in steps[:-1]


def test_thinned_states_lie_at_roughly_doubling_distances():
    kept: list[int] = []
    for step in range(1, 501):
        kept.append(step)
        if len(kept) > 8:
            kept.remove(most_crowded(kept))
    ages = [500 - step for step in reversed(kept)]
    assert ages[0] == 0 and ages[1] <= 4
    ratios = [b / a for a, b in pairwise(ages[2:])]
    assert all(1 < ratio < 8 for ratio in ratios) and ages[-1] > 100, ages


def test_nothing_to_thin():
    with pytest.raises(ValueError):
        most_crowded([3])


@given(st.lists(st.integers(0, 10**6), min_size=1, max_size=60, unique=True).map(sorted), st.integers(1, 10))
def test_a_spread_keeps_the_last_and_no_more_than_asked(steps, count):
    chosen = spread(steps, count)
    assert chosen[-1] == steps[-1] and len(chosen) == min(count, len(steps)) and chosen == sorted(set(chosen) & set(steps))
