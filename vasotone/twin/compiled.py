"""The same steps compiled by JAX: for long runs of one cohort, on whatever device JAX has.

Only who imports this module needs JAX. What it gives are arrays of JAX, which NumPy reads. JAX reckons in single
precision unless it was told otherwise (`jax_enable_x64`).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

from vasotone.errors import InputError, MissingExtra
from vasotone.twin import observe, solve
from vasotone.twin.body import Body
from vasotone.twin.drugs import Array
from vasotone.twin.solve import STEP, Clock, Moment

try:
    import jax
except ImportError as error:  # pragma: no cover - the message is the point
    raise MissingExtra("the compiled twin", "jax") from error

Acting = tuple[tuple[int, ...], ...]


class Words(NamedTuple):
    """What of a body and its clock is no array, and is known while a call is compiled."""

    drugs: tuple[str, ...]
    receptors: tuple[str, ...]
    acting: Acting
    resting: bool


def advance(body: Body, moment: Moment, minutes: float, *, dt: float = STEP) -> Moment:
    """What `solve.advance` gives, as arrays of JAX. InputError for a negative time."""
    for part, step in solve.stretches(body, moment, minutes, dt):
        count = max(1, math.ceil(part / step - 1e-9))
        arrays, ticks, words = ready(body, moment, part / count)
        moment = stepped(arrays, as_arrays(moment), ticks, count, words)
    return moment


def through(
    body: Body, moment: Moment, drug: str, doses: Sequence[float], minutes: float, *, dt: float = STEP
) -> dict[str, Array]:
    """What is measured after each dose has run for `minutes`, {variable: (doses, n)}, in `observe.UNITS`.

    doses  of one drug for everybody, one after another, in its canonical unit; all else runs on
    InputError where no time passes, for a dose below zero and for a drug that the body does not know.
    """
    if not 0 < minutes < math.inf:
        raise InputError("each dose runs for some time", where="through", seen=minutes, fix="give minutes above 0")
    for dose in doses:
        solve.with_rate(moment, body, drug, dose)
    count = max(1, math.ceil(minutes / dt - 1e-9))
    arrays, ticks, words = ready(body, moment, minutes / count)
    given = jax.numpy.asarray(doses, arrays.base_pa.dtype)
    return dict(measured_after(arrays, as_arrays(moment), ticks, given, drug, count, words))


def ready(body: Body, moment: Moment, dt: float) -> tuple[Body, Clock, Words]:
    """Body and clock as arrays of JAX, and the words apart."""
    ticks = solve.clock(body, dt)
    curve = ticks.frame.curve
    words = Words(body.drugs, body.receptors, curve.acting, solve.at_rest(moment))
    ticks = ticks._replace(frame=ticks.frame._replace(curve=curve._replace(acting=())))
    return as_arrays(body._replace(drugs=(), receptors=())), as_arrays(ticks), words


def as_arrays(record: Any) -> Any:
    """A record with its arrays as JAX has them."""
    return jax.tree.map(jax.numpy.asarray, record)


def whole(body: Body, ticks: Clock, words: Words) -> tuple[Body, Clock]:
    """Body and clock with their words."""
    curve = ticks.frame.curve._replace(acting=words.acting)
    return (
        body._replace(drugs=words.drugs, receptors=words.receptors),
        ticks._replace(frame=ticks.frame._replace(curve=curve)),
    )


def steps(body: Body, moment: Moment, ticks: Clock, count: int, resting: bool) -> Moment:
    """Equal steps, and the circulation in balance at their end."""

    def one(now: Moment, _: None) -> tuple[Moment, None]:
        return solve.step(body, now, ticks, jax.numpy, resting), None

    moment, _ = jax.lax.scan(one, moment, None, length=count)
    return solve.polished(body, moment, jax.numpy, ticks.frame)


@partial(jax.jit, static_argnums=(3, 4))
def stepped(body: Body, moment: Moment, ticks: Clock, count: int, words: Words) -> Moment:
    """`steps`, compiled."""
    body, ticks = whole(body, ticks, words)
    return steps(body, moment, ticks, count, words.resting)


@partial(jax.jit, static_argnums=(4, 5, 6))
def measured_after(
    body: Body, moment: Moment, ticks: Clock, doses: Array, drug: str, count: int, words: Words
) -> dict[str, Array]:
    """`through`, compiled."""
    body, ticks = whole(body, ticks, words)

    def one(now: Moment, dose: Array) -> tuple[Moment, dict[str, Array]]:
        now = steps(body, solve.with_rate(now, body, drug, dose), ticks, count, words.resting)
        return now, observe.measured(body, now, jax.numpy)

    return dict(jax.lax.scan(one, moment, doses)[1])
