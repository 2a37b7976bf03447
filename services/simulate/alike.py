"""Honest behaviour that looks like misconduct, as the READMEs of the rule packs describe it.

In: a scene, a town and a day.  Out: events told on the scene, and in the ground truth what rules may find of them, with what it was.
`often` is for one officer and one day; `docs/simulation.md` says what it is based on.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from services.simulate.misconduct import READ_OUT, tell_penalty
from services.simulate.ordinary import Town
from services.simulate.reaching import reaching_back
from services.simulate.scene import ROOMS, Scene

Part = Callable[[Scene, Town, date], None]
PART_OF_1000 = 0.001


def sometimes(scene: Scene, town: Town, per_1000_officers: float) -> range:
    """How often it happens on a day."""
    return range(scene.count(per_1000_officers * PART_OF_1000 * town.size * scene.noise.alike))


def draw_blood_an_hour_late(scene: Scene, town: Town, day: date) -> None:
    """The body clears 10 to 20 mg/100ml an hour: 85 by the road are 76 in the hospital."""
    for _ in sometimes(scene, town, 0.3):
        tested = scene.between(day, 0.2, 3)
        case, officer, test_no = scene.case(day), scene.random.choice(town.at_moment(tested)).officer, scene.number("T")
        breath = scene.random.randrange(81, 90)
        with scene.act():
            scene.tell("case-system", "breath_test", tested, case=case, officer=officer, test_no=test_no, alcohol_field=breath)
            scene.tell("tester", "breath_upload", tested + timedelta(seconds=50), case=case, test_no=test_no, alcohol_uploaded=breath)
            scene.tell("case-system", "case_opened", tested + timedelta(minutes=40), case=case, officer=officer)
            scene.tell(
                "laboratory", "blood_test", tested + timedelta(hours=9), case=case, blood_result=breath - scene.random.randrange(11, 20)
            )
            scene.plant("A1", "blood_contradicts_breath", case=case, honest="blood drawn an hour after a test near the limit")


def bring_in_a_sample_at_night(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.5):
        room, keeper = scene.random.choice(list(ROOMS.items()))
        with scene.act():
            scene.tell("door", "door_opened", scene.between(day, 0.5, 5), room=room, officer=keeper, grade="police")
            scene.plant("A2", "evidence_room_out_of_hours", officer=keeper, honest="a sample brought in at night")


def mistype_the_number_of_a_test(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.5):
        tested, alcohol = scene.between(day, 14, 22), scene.random.randrange(0, 79)
        case, officer = scene.case(day), scene.random.choice(town.at_moment(tested)).officer
        test_no, mistyped = scene.number("T"), scene.number("T") + "?"
        with scene.act():
            scene.tell("case-system", "breath_test", tested, case=case, officer=officer, test_no=mistyped, alcohol_field=alcohol)
            scene.tell("tester", "breath_upload", tested + timedelta(seconds=50), case=case, test_no=test_no, alcohol_uploaded=alcohol)
            scene.tell("case-system", "case_opened", tested + timedelta(minutes=40), case=case, officer=officer)
            scene.plant(
                "A4", "breath_test_not_uploaded", case=case, known=tested + timedelta(days=1), honest="the number of a test mistyped"
            )
            scene.plant(
                "A4", "uploaded_test_without_record", case=case, known=tested + timedelta(days=1), honest="the number of a test mistyped"
            )


def correct_a_slip(scene: Scene, town: Town, day: date) -> None:
    """The record said 6 where the tester said 60; corrected within the hour, after the upload."""
    for _ in sometimes(scene, town, 0.5):
        tested, alcohol = scene.between(day, 14, 22), scene.random.randrange(2, 8)
        case, officer, test_no = scene.case(day), scene.random.choice(town.at_moment(tested)).officer, scene.number("T")
        edit = {"alcohol_before": alcohol, "alcohol_after": 10 * alcohol}
        with scene.act():
            scene.tell("case-system", "breath_test", tested, case=case, officer=officer, test_no=test_no, alcohol_field=alcohol)
            scene.tell("tester", "breath_upload", tested + timedelta(seconds=50), case=case, test_no=test_no, alcohol_uploaded=10 * alcohol)
            scene.tell("case-system", "case_opened", tested + timedelta(minutes=40), case=case, officer=officer)
            scene.tell("case-system", "breath_edit", tested + timedelta(minutes=50), case=case, officer=officer, test_no=test_no, **edit)
            for rule in ("breath_result_edited", "breath_record_contradicts_upload"):
                scene.plant("A4", rule, case=case, honest="a slip of the pen, corrected after the upload")


@reaching_back(30)
def open_the_case_under_another_number(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.3):
        tested, alcohol = scene.between(day - timedelta(days=30), 14, 22), scene.random.randrange(20, 79)
        case, officer, test_no = scene.case(day), scene.random.choice(town.desk).officer, scene.number("T")
        with scene.act():
            scene.tell("case-system", "breath_test", tested, case=case, officer=officer, test_no=test_no, alcohol_field=alcohol)
            scene.tell("tester", "breath_upload", tested + timedelta(seconds=50), case=case, test_no=test_no, alcohol_uploaded=alcohol)
            scene.tell("case-system", "case_opened", tested + timedelta(minutes=40), case=scene.case(day), officer=officer)
            scene.plant("A5", "breath_test_without_case", case=case, honest="the case was opened under another number")


@reaching_back(200)
def drive_the_cars_of_the_family(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.5):
        licence = scene.number("L")
        with scene.act():
            for back in (200, 70, 0):
                clerk = scene.random.choice(town.clerks).officer
                booked = {"vehicle": scene.vehicle(), "officer": clerk, "points": 1}
                scene.tell("counter", "settlement", scene.between(day - timedelta(days=back), 9, 17), licence=licence, **booked)
            scene.plant("B1", "licence_settles_for_many_vehicles", licence=licence, honest="a family with three cars")


def settle_a_grave_violation(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.5):
        clerk = scene.random.choice(town.clerks).officer
        booked = {"licence": scene.number("L"), "vehicle": scene.vehicle(), "officer": clerk, "points": 12}
        with scene.act():
            scene.tell("counter", "settlement", scene.between(day, 9, 17), **booked)
            scene.plant("B2", "settlement_above_six_points", officer=clerk, honest="twelve points for one grave violation")


def log_in_with_capitals(scene: Scene, town: Town, day: date) -> None:
    """The log-in server takes them for the name, and sends what was typed. Seen once for each account, for it stays in the history."""
    for _ in sometimes(scene, town, 0.1):
        member = scene.random.choice(town.clerks)
        said = {"officer": member.officer, "place": member.place, "successful": True}
        with scene.act():
            scene.tell("login", "login", scene.between(day, 9, 17), account=member.account.upper(), **said)
            scene.plant("C1", "lookalike_account_used", account=member.account, honest="the name typed in capitals")


def stand_in_at_night(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.5):
        member = scene.random.choice(town.clerks)
        said = {"officer": member.officer, "place": member.place, "successful": True}
        with scene.act():
            scene.tell("login", "login", scene.between(day, 0.5, 5), account=member.account, **said)
            scene.plant("C2", "login_at_unusual_time", account=member.account, honest="night duty, once")


def go_on_a_business_trip(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.5):
        member = scene.random.choice(town.clerks)
        said = {"officer": member.officer, "place": "衡阳", "successful": True}
        with scene.act():
            scene.tell("login", "login", scene.between(day, 19, 21), account=member.account, **said)
            scene.plant("C2", "login_from_unusual_place", account=member.account, honest="a business trip")


def work_on_a_remote_desktop(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.2):
        member, begun = scene.random.choice(town.clerks), scene.between(day, 18, 20)
        with scene.act():
            for minutes, place in ((0, member.place), (3, "省厅机房")):
                said = {"officer": member.officer, "place": place, "successful": True}
                scene.tell("login", "login", begun + timedelta(minutes=minutes), account=member.account, **said)
            scene.plant(
                "C2", "account_in_two_places", account=member.account, honest="a remote desktop, reported at the place of its server"
            )
            scene.plant(
                "C2", "login_from_unusual_place", account=member.account, honest="a remote desktop, reported at the place of its server"
            )


def share_a_terminal(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.2):
        member, changed = scene.random.choice(town.clerks), scene.between(day, 9, 17)
        said = {"officer": member.officer, "place": member.place, "terminal": "HALL-1", "successful": True}
        with scene.act():
            scene.tell("accounts", "password_changed", changed, account=member.account, officer=town.desk[0].officer, terminal="HALL-1")
            scene.tell("login", "login", changed + timedelta(minutes=5), account=member.account, **said)
            scene.plant("C3", "borrowed_account", account=member.account, honest="one terminal for all")


def be_alone_on_duty(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.3):
        transaction, officer, handled = scene.number("X"), scene.random.choice(town.clerks).officer, scene.between(day, 9, 17)
        with scene.act():
            scene.tell("registration", "transaction_handled", handled, transaction=transaction, officer=officer)
            scene.tell("registration", "transaction_audited", handled + timedelta(hours=1), transaction=transaction, officer=officer)
            scene.plant("C4", "handled_and_audited_by_one", transaction=transaction, honest="only one person on duty")


@reaching_back(40)
def extend_a_measure_without_sending_it(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.3):
        case, officer, taken = scene.case(day), scene.random.choice(town.desk).officer, scene.between(day - timedelta(days=40), 8, 17)
        with scene.act():
            scene.tell("case-system", "measure", taken, case=case, officer=officer, kind="vehicle held")
            scene.tell("case-system", "ruling", taken + timedelta(days=40), case=case, officer=officer)
            scene.plant(
                "D1", "measure_without_ruling", case=case, known=taken + timedelta(days=30), honest="extended, and the new end not sent"
            )


def fine_as_a_court_allowed(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.2):
        imposed = scene.between(day, 9, 17)
        officer = scene.random.choice(town.desk).officer
        with scene.act():
            tell_penalty(scene, imposed, scene.case(day), officer, article="90", amount=10)
            scene.plant("D3", "penalty_below_the_least", officer=officer, honest="lowered by a court")


def read_the_card_of_the_owner_too(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.3):
        case, imposed = scene.case(day), scene.between(day, 9, 17)
        officer, driver = scene.random.choice(town.at_moment(imposed)).officer, scene.number("43010219900101")
        with scene.act():
            for back, person in ((12, driver), (10, scene.number("43010219900101"))):
                scene.tell("card-reader", "person_identified", imposed - timedelta(minutes=back), case=case, officer=officer, person=person)
            tell_penalty(scene, imposed, case, officer, person=driver)
            scene.plant("D5", "punished_is_not_identified", case=case, honest="the owner's card was read after the driver's")


def have_a_camera_fail(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.5):
        case, imposed = scene.case(day), scene.between(day, 7, 22)
        officer = scene.random.choice(town.at_moment(imposed)).officer
        with scene.act():
            scene.tell("case-system", "penalty", imposed, case=case, officer=officer, procedure="summary")
            scene.plant("D7", "penalty_without_video", case=case, known=imposed + READ_OUT, honest="the camera failed")


@reaching_back(13)
def send_the_traffic_past_a_camera(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.05):
        camera = scene.number("EP-")
        with scene.act():
            for back in range(13, -1, -1):
                captures = scene.random.randrange(35, 50) * (1 if back > 6 else 3)
                reported = scene.at(day - timedelta(days=back), 23.5)
                scene.tell("traffic", "device_day", reported, device=camera, unit=town.cameras[0][1], captures=captures, hours_online=24)
            scene.plant("E1", "captures_rise", device=camera, honest="a detour past the camera")


ALIKE: tuple[Part, ...] = (
    draw_blood_an_hour_late,
    bring_in_a_sample_at_night,
    mistype_the_number_of_a_test,
    correct_a_slip,
    open_the_case_under_another_number,
    drive_the_cars_of_the_family,
    settle_a_grave_violation,
    log_in_with_capitals,
    stand_in_at_night,
    go_on_a_business_trip,
    work_on_a_remote_desktop,
    share_a_terminal,
    be_alone_on_duty,
    extend_a_measure_without_sending_it,
    fine_as_a_court_allowed,
    read_the_card_of_the_owner_too,
    have_a_camera_fail,
    send_the_traffic_past_a_camera,
)
