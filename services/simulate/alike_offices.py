"""Honest behaviour of equipment, halls and offices that looks like misconduct: practices E2, E3, and F to I.

In: a scene, a town and a day.  Out: events told on the scene, and in the ground truth what rules may find of them, or must leave alone.
"""

from __future__ import annotations

from datetime import date, timedelta

from services.simulate.alike import Part, sometimes
from services.simulate.draws import INSPECTOR
from services.simulate.misconduct import INSTANT
from services.simulate.offices import tell_checked_settlement, tell_inspection, tell_reads, tell_sitting
from services.simulate.ordinary import Town
from services.simulate.reaching import reaching_back
from services.simulate.scene import Scene

DAYS_OF_A_QUARTER = 60

# ------------------------------------------------------------------ E2, E3: cameras, and those who watch video


def close_a_road(scene: Scene, town: Town, day: date) -> None:
    """Nothing drives past the camera for three weeks; the register hears of it, or does not."""
    for _ in sometimes(scene, town, 0.1):
        device, told = scene.number("EP-"), scene.chance(0.5)
        of, closed = {"device": device, "unit": town.cameras[0][1]}, scene.at(day, 9)
        with scene.act():
            scene.tell("traffic", "device_state", closed - timedelta(hours=1), **of, state="in use")
            if told:
                scene.tell("traffic", "device_state", closed, **of, state="road closed")
            scene.tell("traffic", "device_state", closed + timedelta(days=21), **of, state="taken back")
            honest = "the road is closed, and the register knows" if told else "the road is closed, and nobody told the register"
            scene.plant("E2", "device_silent", device=device, honest=honest, spared=told)


@reaching_back(30)
def run_on_the_sun(scene: Scene, town: Town, day: date) -> None:
    """Cameras that are switched off at night on purpose. Seen at the end of a month only."""
    if (day + timedelta(days=1)).day != 1:
        return
    for _ in sometimes(scene, town, 1.0):
        device = scene.number("EP-")
        with scene.act():
            for number in range(1, day.day + 1):
                said = {"captures": scene.random.randrange(35, 50), "hours_online": scene.random.randrange(9, 14)}
                scene.tell("traffic", "device_day", scene.at(day.replace(day=number), 23.5), device=device, unit=town.cameras[0][1], **said)
            scene.plant(
                "E2", "device_hardly_used", device=device, known=scene.at(day, 24) - INSTANT, honest="a camera that runs on the sun, by day"
            )


def follow_an_alarm(scene: Scene, town: Town, day: date) -> None:
    """Whoever should watch the video is called away, after a look or before the first."""
    if not scene.halls_open_on(day):
        return
    for _ in sometimes(scene, town, 0.3):
        station, begun = scene.number("ST-8"), scene.chance(0.5)
        by = {"station": station, "officer": scene.random.choice(town.desk).officer, "unit": town.halls[0][1]}
        with scene.act():
            if begun:
                scene.tell("video-patrol", "video_patrol", scene.between(day, 9, 10), **by)
                scene.plant("E3", "patrol_missed", station=station, known=scene.at(day, 11), honest="called away by an alarm")
            else:
                scene.tell("video-patrol", "station_opened", scene.at(day, 8.5), **by)
                scene.plant("E3", "patrol_not_begun", station=station, known=scene.at(day, 9), honest="called away by an alarm")


# ------------------------------------------------------------------ F: vehicle and licence counters


def finish_what_failed_in_the_afternoon(scene: Scene, town: Town, day: date) -> None:
    """A machine sends it again at night; or a clerk stays until a quarter to ten."""
    if not scene.halls_open_on(day):
        return
    for _ in sometimes(scene, town, 0.4):
        officer, at_night = scene.random.choice(town.clerks).officer, scene.chance(0.5)
        booked = scene.between(day, *((22.5, 23.5) if at_night else (20, 21.75)))
        of = {"transaction": scene.number("X"), "vehicle": scene.vehicle(), "model": "VW-LAVIDA", "dealer": scene.number("D-8")}
        with scene.act():
            scene.tell("registration", "registration", booked, officer=officer, unit=town.halls[0][1], **of)
            if at_night:
                scene.plant("F1", "registration_out_of_hours", officer=officer, honest="sent again at night by a machine")
            else:
                scene.plant(
                    "F1", "registration_out_of_hours", officer=officer, honest="the day's work finished in the evening", spared=True
                )


