"""Which instants of the demo are compared: all stays with norepinephrine, some others, and every known trap."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from demo_record import Demo, when

MOST = 300
MINUTE = timedelta(minutes=1)


class Instant(NamedTuple):
    """A stay, an instant, and why it was chosen."""

    stay: str
    at: datetime
    why: str


NE = "med_category = 'norepinephrine'"
# why -> (how many at most, minutes after the charted instant, query for stay and microseconds)
TRAPS: dict[str, tuple[int, float, str]] = {
    "tie of a stop and a dose": (40, 0, f"""
        SELECT hospitalization_id, epoch_us(admin_dttm) FROM @medication_admin_continuous WHERE {NE} GROUP BY ALL
        HAVING count(*) FILTER (WHERE med_dose = 0) > 0 AND count(*) FILTER (WHERE med_dose > 0) > 0"""),
    "two orders at once": (10, 0, f"""
        WITH event AS (SELECT hospitalization_id AS h, med_order_id AS o, admin_dttm AS t, med_dose AS d
            FROM @medication_admin_continuous WHERE {NE}),
        span AS (SELECT h, o, min(t) AS begun, max(t) AS over FROM event GROUP BY ALL)
        SELECT a.h, epoch_us(a.over) FROM span a JOIN span b ON a.h = b.h AND a.o <> b.o
        WHERE b.begun < a.over AND b.over > a.over"""),
    "impossible pressure": (30, 3, """
        SELECT hospitalization_id, epoch_us(recorded_dttm) FROM @vitals
        WHERE vital_category = 'map' AND (vital_value < 20 OR vital_value > 200)"""),
    "two pressures at one instant": (15, 0, """
        SELECT hospitalization_id, epoch_us(recorded_dttm) FROM @vitals WHERE vital_category = 'map'
        GROUP BY ALL HAVING count(*) > 1 AND max(vital_value) - min(vital_value) > 10"""),
    "heart rate of zero, saturation below 30": (8, 1, """
        SELECT hospitalization_id, epoch_us(recorded_dttm) FROM @vitals
        WHERE (vital_category = 'heart_rate' AND vital_value < 20)
        OR (vital_category = 'spo2' AND vital_value < 30)"""),
    "doubtful weight": (8, 10, """
        SELECT hospitalization_id, epoch_us(recorded_dttm) FROM @vitals
        WHERE vital_category = 'weight_kg' AND vital_value < 40"""),
    "absurd dose": (10, 0.5, """
        SELECT hospitalization_id, epoch_us(admin_dttm) FROM @medication_admin_continuous
        WHERE (med_category = 'norepinephrine' AND med_dose > 2)
        OR (med_category = 'phenylephrine' AND med_dose > 5)"""),
    "lactate drawn and not yet known": (12, 1, """
        SELECT hospitalization_id, epoch_us(lab_collect_dttm) FROM @labs WHERE lab_category = 'lactate'
        AND epoch(lab_result_dttm - lab_collect_dttm) > 1800"""),
    "lactate just known": (12, 0, """
        SELECT hospitalization_id, epoch_us(lab_result_dttm) FROM @labs WHERE lab_category = 'lactate'
        AND epoch(lab_result_dttm - lab_collect_dttm) > 1800"""),
    "a day after the last stop": (12, 1450, f"""
        SELECT hospitalization_id, max(epoch_us(admin_dttm)) FROM @medication_admin_continuous
        WHERE {NE} AND med_dose = 0 GROUP BY 1"""),
    "a minute before the first dose": (10, -1, f"""
        SELECT hospitalization_id, min(epoch_us(admin_dttm)) FROM @medication_admin_continuous WHERE {NE}
        GROUP BY 1"""),
    "another vasoactive drug": (30, 0, """
        SELECT hospitalization_id, epoch_us(admin_dttm) FROM @medication_admin_continuous
        WHERE med_category IN ('vasopressin', 'epinephrine', 'dobutamine', 'milrinone', 'dopamine')"""),
    "at discharge, with doses charted after it": (5, 0, """
        SELECT DISTINCT hospitalization_id, epoch_us(discharge_dttm) FROM @medication_admin_continuous AS given
        JOIN @hospitalization AS stay USING (hospitalization_id) WHERE admin_dttm > discharge_dttm"""),
}  # fmt: skip
OTHERS = """
    SELECT hospitalization_id, epoch_us(recorded_dttm) FROM @vitals WHERE hospitalization_id NOT IN
    (SELECT hospitalization_id FROM @medication_admin_continuous WHERE med_category = 'norepinephrine')"""
CHANGES = f"""
    SELECT DISTINCT hospitalization_id, epoch_us(admin_dttm) FROM @medication_admin_continuous WHERE {NE}"""

# The reader answers from the first vital sign to the discharge.
WITHIN = """
    SELECT hospitalization_id, min(epoch_us(recorded_dttm)), any_value(epoch_us(discharge_dttm)) FROM @vitals AS vital
    JOIN @hospitalization AS stay USING (hospitalization_id) GROUP BY 1"""


def spread(demo: Demo, query: str, most: int) -> list[tuple[str, int]]:
    """Rows of a query in an order that hangs on nothing but the rows, one of each stay before a second of any."""
    rows = demo.ask(f"""
        SELECT h, us FROM (SELECT h, us, row_number() OVER (PARTITION BY h ORDER BY md5(h || us)) AS n
        FROM ({query}) AS found(h, us)) WHERE h IN (SELECT hospitalization_id FROM @vitals)
        ORDER BY n, md5(h || us) LIMIT {most}""")
    return [(str(stay), int(us)) for stay, us in rows]


def instants(demo: Demo) -> list[Instant]:
    """The instants in a fixed order, each once; dose changes of norepinephrine fill what the traps leave."""
    found: dict[tuple[str, datetime], Instant] = {}
    within = {stay: (when(first), when(last)) for stay, first, last in demo.ask(WITHIN)}

    def add(rows: list[tuple[str, int]], why: str, later: timedelta) -> None:
        for stay, us in rows:
            one = Instant(stay, when(us) + later, why)
            first, last = within[stay]
            if len(found) < MOST and first <= one.at <= last:
                found.setdefault((one.stay, one.at), one)

    add(spread(demo, CHANGES, 66), "dose change", timedelta(0))
    for why, (most, minutes, query) in TRAPS.items():
        add(spread(demo, query, most), why, minutes * MINUTE)
    add(spread(demo, OTHERS, 40), "no norepinephrine", timedelta(seconds=37))
    add(spread(demo, CHANGES, MOST)[66:], "dose change, later", 20 * MINUTE)
    return list(found.values())
