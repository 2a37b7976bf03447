"""Honest behaviour at counters and in cases that looks like misconduct: practices B3 to B6, D2, D4 and D6.

In: a scene, a town and a day.  Out: events told on the scene, and in the ground truth what rules may find of them, or must leave alone.
"""

from __future__ import annotations

from datetime import date, timedelta

from services.simulate.alike import Part, sometimes
from services.simulate.misconduct import CHECKS, FAR, tell_penalty, tell_settlement
from services.simulate.ordinary import HOME, Town
from services.simulate.reaching import reaching_back
from services.simulate.scene import Scene

# ------------------------------------------------------------------ B3: three-in-one checks


def check_by_eye(scene: Scene, town: Town, day: date) -> None:
    """The reader was out of order; what was seen is entered when it is mended."""
    for _ in sometimes(scene, town, 0.3):
        transaction, clerk, settled = scene.number("X"), scene.random.choice(town.clerks).officer, scene.between(day, 9, 15)
        with scene.act():
            tell_settlement(scene, settled, clerk, transaction=transaction)
            seen = dict.fromkeys(CHECKS, True)
            scene.tell("counter", "three_checks", settled + timedelta(hours=1), transaction=transaction, officer=clerk, **seen)
            scene.plant(
                "B3", "settlement_without_checks", transaction=transaction, honest="checked by eye while the reader was out of order"
            )


def mistrust_a_worn_card(scene: Scene, town: Town, day: date) -> None:
    """A reader cannot read a worn card; the clerk looks at it and books, or has it read once more first."""
    for _ in sometimes(scene, town, 0.4):
        transaction, clerk, settled = scene.number("X"), scene.random.choice(town.clerks).officer, scene.between(day, 9, 17)
        of, card = {"transaction": transaction, "officer": clerk}, scene.random.choice(CHECKS)
        read = dict.fromkeys(CHECKS, True)
        again = scene.chance(0.5)
        with scene.act():
            scene.tell("counter", "three_checks", settled - timedelta(minutes=5), **of, **(read | {card: False}))
            if again:
                scene.tell("counter", "three_checks", settled - timedelta(minutes=3), **of, **read)
            tell_settlement(scene, settled, clerk, transaction=transaction)
            honest = "a worn card, read once more" if again else "a worn card that the reader could not read"
            scene.plant("B3", "settlement_despite_failed_check", transaction=transaction, honest=honest, spared=again)


def show_a_licence_on_the_telephone(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.3):
        transaction, clerk, settled = scene.number("X"), scene.random.choice(town.clerks).officer, scene.between(day, 9, 17)
        read = dict.fromkeys(CHECKS[:2], True)
        with scene.act():
            scene.tell("counter", "three_checks", settled - timedelta(minutes=3), transaction=transaction, officer=clerk, **read)
            tell_settlement(scene, settled, clerk, transaction=transaction)
            scene.plant(
                "B3", "settlement_check_incomplete", transaction=transaction, honest="an electronic licence that the reader cannot take"
            )


# ------------------------------------------------------------------ B4: go-betweens


def _accompany(scene: Scene, town: Town, day: date, person: str, clients: int) -> list[str]:
    """The person comes on days in a row with so many others, to two clerks in turn. Answers the two."""
    clerks = [member.officer for member in scene.random.sample(town.clerks, 2)]
    for number in range(clients):
        said = {"person": person, "client": scene.number("43010219900101"), "officer": clerks[number % 2]}
        came = scene.between(day - timedelta(days=clients - 1 - number), 9, 17)
        scene.tell("video-patrol", "counter_visit", came, station=town.halls[0][0], **said)
    return clerks


@reaching_back(5)
def run_errands_for_a_fleet(scene: Scene, town: Town, day: date) -> None:
    """A company's messenger, who goes to the counter that is free."""
    for _ in sometimes(scene, town, 0.1):
        person = scene.number("43010219770101")
        with scene.act():
            for clerk in _accompany(scene, town, day, person, 6):
                scene.plant("B4", "clerk_serves_go_between", officer=clerk, person=person, honest="a fleet's messenger")
            scene.plant("B4", "go_between", person=person, honest="a fleet's messenger")


