"""The misconduct that is planted in a generated day: one function for each practice.

In: a scene and a day.  Out: events told on the scene, and what must be found of them.
Each function plants its practice once; whatever its finding needs is over by the end of the day. `known` is the moment from which somebody who
sees all events at once could know it: that of the last event, or for what was left undone, the moment by which it should have been done.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timedelta

from services.simulate.ordinary import ALL_STEPS, HOME
from services.simulate.reaching import reaching_back
from services.simulate.scene import Scene

CYRILLIC = str.maketrans("aeio", "\u0430\u0435\u0456\u043e")
ZERO_WIDTH_SPACE = "\u200b"
WIDE_SPACE = "\u3000"
FAR = {"licence_region": "贵州", "vehicle_region": "广东", "counter_region": HOME}
CHECKS = ("identity_card_matches", "driving_licence_matches", "vehicle_licence_matches")
INSTANT = timedelta(microseconds=1)
"""Before the end of a period: the moment at which it is looked at."""
READ_OUT = timedelta(hours=8)
"""Body cameras are read out at the end of a shift: earlier nobody can know what they show."""


def tell_breath_test(scene: Scene, tested: datetime, officer: str, alcohol: int, *, uploaded: bool = True, opened: bool = True) -> str:
    """A roadside test with what should follow it; answers the number of its case."""
    case, test_no = scene.case(tested.date()), scene.number("T")
    scene.tell("case-system", "breath_test", tested, case=case, officer=officer, test_no=test_no, alcohol_field=alcohol)
    if uploaded:
        sent = tested + timedelta(seconds=40)
        scene.tell("tester", "breath_upload", sent, case=case, test_no=test_no, alcohol_uploaded=alcohol)
    if opened:
        scene.tell("case-system", "case_opened", tested + timedelta(minutes=45), case=case, officer=officer)
    return case


def tell_log_ins(scene: Scene, day: date, account: str, officer: str, times: int) -> None:
    """Log-ins at noon on the days before `day`, from the usual place."""
    with scene.aside():
        for back in range(times, 0, -1):
            usual = scene.at(day - timedelta(days=back), 12)
            scene.tell("login", "login", usual, account=account, officer=officer, place="长沙", successful=True)


def tell_assignment(scene: Scene, day: date, room: str, case: str, officer: str) -> None:
    """Three days before, a sample in the room was put under the officer."""
    with scene.aside():
        scene.tell("case-system", "sample_assigned", scene.at(day - timedelta(days=3), 10), room=room, case=case, officer=officer)


def tell_penalty(scene: Scene, imposed: datetime, case: str, officer: str, **said: object) -> None:
    """A summary penalty with its whole video."""
    for back, step in ((9, "identity shown"), (7, "facts stated"), (2, "signed")):
        scene.tell("camera-platform", "video_step", imposed - timedelta(minutes=back), case=case, officer=officer, step=step)
    scene.tell("case-system", "penalty", imposed, case=case, officer=officer, procedure="summary", **said)


def office_closes(scene: Scene, day: date) -> datetime:
    """The end of the last day up to `day` on which offices work."""
    return scene.at(open_days_before(scene, day, 1) + timedelta(days=1), 17.5)


def open_days_before(scene: Scene, day: date, count: int) -> date:
    """The day from which the `count`-th open day is the last open day up to `day`."""
    while True:
        if scene.open_on(day):
            count -= 1
        day -= timedelta(days=1)
        if count == 0:
            return day


def contradict_breath_by_blood(scene: Scene, day: date) -> None:
    case = tell_breath_test(scene, scene.between(day, 0.2, 3), scene.officer(), scene.random.randrange(150, 240))
    result = scene.random.randrange(25, 79)
    scene.tell("laboratory", "blood_test", scene.between(day, 10, 20), case=case, blood_result=result)
    scene.plant("A1", "blood_contradicts_breath", case=case)


@reaching_back(3)
def open_evidence_room_at_night(scene: Scene, day: date) -> None:
    officer, case, room = scene.officer(), scene.case(day), "ER-01"
    tell_assignment(scene, day, room, case, officer)
    scene.tell("door", "door_opened", scene.between(day, 1, 5), room=room, officer=officer, grade="police", case=case)
    scene.plant("A2", "evidence_room_out_of_hours", officer=officer)


@reaching_back(3)
def open_evidence_room_as_auxiliary(scene: Scene, day: date) -> None:
    officer, case = scene.officer(), scene.case(day)
    moment = scene.between(day, 10, 11)
    tell_assignment(scene, day, "ER-01", case, officer)
    scene.tell("door", "door_opened", moment, room="ER-01", officer=officer, grade=scene.random.choice(["auxiliary", "辅警"]), case=case)
    scene.plant("A2", "evidence_room_auxiliary", officer=officer)
    if not scene.open_on(day):
        scene.plant("A2", "evidence_room_out_of_hours", officer=officer)


@reaching_back(3)
def open_evidence_room_as_stranger(scene: Scene, day: date) -> None:
    officer, case = scene.officer(), scene.case(day)
    tell_assignment(scene, day, "ER-01", case, officer)
    scene.tell("door", "door_opened", scene.between(day, 10, 11), room="ER-03", officer=officer, grade="police")
    scene.plant("A2", "evidence_room_stranger", room="ER-03", officer=officer)
    if not scene.open_on(day):
        scene.plant("A2", "evidence_room_out_of_hours", officer=officer)


def open_evidence_room_without_a_badge(scene: Scene, day: date) -> None:
    room = scene.number("ER-9")
    scene.tell("door", "door_opened", scene.between(day, 10, 11), room=room)
    scene.plant("A2", "evidence_room_unidentified", room=room)
    if not scene.open_on(day):
        scene.plant("A2", "evidence_room_out_of_hours")


@reaching_back(1)
def swap_a_sample(scene: Scene, day: date) -> None:
    auxiliary = scene.officer()
    case = tell_breath_test(scene, scene.between(day - timedelta(days=1), 20, 23), scene.officer(), scene.random.randrange(180, 240))
    opened = scene.between(day, 2, 4)
    scene.tell("door", "door_opened", opened, room="ER-02", officer=auxiliary, grade="auxiliary", case=case)
    scene.tell("laboratory", "blood_test", scene.between(day, 10, 20), case=case, blood_result=scene.random.randrange(25, 79))
    scene.plant("A1", "blood_contradicts_breath", case=case)
    scene.plant("A2", "evidence_room_out_of_hours", officer=auxiliary, known=opened)
    scene.plant("A2", "evidence_room_auxiliary", officer=auxiliary, known=opened)
    scene.plant("A2", "evidence_room_stranger", room="ER-02", officer=auxiliary, known=opened)
    scene.plant("A3", "sample_swapped", case=case)


@reaching_back(1)
def keep_a_test_from_upload(scene: Scene, day: date) -> None:
    tested = scene.between(day - timedelta(days=1), 14, 22)
    case = tell_breath_test(scene, tested, scene.officer(), scene.random.randrange(0, 20), uploaded=False, opened=False)
    scene.plant("A4", "breath_test_not_uploaded", case=case, known=tested + timedelta(days=1))


def edit_a_result(scene: Scene, day: date) -> None:
    case, test_no, officer = scene.case(day), scene.number("T"), scene.officer()
    tested = scene.between(day, 9, 20)
    scene.tell("case-system", "breath_test", tested, case=case, officer=officer, test_no=test_no, alcohol_field=96)
    scene.tell("tester", "breath_upload", tested + timedelta(seconds=40), case=case, test_no=test_no, alcohol_uploaded=96)
    scene.tell("case-system", "case_opened", tested + timedelta(minutes=45), case=case, officer=officer)
    edited = tested + timedelta(hours=2)
    scene.tell("case-system", "breath_edit", edited, case=case, officer=officer, test_no=test_no, alcohol_before=96, alcohol_after=76)
    scene.plant("A4", "breath_result_edited", case=case)


def record_less_than_was_reported(scene: Scene, day: date) -> None:
    case, test_no, tested = scene.case(day), scene.number("T"), scene.between(day, 9, 20)
    scene.tell("case-system", "breath_test", tested, case=case, officer=scene.officer(), test_no=test_no, alcohol_field=12)
    reported = scene.random.randrange(30, 200)
    scene.tell("tester", "breath_upload", tested + timedelta(seconds=40), case=case, test_no=test_no, alcohol_uploaded=reported)
    scene.plant("A4", "breath_record_contradicts_upload", case=case)


@reaching_back(1)
def let_a_test_go_unrecorded(scene: Scene, day: date) -> None:
    case, reported = scene.case(day), scene.between(day - timedelta(days=1), 14, 22)
    scene.tell("tester", "breath_upload", reported, case=case, test_no=scene.number("T"), alcohol_uploaded=scene.random.randrange(20, 200))
    scene.plant("A4", "uploaded_test_without_record", case=case, known=reported + timedelta(days=1))


@reaching_back(30)
def let_a_test_lie(scene: Scene, day: date) -> None:
    tested = scene.between(open_days_before(scene, day, 3), 14, 22)
    case = tell_breath_test(scene, tested, scene.officer(), scene.random.randrange(20, 80), opened=False)
    scene.plant("A5", "breath_test_without_case", case=case, known=office_closes(scene, day))


def test_under_no_number(scene: Scene, day: date) -> None:
    officer = scene.officer()
    alcohol = scene.random.randrange(20, 200)
    scene.tell("case-system", "breath_test", scene.between(day, 1, 23), officer=officer, test_no=scene.number("T"), alcohol_field=alcohol)
    scene.plant("A5", "breath_test_without_number", officer=officer)


@reaching_back(300)
def settle_for_strangers(scene: Scene, day: date) -> None:
    licence, clerk = scene.number("L"), scene.officer()
    for back in (300, 90, 0):
        settled = scene.between(day - timedelta(days=back), 9, 17)
        scene.tell("counter", "settlement", settled, licence=licence, vehicle=scene.vehicle(), officer=clerk, points=3)
    scene.plant("B1", "licence_settles_for_many_vehicles", licence=licence)


@reaching_back(120)
def settle_more_than_a_licence_has(scene: Scene, day: date) -> None:
    licence, vehicle, clerk = scene.number("L"), scene.vehicle(), scene.officer()
    cycle = scene.at(day - timedelta(days=200), 0).isoformat()
    for back, points in ((120, 6), (40, 6), (0, 3)):
        settled = scene.between(day - timedelta(days=back), 9, 17)
        scene.tell("counter", "settlement", settled, licence=licence, vehicle=vehicle, officer=clerk, points=points, cycle_start=cycle)
    scene.plant("B2", "licence_settles_more_than_it_has", licence=licence)


def settle_nine_points_at_once(scene: Scene, day: date) -> None:
    licence, vehicle, clerk = scene.number("L"), scene.vehicle(), scene.officer()
    scene.tell("counter", "settlement", scene.between(day, 9, 17), licence=licence, vehicle=vehicle, officer=clerk, points=9)
    scene.plant("B2", "settlement_above_six_points", officer=clerk)


@reaching_back(120)
def set_up_a_lookalike(scene: Scene, day: date) -> None:
    account = scene.account()
    copies = (
        account + " ",
        account.translate(CYRILLIC),
        account[:2] + ZERO_WIDTH_SPACE + account[2:],
        WIDE_SPACE + account,
        account.upper(),
    )
    with scene.aside():
        scene.tell("accounts", "account_created", scene.at(day - timedelta(days=120), 8), account=account, officer=scene.officer())
    scene.tell("accounts", "account_created", scene.between(day, 8, 18), account=scene.random.choice(copies), officer=scene.officer())
    scene.plant("C1", "lookalike_account_created", account=account)


def use_a_lookalike(scene: Scene, day: date) -> None:
    account, officer = scene.account(), scene.officer()
    scene.tell("login", "login", scene.between(day, 8, 11), account=account, officer=officer, place="长沙", successful=True)
    scene.tell("login", "login", scene.between(day, 14, 18), account=account + " ", officer=officer, place="长沙", successful=True)
    scene.plant("C1", "lookalike_account_used", account=account)


@reaching_back(25)
def log_in_at_night(scene: Scene, day: date) -> None:
    account, officer = scene.account(), scene.officer()
    tell_log_ins(scene, day, account, officer, 25)
    scene.tell("login", "login", scene.between(day, 1, 5), account=account, officer=officer, place="长沙", successful=True)
    scene.plant("C2", "login_at_unusual_time", account=account)


@reaching_back(25)
def log_in_from_elsewhere(scene: Scene, day: date) -> None:
    account, officer = scene.account(), scene.officer()
    tell_log_ins(scene, day, account, officer, 25)
    scene.tell("login", "login", scene.between(day, 9, 17), account=account, officer=officer, place="北京", successful=True)
    scene.plant("C2", "login_from_unusual_place", account=account)


def log_in_at_two_places(scene: Scene, day: date) -> None:
    account, officer = scene.account(), scene.officer()
    first = scene.between(day, 8, 17)
    scene.tell("login", "login", first, account=account, officer=officer, place="长沙", successful=True)
    scene.tell("login", "login", first + timedelta(minutes=12), account=account, officer=officer, place="株洲", successful=True)
    scene.plant("C2", "account_in_two_places", account=account)


def borrow_an_account(scene: Scene, day: date) -> None:
    account, changed, terminal = scene.account(), scene.between(day, 8, 17), scene.number("A-")
    scene.tell("accounts", "password_changed", changed, account=account, officer=scene.officer(), terminal=terminal)
    used = changed + timedelta(minutes=10)
    scene.tell("login", "login", used, account=account, officer=scene.officer(), place="长沙", terminal=terminal, successful=True)
    scene.plant("C3", "borrowed_account", account=account)


def look_over_the_own_work(scene: Scene, day: date) -> None:
    transaction, officer, handled = scene.number("X"), scene.officer(), scene.between(day, 8, 17)
    scene.tell("registration", "transaction_handled", handled, transaction=transaction, officer=officer)
    scene.tell("registration", "transaction_audited", handled + timedelta(minutes=4), transaction=transaction, officer=officer)
    scene.plant("C4", "handled_and_audited_by_one", transaction=transaction)


@reaching_back(30)
def hold_a_vehicle_too_long(scene: Scene, day: date) -> None:
    case, taken = scene.case(day), scene.between(day - timedelta(days=30), 8, 17)
    scene.tell("case-system", "measure", taken, case=case, officer=scene.officer(), kind="vehicle held")
    scene.plant("D1", "measure_without_ruling", case=case, known=taken + timedelta(days=30))


def give_a_measure_an_end_far_off(scene: Scene, day: date) -> None:
    """So far off that its end is not awaited: beyond what is retained of a case."""
    officer, taken = scene.officer(), scene.between(day, 8, 17)
    due = (taken + timedelta(days=scene.random.randrange(401, 600))).isoformat()
    scene.tell("case-system", "measure", taken, case=scene.case(day), officer=officer, kind="vehicle held", due=due)
    scene.plant("D1", "measure_end_not_allowed", officer=officer)


@reaching_back(30)
def withhold_a_licence_too_long(scene: Scene, day: date) -> None:
    case, taken = scene.case(day), scene.between(open_days_before(scene, day, 10), 8, 17)
    scene.tell("case-system", "measure", taken, case=case, officer=scene.officer(), kind="licence withheld")
    scene.plant("D1", "licence_withheld_without_ruling", case=case, known=office_closes(scene, day))


def fine_too_little(scene: Scene, day: date) -> None:
    officer = scene.officer()
    tell_penalty(scene, scene.between(day, 7, 22), scene.case(day), officer, article="90", amount=10)
    scene.plant("D3", "penalty_below_the_least", officer=officer)


@reaching_back(1)
def fine_a_drinker_for_something_lighter(scene: Scene, day: date) -> None:
    tested = scene.between(day - timedelta(days=1), 14, 22)
    case = tell_breath_test(scene, tested, scene.officer(), scene.random.randrange(20, 80))
    tell_penalty(scene, scene.between(day, 7, 22), case, scene.officer(), article="90", amount=200)
    scene.plant("D3", "drink_driving_downgraded", case=case)


def punish_somebody_else(scene: Scene, day: date) -> None:
    case, officer, imposed = scene.case(day), scene.officer(), scene.between(day, 7, 22)
    read = imposed - timedelta(minutes=8)
    scene.tell("card-reader", "person_identified", read, case=case, officer=officer, person=scene.number("43010219900101"))
    tell_penalty(scene, imposed, case, officer, person=scene.number("43010219900101"))
    scene.plant("D5", "punished_is_not_identified", case=case)


@reaching_back(1)
def impose_a_penalty_without_video(scene: Scene, day: date) -> None:
    case, imposed = scene.case(day), scene.between(day - timedelta(days=1), 7, 22)
    scene.tell("case-system", "penalty", imposed, case=case, officer=scene.officer(), procedure="summary")
    scene.plant("D7", "penalty_without_video", case=case, known=imposed + READ_OUT)


def impose_a_penalty_under_no_number(scene: Scene, day: date) -> None:
    officer = scene.officer()
    scene.tell("case-system", "penalty", scene.between(day, 7, 22), officer=officer, procedure="summary")
    scene.plant("D7", "penalty_under_no_number", officer=officer)


@reaching_back(1)
def leave_out_a_step(scene: Scene, day: date) -> None:
    case, officer, imposed = scene.case(day), scene.officer(), scene.between(day - timedelta(days=1), 7, 22)
    left_out = scene.random.choice(ALL_STEPS)
    for i, step in enumerate(step for step in ALL_STEPS if step != left_out):
        filmed = imposed - timedelta(minutes=10 - i)
        scene.tell("camera-platform", "video_step", filmed, case=case, officer=officer, step=step)
    scene.tell("case-system", "penalty", imposed, case=case, officer=officer, procedure="ordinary")
    scene.plant("D7", "penalty_video_incomplete", case=case, known=imposed + READ_OUT)


@reaching_back(13)
def raise_captures(scene: Scene, day: date) -> None:
    device = scene.number("EP-")
    for back in range(13, -1, -1):
        reported = scene.at(day - timedelta(days=back), 23.5)
        scene.tell(
            "traffic", "device_day", reported, device=device, unit="雨花大队", captures=scene.random.randrange(35, 50) if back else 700
        )
    scene.plant("E1", "captures_rise", device=device)


# ------------------------------------------------------------------ B3 to B6: at the counter


def tell_settlement(scene: Scene, settled: datetime, officer: str, **said: object) -> None:
    """Three points of a licence, in its own province; `said` comes before that."""
    regions = dict.fromkeys(("licence_region", "vehicle_region", "counter_region"), HOME)
    usual = {"licence": said.get("licence") or scene.number("L"), "vehicle": said.get("vehicle") or scene.vehicle(), "points": 1}
    scene.tell("counter", "settlement", settled, officer=officer, **(usual | regions | said))


def settle_without_checks(scene: Scene, day: date) -> None:
    transaction = scene.number("X")
    tell_settlement(scene, scene.between(day, 9, 17), scene.officer(), transaction=transaction)
    scene.plant("B3", "settlement_without_checks", transaction=transaction)


def settle_although_a_check_failed(scene: Scene, day: date) -> None:
    transaction, officer, settled = scene.number("X"), scene.officer(), scene.between(day, 9, 17)
    matches = dict.fromkeys(CHECKS, True) | {scene.random.choice(CHECKS): False}
    scene.tell("counter", "three_checks", settled - timedelta(minutes=2), transaction=transaction, officer=officer, **matches)
    tell_settlement(scene, settled, officer, transaction=transaction)
    scene.plant("B3", "settlement_despite_failed_check", transaction=transaction)


def settle_after_half_a_check(scene: Scene, day: date) -> None:
    transaction, officer, settled = scene.number("X"), scene.officer(), scene.between(day, 9, 17)
    left_out = scene.random.choice(CHECKS)
    matches = {check: True for check in CHECKS if check != left_out}
    scene.tell("counter", "three_checks", settled - timedelta(minutes=2), transaction=transaction, officer=officer, **matches)
    tell_settlement(scene, settled, officer, transaction=transaction)
    scene.plant("B3", "settlement_check_incomplete", transaction=transaction)


def tell_visits(scene: Scene, day: date, person: str, officers: list[str]) -> None:
    """The person comes to each of the officers for another client, the last time on the day."""
    for back, officer in enumerate(reversed(officers)):
        said = {"person": person, "client": scene.number("43010219900101"), "officer": officer, "station": "ST-00001"}
        scene.tell("video-patrol", "counter_visit", scene.between(day - timedelta(days=3 * back), 9, 17), **said)


@reaching_back(12)
def go_between_for_many(scene: Scene, day: date) -> None:
    person = scene.number("43010219770101")
    tell_visits(scene, day, person, [scene.new_officer() for _ in range(5)])
    scene.plant("B4", "go_between", person=person)


@reaching_back(6)
def serve_a_go_between(scene: Scene, day: date) -> None:
    person, officer = scene.number("43010219770101"), scene.new_officer()
    tell_visits(scene, day, person, [officer] * 3)
    scene.plant("B4", "clerk_serves_go_between", officer=officer, person=person)


@reaching_back(60)
def settle_far_from_home(scene: Scene, day: date) -> None:
    licence, vehicle = scene.number("L"), scene.vehicle()
    for back in (60, 0):
        said = {"licence": licence, "vehicle": vehicle} | FAR
        tell_settlement(scene, scene.between(day - timedelta(days=back), 9, 17), scene.new_officer(), **said)
    scene.plant("B5", "licence_settles_far_from_home", licence=licence)


@reaching_back(20)
def settle_for_people_far_from_home(scene: Scene, day: date) -> None:
    officer = scene.new_officer()
    for back in (20, 15, 10, 5, 0):
        tell_settlement(scene, scene.between(day - timedelta(days=back), 9, 17), officer, **FAR)
    scene.plant("B5", "clerk_settles_far_from_home", officer=officer)


@reaching_back(10)
def settle_more_than_the_colleagues(scene: Scene, day: date) -> None:
    officer, unit = scene.new_officer(), scene.number("窗口")
    with scene.aside():
        for colleague in (scene.new_officer(), scene.new_officer(), scene.new_officer()):
            for back in range(4, 11):
                tell_settlement(scene, scene.between(day - timedelta(days=back), 9, 17), colleague, unit=unit)
    for number in range(24):
        tell_settlement(scene, scene.between(day - timedelta(days=number // 6), 9, 17), officer, unit=unit)
    scene.plant("B6", "clerk_settles_more_than_colleagues", officer=officer, unit=unit)


@reaching_back(8)
def settle_at_night(scene: Scene, day: date) -> None:
    officer = scene.new_officer()
    for back in (8, 4, 0):
        tell_settlement(scene, scene.between(day - timedelta(days=back), 22.2, 23.5), officer)
    scene.plant("B6", "clerk_settles_at_night", officer=officer)


@reaching_back(10)
def settle_on_the_same_few_licences(scene: Scene, day: date) -> None:
    officer, holders = scene.new_officer(), [(scene.number("L"), scene.vehicle()) for _ in range(5)]
    for number in range(20):
        licence, vehicle = holders[number % 5]
        tell_settlement(scene, scene.between(day - timedelta(days=number // 2), 9, 17), officer, licence=licence, vehicle=vehicle)
    scene.plant("B6", "clerk_settles_same_licences", officer=officer)


# ------------------------------------------------------------------ D2, D4, D6: cases and documents


def split_a_penalty(scene: Scene, day: date) -> None:
    vehicle, officer, imposed = scene.vehicle(), scene.officer(), scene.between(day, 8, 20)
    for minutes in (0, 25):
        said = {"article": "90", "amount": 100, "vehicle": vehicle, "place": "五一大道"}
        tell_penalty(scene, imposed + timedelta(minutes=minutes), scene.case(day), officer, **said)
    scene.plant("D2", "penalty_split", vehicle=vehicle)


def fine_in_small_parts(scene: Scene, day: date) -> None:
    """An officer may fine alone up to 200 yuan."""
    vehicle, officer, imposed = scene.vehicle(), scene.officer(), scene.between(day, 8, 20)
    for number, place in enumerate(("五一大道", "芙蓉路", "建设路")):
        said = {"article": "90", "amount": 80, "vehicle": vehicle, "place": place}
        tell_penalty(scene, imposed + timedelta(minutes=15 * number), scene.case(day), officer, **said)
    scene.plant("D2", "small_penalties_in_a_row", officer=officer, vehicle=vehicle)


def alter_a_document(scene: Scene, day: date) -> None:
    document, case, officer, signed = scene.number("W"), scene.case(day), scene.officer(), scene.between(day, 8, 16)
    of = {"document": document, "case": case, "officer": officer}
    scene.tell("case-system", "document_signed", signed, **of, hash="3f9a6c01")
    scene.tell("archive", "document_stored", signed + timedelta(hours=3), **of, hash="b07d11e4")
    scene.plant("D4", "document_altered", document=document)


def store_what_nobody_signed(scene: Scene, day: date) -> None:
    document, of = scene.number("W"), {"case": scene.case(day), "officer": scene.officer(), "hash": "3f9a6c01"}
    scene.tell("archive", "document_stored", scene.between(day, 8, 18), document=document, **of)
    scene.plant("D4", "document_never_signed", document=document)


@reaching_back(30)
def keep_a_document(scene: Scene, day: date) -> None:
    document, of = scene.number("W"), {"case": scene.case(day), "officer": scene.officer(), "hash": "3f9a6c01"}
    scene.tell("case-system", "document_signed", scene.between(open_days_before(scene, day, 3), 9, 17), document=document, **of)
    scene.plant("D6", "document_stored_late", document=document, known=office_closes(scene, day))


@reaching_back(3)
def let_a_report_lie(scene: Scene, day: date) -> None:
    case, reported = scene.case(day), scene.between(day - timedelta(days=3), 1, 22)
    scene.tell("case-system", "incident_reported", reported, case=case, officer=scene.officer())
    scene.plant("D6", "acceptance_late", case=case, known=reported + timedelta(days=3))


@reaching_back(30)
def keep_a_file(scene: Scene, day: date) -> None:
    case, closed = scene.case(day), scene.between(day - timedelta(days=30), 8, 17)
    scene.tell("case-system", "case_closed", closed, case=case, officer=scene.officer())
    scene.plant("D6", "filing_late", case=case, known=closed + timedelta(days=30))


# ------------------------------------------------------------------ E2, E3: cameras and the watching of video


@reaching_back(7)
def let_a_camera_be_silent(scene: Scene, day: date) -> None:
    device = scene.number("EP-")
    scene.tell("traffic", "device_state", scene.at(day - timedelta(days=7), 10), device=device, unit="雨花大队", state="in use")
    scene.plant("E2", "device_silent", device=device, known=scene.at(day, 24) - INSTANT)


@reaching_back(30)
def switch_a_camera_off_most_of_the_day(scene: Scene, day: date) -> None:
    """Seen at the end of a month only."""
    if (day + timedelta(days=1)).day != 1:
        return
    device = scene.number("EP-")
    for number in range(1, day.day + 1):
        said = {"captures": scene.random.randrange(35, 50), "hours_online": scene.random.randrange(3, 9)}
        scene.tell("traffic", "device_day", scene.at(day.replace(day=number), 23.5), device=device, unit="雨花大队", **said)
    scene.plant("E2", "device_hardly_used", device=device, known=scene.at(day, 24) - INSTANT)


def leave_a_station_unwatched(scene: Scene, day: date) -> None:
    if not scene.halls_open_on(day):
        return
    station, watched = scene.number("ST-9"), scene.between(day, 9, 11)
    scene.tell("video-patrol", "video_patrol", watched, station=station, officer=scene.officer(), unit="雨花大队")
    scene.plant("E3", "patrol_missed", station=station, known=watched + timedelta(minutes=15))


def begin_no_patrol(scene: Scene, day: date) -> None:
    if not scene.halls_open_on(day):
        return
    station, opened = scene.number("ST-9"), scene.at(day, 8.5)
    scene.tell("video-patrol", "station_opened", opened, station=station, officer=scene.officer(), unit="雨花大队")
    scene.plant("E3", "patrol_not_begun", station=station, known=opened + timedelta(minutes=15))


PRACTICES: tuple[Callable[[Scene, date], None], ...] = (
    contradict_breath_by_blood,
    open_evidence_room_at_night,
    open_evidence_room_as_auxiliary,
    open_evidence_room_as_stranger,
    open_evidence_room_without_a_badge,
    swap_a_sample,
    keep_a_test_from_upload,
    edit_a_result,
    record_less_than_was_reported,
    let_a_test_go_unrecorded,
    let_a_test_lie,
    test_under_no_number,
    settle_for_strangers,
    settle_more_than_a_licence_has,
    settle_nine_points_at_once,
    set_up_a_lookalike,
    use_a_lookalike,
    log_in_at_night,
    log_in_from_elsewhere,
    log_in_at_two_places,
    borrow_an_account,
    look_over_the_own_work,
    hold_a_vehicle_too_long,
    give_a_measure_an_end_far_off,
    withhold_a_licence_too_long,
    fine_too_little,
    fine_a_drinker_for_something_lighter,
    punish_somebody_else,
    impose_a_penalty_without_video,
    impose_a_penalty_under_no_number,
    leave_out_a_step,
    raise_captures,
    settle_without_checks,
    settle_although_a_check_failed,
    settle_after_half_a_check,
    go_between_for_many,
    serve_a_go_between,
    settle_far_from_home,
    settle_for_people_far_from_home,
    settle_more_than_the_colleagues,
    settle_at_night,
    settle_on_the_same_few_licences,
    split_a_penalty,
    fine_in_small_parts,
    alter_a_document,
    store_what_nobody_signed,
    keep_a_document,
    let_a_report_lie,
    keep_a_file,
    let_a_camera_be_silent,
    switch_a_camera_off_most_of_the_day,
    leave_a_station_unwatched,
    begin_no_patrol,
)
