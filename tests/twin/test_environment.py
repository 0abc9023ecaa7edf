"""The titration environment: sound for Gymnasium, repeatable, and alive to what is done."""

from __future__ import annotations

import warnings
from typing import Any

import gymnasium
import numpy
import pytest
from gymnasium.utils.env_checker import check_env

from vasotone.errors import InputError
from vasotone.twin import environment
from vasotone.twin.environment import Titration

KEEP = (2, 1, 0)


def course(env: Titration, seed: int, act: Any, steps: int) -> tuple[list[Any], list[float]]:
    """Observations and rewards under a rule."""
    seen, _ = env.reset(seed=seed)
    told, rewards = [seen], []
    for _ in range(steps):
        seen, reward, over, cut, _ = env.step(act(seen))
        told.append(seen)
        rewards.append(reward)
        if over or cut:
            break
    return told, rewards


def by_pressure(seen: Any) -> tuple[int, int, int]:
    """More norepinephrine below 65, less above 75."""
    return (4 if seen[0] < 60 else 3 if seen[0] < 65 else 1 if seen[0] > 75 else 2, 1, 0)


def test_gymnasiums_own_checker_passes() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        check_env(Titration(), skip_render_check=True)


def test_it_can_be_made_by_name() -> None:
    environment.register()
    environment.register()
    env = gymnasium.make("vasotone/Titration-v0", flow=True)
    seen, _ = env.reset(seed=3)
    assert env.observation_space.contains(seen) and seen[4] > 0.5
    with pytest.raises(gymnasium.error.Error, match="[Ss]eed"):
        env.reset(seed=-1)


def test_a_seed_gives_one_course_and_another_seed_another() -> None:
    first, second, other = (course(Titration(), seed, by_pressure, 12) for seed in (1, 1, 2))
    assert first[1] == second[1] and all(numpy.array_equal(a, b) for a, b in zip(first[0], second[0], strict=True))
    assert first[1] != other[1]


def test_titration_to_a_pressure_beats_doing_nothing_and_giving_the_most() -> None:
    def total(act: Any) -> float:
        return sum(sum(course(Titration(), seed, act, 24)[1]) for seed in range(8))

    by_rule, nothing, most = total(by_pressure), total(lambda _: KEEP), total(lambda _: (4, 2, 1))
    assert by_rule > nothing and by_rule > most


def test_doses_and_fluid_are_shown_as_given() -> None:
    env = Titration()
    env.reset(seed=5)
    for _ in range(4):
        seen, *_ = env.step((4, 2, 1))
    assert seen[5] == pytest.approx(0.4) and seen[6] == pytest.approx(0.04) and seen[7] == pytest.approx(1.0)
    assert seen[8] == pytest.approx(1.0)
    for _ in range(10):
        seen, *_ = env.step((0, 0, 0))
    assert seen[5] == seen[6] == 0


def test_the_reward_is_minus_its_parts() -> None:
    env = Titration()
    env.reset(seed=6)
    _, reward, _, _, told = env.step(KEEP)
    assert reward == -sum(told["costs"].values()) and all(cost >= 0 for cost in told["costs"].values())


@pytest.mark.parametrize("action", [(5, 0, 0), (0, 3, 0), (0, 0, 2), (-1, 0, 0), (0, 0)])
def test_an_action_that_is_none_is_refused(action: tuple[int, ...]) -> None:
    env = Titration()
    env.reset(seed=1)
    with pytest.raises(InputError):
        env.step(action)


def test_no_step_before_a_reset_or_after_the_end() -> None:
    env = Titration()
    with pytest.raises(InputError):
        env.step(KEEP)
    env.reset(seed=1)
    for _ in range(env.steps):
        *_, over, cut, _ = env.step(by_pressure(numpy.array([64.0])))
        if over or cut:
            break
    assert over or cut
    with pytest.raises(InputError):
        env.step(KEEP)