@reaching_back(3)
def come_with_the_family(scene: Scene, town: Town, day: date) -> None:
    """With four relatives, two of them at one counter and two at another."""
    for _ in sometimes(scene, town, 0.3):
        person = scene.number("43010219770101")
        with scene.act():
            for clerk in _accompany(scene, town, day, person, 4):
                scene.plant("B4", "clerk_serves_go_between", officer=clerk, person=person, honest="a family of five", spared=True)
            scene.plant("B4", "go_between", person=person, honest="a family of five", spared=True)


# ------------------------------------------------------------------ B5: far from home


@reaching_back(40)
def drive_the_employers_car(scene: Scene, town: Town, day: date) -> None:
    """Licence of one province, car of another, settled where the work is; who only moved has one province less."""
    for _ in sometimes(scene, town, 0.3):
        licence, vehicle, moved = scene.number("L"), scene.vehicle(), scene.chance(0.5)
        with scene.act():
            for back in (40, 0):
                said = FAR | ({"vehicle_region": HOME} if moved else {})
                clerk = scene.random.choice(town.clerks).officer
                tell_settlement(scene, scene.between(day - timedelta(days=back), 9, 17), clerk, licence=licence, vehicle=vehicle, **said)
            honest = "moved here, and registered the car anew" if moved else "works far from home, and drives the employer's car"
            scene.plant("B5", "licence_settles_far_from_home", licence=licence, honest=honest, spared=moved)


@reaching_back(8)
def sit_beside_the_motorway(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.1):
        clerk = scene.new_officer()
        with scene.act():
            for back in (8, 6, 4, 2, 0):
                tell_settlement(scene, scene.between(day - timedelta(days=back), 9, 17), clerk, **FAR)
            scene.plant("B5", "clerk_settles_far_from_home", officer=clerk, honest="a counter beside the motorway")


# ------------------------------------------------------------------ B6: a clerk beside the colleagues


def _settle_daily(scene: Scene, day: date, clerk: str, unit: str, backs: range, each: int) -> None:
    for back in backs:
        for _ in range(each):
            tell_settlement(scene, scene.between(day - timedelta(days=back), 9, 17), clerk, unit=unit)


@reaching_back(9)
def sit_at_the_only_window(scene: Scene, town: Town, day: date) -> None:
    """One clerk settles, the three colleagues do other work and help out."""
    for _ in sometimes(scene, town, 0.05):
        unit, clerk = scene.number("窗口"), scene.new_officer()
        with scene.act():
            for _ in range(3):
                _settle_daily(scene, day, scene.new_officer(), unit, range(3, 10), 1)
            _settle_daily(scene, day, clerk, unit, range(8), 4)
            scene.plant(
                "B6", "clerk_settles_more_than_colleagues", officer=clerk, unit=unit, honest="the clerk of the window for settlements"
            )


@reaching_back(9)
def stand_in_for_the_ill(scene: Scene, town: Town, day: date) -> None:
    """The only colleague has been ill since the first day: too little to compare with."""
    for _ in sometimes(scene, town, 0.05):
        unit, clerk = scene.number("窗口"), scene.new_officer()
        with scene.act():
            _settle_daily(scene, day, scene.new_officer(), unit, range(9, 10), 5)
            _settle_daily(scene, day, clerk, unit, range(9), 4)
            honest = "works for a colleague who is ill"
            scene.plant("B6", "clerk_settles_more_than_colleagues", officer=clerk, unit=unit, honest=honest, spared=True)


@reaching_back(1)
def connect_a_counter(scene: Scene, town: Town, day: date) -> None:
    """On the second day of a new source one clerk has been busy by chance."""
    for _ in sometimes(scene, town, 0.05):
        unit, clerk = scene.number("窗口"), scene.new_officer()
        with scene.act():
            for _ in range(4):
                _settle_daily(scene, day, scene.new_officer(), unit, range(1, 2), 5)
            _settle_daily(scene, day, clerk, unit, range(2), 11)
            honest = "the second day of a new source"
            scene.plant("B6", "clerk_settles_more_than_colleagues", officer=clerk, unit=unit, honest=honest, spared=True)