def bring_a_fleet(scene: Scene, town: Town, day: date) -> None:
    """Taxis that were announced, or a new model on its first day."""
    if not scene.halls_open_on(day):
        return
    for _ in sometimes(scene, town, 0.1):
        announced = scene.chance(0.5)
        dealer, model = ("FL-901", scene.number("TAXI-")) if announced else (scene.number("D-8"), scene.number("NEW-"))
        officer = scene.random.choice(town.clerks).officer
        with scene.act():
            for _ in range(12):
                of = {"transaction": scene.number("X"), "vehicle": scene.vehicle(), "model": model, "dealer": dealer}
                scene.tell("registration", "registration", scene.between(day, 9, 17), officer=officer, unit=town.halls[0][1], **of)
            honest = "a fleet that was announced" if announced else "a new model on its first day"
            scene.plant("F2", "registrations_in_a_row", dealer=dealer, model=model, honest=honest, spared=announced)


def inspect_with_a_fast_machine(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.3):
        officer = scene.random.choice(town.clerks).officer
        with scene.act():
            tell_inspection(scene, day, scene.number("IS-"), officer, 8)
            scene.plant("F3", "inspection_too_fast", officer=officer, honest="a station with faster machines")


def misread_a_number(scene: Scene, town: Town, day: date) -> None:
    """By one letter, or written small and with a space."""
    for _ in sometimes(scene, town, 0.4):
        officer, small = scene.new_officer(), scene.chance(0.5)
        with scene.act():
            tell_inspection(scene, day, scene.number("IS-"), officer, 20, vin_read=" lsvaa1" if small else "LSVAAI")
            honest = "the same number in small letters" if small else "a number misread by one letter"
            scene.plant("F3", "inspection_of_another_vehicle", officer=officer, honest=honest, spared=small)


@reaching_back(10)
def inspect_on_the_border(scene: Scene, town: Town, day: date) -> None:
    """More than half of the customers come from the other province, or exactly half."""
    for _ in sometimes(scene, town, 0.05):
        station, officer, half = scene.number("IS-"), scene.random.choice(town.clerks).officer, scene.chance(0.5)
        elsewhere = 11 if half else 14
        with scene.act():
            # Those from here come first: at no moment from the twentieth on are there more from elsewhere than at the end.
            for number in range(22):
                back, region = 10 - number // 2, "湖南" if number < 22 - elsewhere else "江西"
                tell_inspection(scene, day - timedelta(days=max(back, 0)), station, officer, 20, vehicle_region=region)
            honest = "on the border, with half of the customers from elsewhere" if half else "on the border, where most come from elsewhere"
            scene.plant("F3", "station_inspects_out_of_town", station=station, honest=honest, spared=half)


def examine_for_one_who_fell_ill(scene: Scene, town: Town, day: date) -> None:
    """A second draw is made and sent, or is not."""
    for _ in sometimes(scene, town, 0.3):
        officer, drawn_again = scene.new_officer(), scene.chance(0.5)
        with scene.act():
            exam = tell_sitting(scene, day, scene.number("KS-"), officer, 30, 21, drawn=False)
            if drawn_again:
                scene.tell("examination", "examiner_drawn", scene.at(day, 9), exam=exam, station=scene.number("KS-"), officer=officer)
            honest = "stood in after a second draw" if drawn_again else "stood in for one who fell ill"
            scene.plant("F4", "examiner_not_drawn", exam=exam, honest=honest, spared=drawn_again)


@reaching_back(6)
def examine_those_who_come_again(scene: Scene, town: Town, day: date) -> None:
    """Candidates who sit for the second time, all with one examiner; too few of them are left alone."""
    for _ in sometimes(scene, town, 0.1):
        station, officer, few = scene.number("KS-"), scene.new_officer(), scene.chance(0.5)
        with scene.act():
            tell_sitting(scene, day - timedelta(days=6), station, scene.new_officer(), 40, 25)
            for back in (0,) if few else (3, 0):
                tell_sitting(scene, day - timedelta(days=back), station, officer, 30, 29)
            honest = "candidates of a second sitting, and few" if few else "candidates of a second sitting"
            scene.plant("F4", "examiner_passes_too_many", officer=officer, station=station, honest=honest, spared=few)


