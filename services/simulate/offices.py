"""The misconduct of halls and offices: vehicle and licence counters, the score record, the closed loop, and those who watch.

In: a scene and a day.  Out: events told on the scene, and what must be found of them, as in `misconduct.py`.

What the service itself records of warnings (missed steps, refuted warnings) cannot be sent, and is not planted.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from services.simulate.misconduct import CHECKS, INSTANT, office_closes, open_days_before, tell_penalty, tell_settlement
from services.simulate.ordinary import HOME
from services.simulate.reaching import reaching_back
from services.simulate.scene import Scene

# ------------------------------------------------------------------ F: vehicle and licence counters


def register_at_night(scene: Scene, day: date) -> None:
    officer = scene.officer()
    of = {
        "transaction": scene.number("X"),
        "vehicle": scene.vehicle(),
        "model": "BYD-QIN",
        "dealer": scene.number("D-9"),
        "unit": "雨花大队",
    }
    scene.tell("registration", "registration", scene.between(day, 22.5, 23.5), officer=officer, **of)
    scene.plant("F1", "registration_out_of_hours", officer=officer)


def register_a_fleet_at_once(scene: Scene, day: date) -> None:
    if not scene.halls_open_on(day):
        return
    dealer, officer = scene.number("D-9"), scene.officer()
    for _ in range(10):
        of = {"transaction": scene.number("X"), "vehicle": scene.vehicle(), "model": "BUS-12", "dealer": dealer, "unit": "雨花大队"}
        scene.tell("registration", "registration", scene.between(day, 9, 17), officer=officer, **of)
    scene.plant("F2", "registrations_in_a_row", dealer=dealer, model="BUS-12")


def tell_inspection(scene: Scene, day: date, station: str, officer: str, minutes: int, **said: object) -> None:
    began = scene.between(day, 9, 16)
    ended = began + timedelta(minutes=minutes)
    usual = {"vin_registered": "LSVAA1", "vin_read": "LSVAA1", "vehicle_region": HOME, "station_region": HOME, "kind": "small"}
    of = {"vehicle": scene.vehicle(), "station": station, "officer": officer, "began": began.isoformat(), "ended": ended.isoformat()}
    scene.tell("inspection", "inspection", ended, **of, **(usual | said))


def inspect_in_no_time(scene: Scene, day: date) -> None:
    officer = scene.officer()
    tell_inspection(scene, day, scene.number("IS-"), officer, scene.random.randrange(1, 10))
    scene.plant("F3", "inspection_too_fast", officer=officer)


def inspect_another_vehicle(scene: Scene, day: date) -> None:
    officer = scene.officer()
    tell_inspection(scene, day, scene.number("IS-"), officer, 20, vin_read="LSVBB2")
    scene.plant("F3", "inspection_of_another_vehicle", officer=officer)


@reaching_back(10)
def inspect_vehicles_from_elsewhere(scene: Scene, day: date) -> None:
    station = scene.number("IS-")
    for number in range(20):
        tell_inspection(scene, day - timedelta(days=number // 2), station, scene.officer(), 20, vehicle_region="江西")
    scene.plant("F3", "station_inspects_out_of_town", station=station)


def tell_sitting(scene: Scene, day: date, station: str, officer: str, candidates: int, passed: int, *, drawn: bool = True) -> str:
    """Answers its number."""
    exam, held = scene.number("K"), scene.between(day, 10, 16)
    scene.tell("examination", "examiner_drawn", scene.at(day, 8), exam=exam, station=station, officer=officer if drawn else scene.officer())
    of = {"exam": exam, "station": station, "officer": officer, "subject": "2", "candidates": candidates, "passed": passed}
    scene.tell("examination", "exam_held", held, **of)
    return exam


def examine_without_being_drawn(scene: Scene, day: date) -> None:
    exam = tell_sitting(scene, day, scene.number("KS-"), scene.new_officer(), 30, 21, drawn=False)
    scene.plant("F4", "examiner_not_drawn", exam=exam)


@reaching_back(5)
def pass_almost_everybody(scene: Scene, day: date) -> None:
    station, officer = scene.number("KS-"), scene.new_officer()
    with scene.aside():
        tell_sitting(scene, day - timedelta(days=5), station, scene.new_officer(), 40, 25)
    tell_sitting(scene, day, station, officer, 56, 55)
    scene.plant("F4", "examiner_passes_too_many", officer=officer, station=station)


@reaching_back(60)
def look_away_from_an_officer(scene: Scene, day: date) -> None:
    """Seen at the end of a quarter only."""
    if (day + timedelta(days=1)).day != 1 or day.month % 3:
        return
    officer = scene.new_officer()
    for back in range(0, 60, 5):
        scene.tell("staff", "shift_began", scene.at(day - timedelta(days=back), 8), officer=officer, unit="雨花大队")
    scene.plant("F5", "officer_not_supervised", officer=officer, known=scene.at(day, 24) - INSTANT)


# ------------------------------------------------------------------ G: the score record


def enter_an_item(scene: Scene, day: date) -> None:
    officer, item = scene.officer(), scene.random.choice(["P0101", "P0102", "P0104"])
    scene.tell("conduct", "conduct_entry", scene.between(day, 9, 17), officer=officer, item=item, entered_by=scene.officer())
    scene.plant("G", "conduct_item", officer=officer)


def enter_an_item_that_is_none(scene: Scene, day: date) -> None:
    officer = scene.officer()
    scene.tell("conduct", "conduct_entry", scene.between(day, 9, 17), officer=officer, item="P9999", entered_by=scene.officer())
    scene.plant("G", "conduct_item_unknown", officer=officer)


def enter_an_item_of_a_unit(scene: Scene, day: date) -> None:
    unit = scene.number("中队")
    scene.tell("conduct", "unit_conduct_entry", scene.between(day, 9, 17), unit=unit, item="U03", entered_by=scene.officer())
    scene.plant("G", "unit_conduct_item", unit=unit)


def enter_an_item_of_a_unit_that_is_none(scene: Scene, day: date) -> None:
    unit = scene.number("中队")
    scene.tell("conduct", "unit_conduct_entry", scene.between(day, 9, 17), unit=unit, item="U99", entered_by=scene.officer())
    scene.plant("G", "unit_conduct_item_unknown", unit=unit)


# ------------------------------------------------------------------ H: checks drawn by lot, calls to clients


@reaching_back(30)
def make_no_check(scene: Scene, day: date) -> None:
    transaction, drawn = scene.number("X"), scene.between(open_days_before(scene, day, 5), 9, 17)
    scene.tell("checks", "spot_check_drawn", drawn, transaction=transaction, officer=scene.officer(), unit="雨花大队")
    scene.plant("H", "spot_check_not_done", transaction=transaction, known=office_closes(scene, day))


def tell_checked_settlement(scene: Scene, settled: datetime, transaction: str, officer: str, unit: str) -> None:
    """As it should be: after the check of the three documents."""
    matches = dict.fromkeys(CHECKS, True)
    scene.tell("counter", "three_checks", settled - timedelta(minutes=3), transaction=transaction, officer=officer, **matches)
    tell_settlement(scene, settled, officer, transaction=transaction, unit=unit)


def _settle_what_is_drawn(scene: Scene, day: date, drawing: str, found_by: str) -> None:
    """A settlement of five open days ago which one rule draws by lot, and which another finds, because nobody looked at it."""
    settled = scene.between(open_days_before(scene, day, 5), 9, 17)
    transaction = scene.draws.unchecked(drawing, settled.date(), lambda: scene.number("X"))
    if transaction is not None:
        tell_checked_settlement(scene, settled, transaction, scene.officer(), scene.number("窗口"))
        scene.plant("H", found_by, transaction=transaction, known=office_closes(scene, day))


@reaching_back(30)
def leave_a_drawn_transaction(scene: Scene, day: date) -> None:
    _settle_what_is_drawn(scene, day, "transaction_drawn", "drawn_transaction_not_checked")


@reaching_back(30)
def leave_a_drawn_client(scene: Scene, day: date) -> None:
    _settle_what_is_drawn(scene, day, "client_drawn", "drawn_client_not_called")


@reaching_back(30)
def leave_a_drawn_penalty(scene: Scene, day: date) -> None:
    imposed = scene.between(open_days_before(scene, day, 5), 9, 17)
    case = scene.draws.unchecked("penalty_drawn", imposed.date(), lambda: scene.case(imposed.date()))
    if case is not None:
        tell_penalty(scene, imposed, case, scene.officer(), article="90", amount=100)
        scene.plant("H", "drawn_penalty_not_checked", case=case, known=office_closes(scene, day))


def find_something_in_a_check(scene: Scene, day: date) -> None:
    officer, transaction = scene.officer(), scene.number("X")
    said = {"transaction": transaction, "officer": officer, "checker": scene.officer(), "irregular": True}
    scene.tell("checks", "spot_check_done", scene.between(day, 9, 17), **said)
    scene.plant("H", "spot_check_irregular", officer=officer)


def check_the_own_work(scene: Scene, day: date) -> None:
    officer, transaction = scene.officer(), scene.number("X")
    said = {"transaction": transaction, "officer": officer, "checker": officer, "irregular": False}
    scene.tell("checks", "spot_check_done", scene.between(day, 9, 17), **said)
    scene.plant("H", "spot_check_of_the_own_work", officer=officer)


def handle_what_nobody_asked_for(scene: Scene, day: date) -> None:
    officer = scene.new_officer()
    said = {"transaction": scene.number("X"), "officer": officer, "reached": True, "confirmed": False}
    scene.tell("callback", "callback_made", scene.between(day, 9, 17), **said)
    scene.plant("H", "callback_denied", officer=officer)


@reaching_back(9)
def treat_clients_badly(scene: Scene, day: date) -> None:
    officer = scene.new_officer()
    for back in range(10):
        said = {"transaction": scene.number("X"), "officer": officer, "reached": True, "confirmed": True, "satisfied": back % 2 == 1}
        scene.tell("callback", "callback_made", scene.between(day - timedelta(days=back), 9, 17), **said)
    scene.plant("H", "callbacks_dissatisfied", officer=officer)


@reaching_back(9)
def name_numbers_that_reach_nobody(scene: Scene, day: date) -> None:
    unit = scene.number("窗口")
    for number in range(20):
        said = {"transaction": scene.number("X"), "officer": scene.officer(), "unit": unit, "reached": number % 3 == 0}
        scene.tell("callback", "callback_made", scene.between(day - timedelta(days=number // 2), 9, 17), **said)
    scene.plant("H", "callbacks_reach_nobody", unit=unit)


# ------------------------------------------------------------------ I: those who watch


def change_rules_without_approval(scene: Scene, day: date) -> None:
    change = scene.number("MR-")
    scene.tell("service", "rule_change_activated", scene.between(day, 9, 17), change=change, officer=scene.officer())
    scene.plant("I", "change_activated_unapproved", change=change)


def approve_the_own_change(scene: Scene, day: date) -> None:
    change, officer, proposed = scene.number("MR-"), scene.officer(), scene.between(day, 9, 12)
    scene.tell("service", "rule_change_proposed", proposed, change=change, officer=officer)
    scene.tell("service", "rule_change_approved", proposed + timedelta(hours=2), change=change, officer=officer)
    scene.plant("I", "change_approved_by_its_author", change=change)


def try_passwords(scene: Scene, day: date) -> None:
    account, officer, first = scene.account(), scene.officer(), scene.between(day, 9, 17)
    for number in range(5):
        said = {"account": account, "officer": officer, "place": "长沙", "successful": False}
        scene.tell("service", "service_login", first + timedelta(minutes=number), **said)
    scene.plant("I", "service_passwords_tried", account=account)


def use_a_lookalike_at_the_service(scene: Scene, day: date) -> None:
    account, officer = scene.account(), scene.officer()
    for hours, name in ((9, account), (15, account + " ")):
        scene.tell("service", "service_login", scene.at(day, hours), account=name, officer=officer, place="长沙", successful=True)
    scene.plant("I", "service_lookalike", account=account)


def log_in_to_the_service_at_night(scene: Scene, day: date) -> None:
    officer, said = scene.officer(), {"place": "长沙", "successful": True}
    scene.tell("service", "service_login", scene.between(day, 1, 5), account=scene.account(), officer=officer, **said)
    scene.plant("I", "service_login_at_night", officer=officer)


def tell_reads(scene: Scene, day: date, officer: str, times: int, **said: object) -> None:
    account, first = scene.account(), scene.between(day, 9, 14)
    for number in range(times):
        of = {"subject": scene.officer(), "record": scene.number("R"), "account": account, "officer": officer}
        scene.tell("service", "sensitive_read", first + timedelta(minutes=4 * number), **(of | said))


def read_many_records(scene: Scene, day: date) -> None:
    officer = scene.new_officer()
    tell_reads(scene, day, officer, 30, case=scene.case(day))
    scene.plant("I", "many_sensitive_reads", officer=officer)


def read_for_no_case(scene: Scene, day: date) -> None:
    officer = scene.new_officer()
    tell_reads(scene, day, officer, 3)
    scene.plant("I", "sensitive_reads_without_case", officer=officer)


def read_the_own_record(scene: Scene, day: date) -> None:
    officer = scene.new_officer()
    tell_reads(scene, day, officer, 1, subject=officer, case=scene.case(day))
    scene.plant("I", "own_record_read", officer=officer)


def tell_events_otherwise(scene: Scene, day: date) -> None:
    case, filmed = scene.case(day), scene.between(day, 8, 12)
    of = {"case": case, "officer": scene.officer()}
    for number, step in enumerate(("identity shown", "facts stated", "signed")):
        moment = filmed + timedelta(minutes=number)
        scene.tell_otherwise("camera-platform", "video_step", moment, of | {"step": step}, of | {"step": "rights told"})
    scene.plant("I", "events_told_otherwise", case=case, known=filmed + timedelta(hours=7, minutes=2))


PRACTICES: tuple[Callable[[Scene, date], None], ...] = (
    register_at_night,
    register_a_fleet_at_once,
    inspect_in_no_time,
    inspect_another_vehicle,
    inspect_vehicles_from_elsewhere,
    examine_without_being_drawn,
    pass_almost_everybody,
    look_away_from_an_officer,
    enter_an_item,
    enter_an_item_that_is_none,
    enter_an_item_of_a_unit,
    enter_an_item_of_a_unit_that_is_none,
    make_no_check,
    leave_a_drawn_transaction,
    leave_a_drawn_client,
    leave_a_drawn_penalty,
    find_something_in_a_check,
    check_the_own_work,
    handle_what_nobody_asked_for,
    treat_clients_badly,
    name_numbers_that_reach_nobody,
    change_rules_without_approval,
    approve_the_own_change,
    try_passwords,
    use_a_lookalike_at_the_service,
    log_in_to_the_service_at_night,
    read_many_records,
    read_for_no_case,
    read_the_own_record,
    tell_events_otherwise,
)