@reaching_back(14)
def keep_the_counter_open_late(scene: Scene, town: Town, day: date) -> None:
    """An evening of service each week, to half past ten, or to a quarter to ten."""
    for _ in sometimes(scene, town, 0.1):
        clerk, early = scene.new_officer(), scene.chance(0.5)
        with scene.act():
            for back in (14, 7, 0):
                tell_settlement(scene, scene.between(day - timedelta(days=back), *((21, 21.75) if early else (22, 22.5))), clerk)
            honest = "an evening of service, over before ten" if early else "an evening of service that lasts past ten"
            scene.plant("B6", "clerk_settles_at_night", officer=clerk, honest=honest, spared=early)


def settle_long_lists(scene: Scene, town: Town, day: date) -> None:
    """Drivers of a fleet come with all that has gathered in a year, each with the own violations of one car."""
    for _ in sometimes(scene, town, 0.1):
        clerk = scene.new_officer()
        with scene.act():
            for _ in range(5):
                licence, vehicle, came = scene.number("L"), scene.vehicle(), scene.between(day, 9, 16)
                for part in range(4):
                    tell_settlement(scene, came + timedelta(minutes=6 * part), clerk, licence=licence, vehicle=vehicle)
            scene.plant("B6", "clerk_settles_same_licences", officer=clerk, honest="drivers of a fleet, each with a long list")


# ------------------------------------------------------------------ D2: split penalties


def park_there_again(scene: Scene, town: Town, day: date) -> None:
    """Within two hours in one place: the same article twice. In another street: nothing to find."""
    for _ in sometimes(scene, town, 0.4):
        vehicle, imposed, elsewhere = scene.vehicle(), scene.between(day, 9, 18), scene.chance(0.5)
        with scene.act():
            for minutes, place in ((0, "五一大道"), (95, "芙蓉路" if elsewhere else "五一大道")):
                officer, moment = scene.random.choice(town.patrol).officer, imposed + timedelta(minutes=minutes)
                tell_penalty(scene, moment, scene.case(day), officer, article="90", amount=100, vehicle=vehicle, place=place)
            honest = "parked wrongly in two streets" if elsewhere else "parked wrongly again in the same place"
            scene.plant("D2", "penalty_split", vehicle=vehicle, honest=honest, spared=elsewhere)


def do_three_things_at_once(scene: Scene, town: Town, day: date) -> None:
    """No belt, on the telephone, past a red light: a fine for each, as the law says."""
    for _ in sometimes(scene, town, 0.3):
        vehicle, officer, imposed = scene.vehicle(), scene.random.choice(town.patrol).officer, scene.between(day, 9, 18)
        with scene.act():
            for minutes, place in ((0, "五一大道"), (4, "五一大道路口"), (8, "芙蓉路")):
                moment, fine = imposed + timedelta(minutes=minutes), {"article": "90", "amount": 100}
                tell_penalty(scene, moment, scene.case(day), officer, vehicle=vehicle, place=place, **fine)
            honest = "three violations, and a fine for each"
            scene.plant("D2", "small_penalties_in_a_row", officer=officer, vehicle=vehicle, honest=honest)


# ------------------------------------------------------------------ D4: documents