@reaching_back(DAYS_OF_A_QUARTER)
def work_where_others_check(scene: Scene, town: Town, day: date) -> None:
    """Lent to another authority, whose checks nobody sends; or on leave for most of the quarter. Seen at the end of a quarter only."""
    if (day + timedelta(days=1)).day != 1 or day.month % 3:
        return
    for _ in sometimes(scene, town, 2.0):
        officer, on_leave = scene.new_officer(), scene.chance(0.5)
        with scene.act():
            for back in range(0, 45 if on_leave else DAYS_OF_A_QUARTER, 5):
                scene.tell("staff", "shift_began", scene.at(day - timedelta(days=back), 8), officer=officer, unit=town.halls[0][1])
            honest = "on leave, nine days on duty" if on_leave else "lent to another authority, which checks and does not send it"
            known = scene.at(day, 24) - INSTANT
            scene.plant("F5", "officer_not_supervised", officer=officer, known=known, honest=honest, spared=on_leave)


# ------------------------------------------------------------------ G: the score record


def enter_an_item_wrongly(scene: Scene, town: Town, day: date) -> None:
    """For a namesake, or with a slip in the number of the item."""
    for _ in sometimes(scene, town, 0.3):
        officer, unit, entered = scene.new_officer(), scene.number("中队"), scene.between(day, 9, 17)
        slip, by = scene.chance(0.5), scene.random.choice(town.desk).officer
        with scene.act():
            scene.tell("conduct", "conduct_entry", entered, officer=officer, item="P010l" if slip else "P0101", entered_by=by)
            honest = "a slip in the number of the item" if slip else "entered for a namesake"
            scene.plant("G", "conduct_item_unknown" if slip else "conduct_item", officer=officer, honest=honest)
        with scene.act():
            scene.tell("conduct", "unit_conduct_entry", entered, unit=unit, item="UO3" if slip else "U03", entered_by=by)
            honest = "a slip in the number of the item" if slip else "entered for another unit"
            scene.plant("G", "unit_conduct_item_unknown" if slip else "unit_conduct_item", unit=unit, honest=honest)


# ------------------------------------------------------------------ H: checks and calls


def withdraw_before_the_check(scene: Scene, town: Town, day: date) -> None:
    """The client takes the matter back; where that is reported as checked, nothing is missing."""
    for _ in sometimes(scene, town, 0.3):
        transaction, drawn, reported = scene.number("X"), scene.between(day, 9, 17), scene.chance(0.5)
        one, other = scene.random.sample(town.clerks, 2)
        with scene.act():
            scene.tell("checks", "spot_check_drawn", drawn, transaction=transaction, officer=one.officer, unit=one.unit)
            if reported:
                done = {"transaction": transaction, "officer": one.officer, "checker": other.officer, "irregular": False}
                scene.tell("checks", "spot_check_done", drawn + timedelta(hours=30), **done)
            honest = "withdrawn, and reported as checked" if reported else "withdrawn before the check"
            known = drawn + timedelta(days=20)
            scene.plant("H", "spot_check_not_done", transaction=transaction, known=known, honest=honest, spared=reported)


def report_a_check_under_another_number(scene: Scene, town: Town, day: date) -> None:
    """What was drawn by lot was checked, and the number of the transaction mistyped."""
    if not scene.open_on(day):
        return
    for _ in sometimes(scene, town, 0.1):
        settled, clerk = scene.between(day, 9, 17), scene.random.choice(town.clerks)
        transaction = scene.draws.unchecked("transaction_drawn", day, lambda: scene.number("X"))
        if transaction is None:
            return
        with scene.act():
            tell_checked_settlement(scene, settled, transaction, clerk.officer, scene.number("窗口"))
            done = {"transaction": transaction + "?", "officer": clerk.officer, "checker": INSPECTOR, "irregular": False}
            scene.tell("checks", "spot_check_done", settled + timedelta(hours=20), **done)
            honest, known = "checked, and reported under another number", settled + timedelta(days=20)
            scene.plant("H", "drawn_transaction_not_checked", transaction=transaction, known=known, honest=honest)


