"""Calendars: weekly hours, closed days, days worked in exchange, dates from CSV."""

from __future__ import annotations

from datetime import date

import pytest

from rulelang import model
from tests.language.checking import checked_with, errors, meant

OFFICE = "calendar office\n    open mon..fri 09:00..12:00, 13:30..17:30\n"


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def office(lines: str = "", **tables: str) -> model.Calendar:
    (found,) = meant(OFFICE + lines, **tables).calendars
    return found


def test_hours_stand_on_their_weekdays() -> None:
    hours = (model.Hours(540, 720), model.Hours(810, 1050))
    assert office().weekly == (hours,) * 5 + ((), ())


def test_hours_of_several_lines_add_up_in_order() -> None:
    weekly = office("    open fri..sat 18:00..20:00\n    open mon 07:00..08:00\n").weekly
    assert [h.start_minute for h in weekly[0]] == [420, 540, 810]
    assert [h.start_minute for h in weekly[4]] == [540, 810, 1080]
    assert [h.start_minute for h in weekly[5]] == [1080]


def test_closed_days_are_both_included() -> None:
    found = office("    closed 2026-10-01..2026-10-07\n    closed 2026-12-31\n").closed
    assert found == {*range(day("2026-10-01"), day("2026-10-08")), day("2026-12-31")}


def test_a_working_day_has_its_own_hours_or_those_of_the_first_line() -> None:
    found = office("    open sat 10:00..11:00\n    working 2026-10-10\n    working 2026-10-11 08:00..12:00\n").working
    assert found == (
        (day("2026-10-10"), (model.Hours(540, 720), model.Hours(810, 1050))),
        (day("2026-10-11"), (model.Hours(480, 720),)),
    )


def test_a_day_may_be_closed_and_worked_at_once() -> None:
    found = office("    closed 2026-10-01..2026-10-07\n    working 2026-10-03\n")
    assert day("2026-10-03") in found.closed
    assert [d for d, _ in found.working] == [day("2026-10-03")]


def test_a_remark_beside_a_date_is_for_people() -> None:
    holidays = 'date,remark,until\n2026-10-01,"National Day, 国庆节",2026-10-03\n2026-12-31,,\n'
    found = office(
        '    closed from "holidays.csv"\n    working from "worked.csv"\n', holidays=holidays, worked="date,备注\n2026-10-10,调休\n"
    )
    assert found.closed == {day("2026-10-01"), day("2026-10-02"), day("2026-10-03"), day("2026-12-31")}
    assert [d for d, _ in found.working] == [day("2026-10-10")]


def test_dates_may_come_from_csv_with_stretches_and_hours() -> None:
    holidays = "date,until\n2026-10-01,2026-10-03\n2026-12-31,\n"
    worked = 'date,hours\n2026-10-10,\n2026-10-11,"08:00..12:00, 13:00..14:00"\n'
    found = office('    closed from "holidays.csv"\n    working from "worked.csv"\n', holidays=holidays, worked=worked)
    assert found.closed == {day("2026-10-01"), day("2026-10-02"), day("2026-10-03"), day("2026-12-31")}
    assert [len(hours) for _, hours in found.working] == [2, 2]
    assert found.working[1][1][1] == model.Hours(780, 840)


@pytest.mark.parametrize(
    ("lines", "code"),
    [
        ("    open wed 11:00..13:00\n", "E452"),
        ("    open sun 22:00..10:00\n", "E452"),
        ("    open thu 20:00..06:00\n    open fri 05:00..07:00\n", "E452"),
        ("    working 2026-10-10 09:00..11:00, 10:00..12:00\n", "E452"),
        ("    closed 2026-10-07..2026-10-01\n", "E454"),
        ("    closed 2026-01-01..2036-01-09\n", "E455"),
        ("    working 2026-10-10\n    working 2026-10-10 10:00..11:00\n", "E453"),
        ('    closed from "nowhere.csv"\n', "E506"),
    ],
)
def test_a_calendar_that_cannot_be_meant_is_reported(lines: str, code: str) -> None:
    assert [found for found, _ in errors(OFFICE + lines)] == [code]


def test_a_stretch_has_up_to_ten_years() -> None:
    assert len(office("    closed 2026-01-01..2036-01-08\n").closed) == 3660


def test_hours_that_touch_do_not_overlap_also_over_midnight() -> None:
    text = "calendar shifts\n    open mon..sun 22:00..06:00\n    open mon..sun 06:00..14:00, 14:00..22:00\n"
    assert not errors(text)


def test_a_working_day_of_a_calendar_without_hours_needs_some() -> None:
    assert [code for code, _ in errors("calendar c\n    working 2026-10-10\n")] == ["E451"]


@pytest.mark.parametrize(
    ("csv", "code"),
    [
        ("date\n2026-13-01\n", "E514"),
        ("date,until\n2026-10-07,2026-10-01\n", "E516"),
        ("day\n2026-10-01\n", "E510"),
        ("date,hours\n2026-10-01,09:00..10:00\n", "E511"),
    ],
)
def test_dates_of_a_file_that_cannot_be_read_are_reported(csv: str, code: str) -> None:
    found = checked_with(OFFICE + '    closed from "x.csv"\n', x=csv).errors
    assert code in [d.code for d in found]
    assert all("x.csv, line" in d.message for d in found)