def save_a_document_again(scene: Scene, town: Town, day: date) -> None:
    """By another program, after it was signed; who signs again afterwards, or writes the hash in capitals, is left alone."""
    for _ in sometimes(scene, town, 0.4):
        document, signed = scene.number("W"), scene.between(day, 8, 14)
        of = {"document": document, "case": scene.case(day), "officer": scene.random.choice(town.desk).officer}
        way = scene.random.choice(("saved again", "signed again", "in capitals"))
        with scene.act():
            scene.tell("case-system", "document_signed", signed, **of, hash="3f9a6c01")
            if way == "signed again":
                scene.tell("case-system", "document_signed", signed + timedelta(hours=1), **of, hash="77e0d2ab")
            stored = {"saved again": "77e0d2ab", "signed again": "77e0d2ab", "in capitals": "3F9A6C01"}[way]
            scene.tell("archive", "document_stored", signed + timedelta(hours=3), **of, hash=stored)
            honest = {"saved again": "saved again by another program", "signed again": "changed and signed again"}.get(
                way, "a hash in capitals"
            )
            scene.plant("D4", "document_altered", document=document, honest=honest, spared=way != "saved again")


def sign_on_paper(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.3):
        document = scene.number("W")
        of = {"document": document, "case": scene.case(day), "officer": scene.random.choice(town.desk).officer, "hash": "3f9a6c01"}
        with scene.act():
            scene.tell("archive", "document_stored", scene.between(day, 9, 17), **of)
            scene.plant("D4", "document_never_signed", document=document, honest="signed by hand on paper, and scanned")


# ------------------------------------------------------------------ D6: deadlines


def wait_for_the_archive(scene: Scene, town: Town, day: date) -> None:
    """It is down for a fortnight; or it has the document in time, and says so two days later."""
    for _ in sometimes(scene, town, 0.4):
        document, signed, down = scene.number("W"), scene.between(day, 9, 17), scene.chance(0.5)
        of = {"document": document, "case": scene.case(day), "officer": scene.random.choice(town.desk).officer, "hash": "3f9a6c01"}
        with scene.act():
            scene.tell("case-system", "document_signed", signed, **of)
            stored = signed + (timedelta(days=16) if down else timedelta(hours=20))
            scene.tell_late("archive", "document_stored", stored, timedelta(minutes=1) if down else timedelta(days=6), **of)
            honest = "the archive was down" if down else "stored in time, and reported days later"
            scene.plant("D6", "document_stored_late", document=document, honest=honest, spared=not down)


def report_an_accident_twice(scene: Scene, town: Town, day: date) -> None:
    """Both drivers call; one of the two numbers is taken up."""
    for _ in sometimes(scene, town, 0.3):
        first, second, officer, called = scene.case(day), scene.case(day), scene.random.choice(town.desk).officer, scene.between(day, 6, 20)
        with scene.act():
            for case in (first, second):
                scene.tell("case-system", "incident_reported", called, case=case, officer=officer)
            scene.tell("case-system", "case_accepted", called + timedelta(hours=20), case=first, officer=officer)
            honest = "one accident, reported under two numbers"
            scene.plant("D6", "acceptance_late", case=second, known=called + timedelta(days=3), honest=honest)
            scene.plant("D6", "acceptance_late", case=first, known=called + timedelta(days=3), honest=honest, spared=True)


def lend_a_file_to_the_court(scene: Scene, town: Town, day: date) -> None:
    for _ in sometimes(scene, town, 0.3):
        case, officer, closed = scene.case(day), scene.random.choice(town.desk).officer, scene.between(day, 9, 17)
        with scene.act():
            scene.tell("case-system", "case_closed", closed, case=case, officer=officer)
            scene.tell("case-system", "case_filed", closed + timedelta(days=45), case=case, officer=officer)
            scene.plant("D6", "filing_late", case=case, honest="the file is with the court")


ALIKE: tuple[Part, ...] = (
    check_by_eye,
    mistrust_a_worn_card,
    show_a_licence_on_the_telephone,
    run_errands_for_a_fleet,
    come_with_the_family,
    drive_the_employers_car,
    sit_beside_the_motorway,
    sit_at_the_only_window,
    stand_in_for_the_ill,
    connect_a_counter,
    keep_the_counter_open_late,
    settle_long_lists,
    park_there_again,
    do_three_things_at_once,
    save_a_document_again,
    sign_on_paper,
    wait_for_the_archive,
    report_an_accident_twice,
    lend_a_file_to_the_court,
)