def make_a_slip(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.2):
        officer, checker = scene.new_officer(), scene.random.choice(town.clerks).officer
        said = {"transaction": scene.number("X"), "officer": officer, "checker": checker, "irregular": True}
        with scene.act():
            scene.tell("checks", "spot_check_done", scene.between(day, 9, 17), **said)
            scene.plant("H", "spot_check_irregular", officer=officer, honest="a slip, no more")


def check_alone(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.2):
        officer = scene.new_officer()
        said = {"transaction": scene.number("X"), "officer": officer, "checker": officer, "irregular": False}
        with scene.act():
            scene.tell("checks", "spot_check_done", scene.between(day, 9, 17), **said)
            scene.plant("H", "spot_check_of_the_own_work", officer=officer, honest="a unit with a single officer")


def reach_a_relative(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.3):
        officer = scene.new_officer()
        with scene.act():
            said = {"transaction": scene.number("X"), "officer": officer, "reached": True, "confirmed": False}
            scene.tell("callback", "callback_made", scene.between(day, 9, 17), **said)
            scene.plant("H", "callback_denied", officer=officer, honest="a relative took the call")


@reaching_back(9)
def refuse_what_the_law_refuses(scene: Scene, town: Town, day: date) -> None:
    """Ten clients, most of whom were refused; or three, of whom nothing can be said."""
    for _ in sometimes(scene, town, 0.1):
        officer, few = scene.new_officer(), scene.chance(0.5)
        with scene.act():
            for back in range(3 if few else 10):
                said = {
                    "transaction": scene.number("X"),
                    "officer": officer,
                    "reached": True,
                    "confirmed": True,
                    "satisfied": back % 3 == 1,
                }
                scene.tell("callback", "callback_made", scene.between(day - timedelta(days=back), 9, 17), **said)
            honest = "three clients only" if few else "clients whose matters were refused"
            scene.plant("H", "callbacks_dissatisfied", officer=officer, honest=honest, spared=few)


def lose_the_line(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.05):
        unit = scene.number("窗口")
        with scene.act():
            for _ in range(20):
                said = {
                    "transaction": scene.number("X"),
                    "officer": scene.random.choice(town.clerks).officer,
                    "unit": unit,
                    "reached": False,
                }
                scene.tell("callback", "callback_made", scene.between(day, 9, 12), **said)
            scene.plant("H", "callbacks_reach_nobody", unit=unit, honest="the call centre's line was down for a morning")


# ------------------------------------------------------------------ I: those who watch


def mend_a_rule_at_night(scene: Scene, town: Town, day: date) -> None:
    """Approved in the morning, or in time by telephone and entered at once."""
    for _ in sometimes(scene, town, 0.2):
        change, (author, other), at_once = scene.number("MR-"), scene.random.sample(town.desk, 2), scene.chance(0.5)
        put_to_work = scene.between(day, 1, 4)
        with scene.act():
            scene.tell("service", "rule_change_proposed", put_to_work - timedelta(minutes=30), change=change, officer=author.officer)
            approved = put_to_work - timedelta(minutes=10) if at_once else scene.at(day, 9)
            scene.tell("service", "rule_change_approved", approved, change=change, officer=other.officer)
            scene.tell("service", "rule_change_activated", put_to_work, change=change, officer=author.officer)
            honest = "an urgent repair, approved before" if at_once else "an urgent repair, approved in the morning"
            scene.plant("I", "change_activated_unapproved", change=change, honest=honest, spared=at_once)


def propose_for_somebody_on_leave(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.2):
        change, officer, proposed = scene.number("MR-"), scene.random.choice(town.desk).officer, scene.between(day, 9, 12)
        with scene.act():
            for step, hours in (("proposed", 0), ("approved", 3)):
                scene.tell("service", f"rule_change_{step}", proposed + timedelta(hours=hours), change=change, officer=officer)
            scene.plant("I", "change_approved_by_its_author", change=change, honest="proposed for somebody on leave, under the own name")


def forget_a_password(scene: Scene, town: Town, day: date) -> None:
    """After the holidays: five times wrong, or four and then right."""
    for _ in sometimes(scene, town, 0.3):
        account, officer, first, four = (
            scene.account(),
            scene.random.choice(town.desk).officer,
            scene.between(day, 9, 17),
            scene.chance(0.5),
        )
        with scene.act():
            for number in range(5):
                said = {"account": account, "officer": officer, "place": "长沙", "successful": four and number == 4}
                scene.tell("service", "service_login", first + timedelta(minutes=number), **said)
            honest = "four times the wrong password, then the right one" if four else "a password forgotten over the holidays"
            scene.plant("I", "service_passwords_tried", account=account, honest=honest, spared=four)


def log_in_to_the_service_with_capitals(scene: Scene, town: Town, day: date) -> None:
    """What was typed is sent, not what is stored; where that log-in fails nothing is found."""
    for _ in sometimes(scene, town, 0.2):
        account, officer, failed = scene.account(), scene.random.choice(town.desk).officer, scene.chance(0.5)
        with scene.act():
            for hours, name in ((9, account), (15, account.upper())):
                said = {"officer": officer, "place": "长沙", "successful": name == account or not failed}
                scene.tell("service", "service_login", scene.at(day, hours), account=name, **said)
            honest = "the name typed in capitals, in vain" if failed else "the name typed in capitals"
            scene.plant("I", "service_lookalike", account=account, honest=honest, spared=failed)


def watch_at_night(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.2):
        officer = scene.new_officer()
        with scene.act():
            said = {"account": scene.account(), "officer": officer, "place": "长沙", "successful": True}
            scene.tell("service", "service_login", scene.between(day, 1, 5), **said)
            scene.plant("I", "service_login_at_night", officer=officer, honest="night duty at the service")


def review_a_unit(scene: Scene, town: Town, day: date) -> None:
    """Its thirty records in a day, under the number of the review; or without one, a few of them; or all but one."""
    for _ in sometimes(scene, town, 0.1):
        officer, way = scene.new_officer(), scene.random.choice(("all", "all but one", "no number"))
        with scene.act():
            if way == "no number":
                tell_reads(scene, day, officer, 3)
                scene.plant("I", "sensitive_reads_without_case", officer=officer, honest="a review that names no number")
            else:
                tell_reads(scene, day, officer, 30 if way == "all" else 29, case=scene.case(day))
                honest = "a review of a whole unit" if way == "all" else "a review of a small unit"
                scene.plant("I", "many_sensitive_reads", officer=officer, honest=honest, spared=way != "all")


def look_up_the_own_record(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.2):
        officer = scene.new_officer()
        with scene.act():
            tell_reads(scene, day, officer, 1, subject=officer, case=scene.case(day))
            scene.plant("I", "own_record_read", officer=officer, honest="the own record, which the law lets everybody see")


def number_events_anew(scene: Scene, town: Town, day: date) -> None:
    """A platform counts from the beginning after a restart."""
    for _ in sometimes(scene, town, 0.1):
        case, filmed = scene.case(day), scene.between(day, 8, 12)
        of = {"case": case, "officer": scene.random.choice(town.patrol).officer}
        with scene.act():
            for number, step in enumerate(("identity shown", "facts stated", "signed")):
                moment = filmed + timedelta(minutes=number)
                scene.tell_otherwise("camera-platform", "video_step", moment, of | {"step": step}, of | {"step": "rights told"})
            known = filmed + timedelta(hours=8)
            scene.plant("I", "events_told_otherwise", case=case, known=known, honest="a platform that numbers anew after a restart")


ALIKE: tuple[Part, ...] = (
    close_a_road,
    run_on_the_sun,
    follow_an_alarm,
    finish_what_failed_in_the_afternoon,
    bring_a_fleet,
    inspect_with_a_fast_machine,
    misread_a_number,
    inspect_on_the_border,
    examine_for_one_who_fell_ill,
    examine_those_who_come_again,
    work_where_others_check,
    enter_an_item_wrongly,
    withdraw_before_the_check,
    report_a_check_under_another_number,
    make_a_slip,
    check_alone,
    reach_a_relative,
    refuse_what_the_law_refuses,
    lose_the_line,
    mend_a_rule_at_night,
    propose_for_somebody_on_leave,
    forget_a_password,
    log_in_to_the_service_with_capitals,
    watch_at_night,
    review_a_unit,
    look_up_the_own_record,
    number_events_anew,
)
