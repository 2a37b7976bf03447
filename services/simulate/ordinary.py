"""What happens on an ordinary day: honest work, much of it close to the limits of the rules.

In: a scene and a day.  Out: events told on the scene.  Nothing here may be found by any shipped rule.
"""

from __future__ import annotations

from datetime import date, timedelta

from services.simulate.scene import ROOMS, Scene

ALL_STEPS = ("identity shown", "facts stated", "rights told", "defence heard", "signed")
SUMMARY_STEPS = ("identity shown", "facts stated", "signed")


class Town:
    """The people and devices that appear on every day."""

    def __init__(self, scene: Scene) -> None:
        self.officers = [scene.officer() for _ in range(24)]
        self.clerks = [scene.officer() for _ in range(6)]
        self.day_accounts = [(scene.account(), scene.officer()) for _ in range(12)]
        self.night_accounts = [(scene.account(), scene.officer()) for _ in range(2)]
        self.cameras = [scene.number("EP-") for _ in range(12)]


def tell_the_weeks_before(scene: Scene, town: Town) -> None:
    """What the first day rests on: cameras' reports of two weeks, and who works at night by habit."""
    for back in range(14, 0, -1):
        day = scene.first_day - timedelta(days=back)
        tell_cameras(scene, town, day)
        tell_night_shift(scene, town, day)


def tell_ordinary_day(scene: Scene, town: Town, day: date) -> None:
    for part in (
        tell_breath_tests,
        tell_evidence_rooms,
        tell_settlements,
        tell_logins,
        tell_transactions,
        tell_measures,
        tell_penalties,
        tell_cameras,
    ):
        part(scene, town, day)
    tell_night_shift(scene, town, day)


def tell_breath_tests(scene: Scene, town: Town, day: date) -> None:
    """Sixty tests, all uploaded; where there was alcohol a case follows; where there was much, a blood test agrees."""
    for _ in range(60):
        early = scene.random.random() < 0.3
        tested = scene.between(day, 0.2, 3) if early else scene.between(day, 14, 22)
        case, officer, test_no = scene.case(day), scene.random.choice(town.officers), scene.number("T")
        sober = scene.random.random() < 0.8
        alcohol = scene.random.randrange(0, 20) if sober else scene.random.choice([20, 34, 55, 79, 80, 105, 140, 196])
        scene.tell("case-system", "breath_test", tested, case=case, officer=officer, test_no=test_no, alcohol_field=alcohol)
        scene.tell("tester", "breath_upload", tested + timedelta(seconds=50), case=case, test_no=test_no, alcohol_uploaded=alcohol)
        if sober:
            continue
        scene.tell("case-system", "case_opened", tested + timedelta(minutes=scene.random.randrange(20, 100)), case=case, officer=officer)
        if early and alcohol > 80:
            blood = alcohol + scene.random.randrange(-15, 15)
            scene.tell("laboratory", "blood_test", tested + timedelta(hours=9), case=case, blood_result=blood)


def tell_evidence_rooms(scene: Scene, town: Town, day: date) -> None:
    """Keepers, and officers with a case of their own, during office hours."""
    if not scene.open_on(day):
        return
    for room, keeper in ROOMS.items():
        scene.tell("door", "door_opened", scene.office_hours(day), room=room, officer=keeper, grade="police")
        for officer in scene.random.sample(town.officers, 3):
            case = scene.case(day)
            scene.tell("case-system", "sample_assigned", scene.between(day, 0, 8), room=room, case=case, officer=officer)
            scene.tell("door", "door_opened", scene.office_hours(day), room=room, officer=officer, grade="police", case=case)


def tell_settlements(scene: Scene, town: Town, day: date) -> None:
    """Drivers with one car or two; a few with all twelve points of their period, and more in the period before."""
    for _ in range(40):
        licence, cars = scene.number("L"), [scene.vehicle() for _ in range(scene.random.choice([1, 1, 1, 2]))]
        for car in cars:
            scene.tell(
                "counter",
                "settlement",
                scene.between(day, 9, 17),
                licence=licence,
                vehicle=car,
                officer=scene.random.choice(town.clerks),
                points=scene.random.choice([1, 3, 6]),
            )
    for _ in range(3):
        licence, car, clerk = scene.number("L"), scene.vehicle(), scene.random.choice(town.clerks)
        cycle = scene.at(day - timedelta(days=100), 0)
        for back, points in ((140, 6), (60, 6), (20, 3), (0, 3)):
            scene.tell(
                "counter",
                "settlement",
                scene.between(day - timedelta(days=back), 9, 17),
                licence=licence,
                vehicle=car,
                officer=clerk,
                points=points,
                cycle_start=(cycle if back < 100 else cycle - timedelta(days=365)).isoformat(),
            )


def tell_logins(scene: Scene, town: Town, day: date) -> None:
    """By day, from one place; names are mistyped, passwords forgotten and set anew, and somebody new starts elsewhere."""
    for account, officer in town.day_accounts:
        for _ in range(scene.random.randrange(2, 5)):
            scene.tell("login", "login", scene.between(day, 7, 19), account=account, officer=officer, place="长沙", successful=True)
        if scene.random.random() < 0.3:
            typo = account + " "
            scene.tell("login", "login", scene.between(day, 7, 19), account=typo, officer=officer, place="长沙", successful=False)
    account, officer = town.day_accounts[0]
    changed = scene.at(day, 9.5)
    scene.tell("accounts", "password_changed", changed, account=account, officer=town.clerks[0], terminal="A-00")
    used = changed + timedelta(minutes=5)
    scene.tell("login", "login", used, account=account, officer=officer, place="长沙", terminal="B-07", successful=True)
    account, officer = scene.account(), scene.officer()
    scene.tell("accounts", "account_created", scene.at(day, 7), account=account, officer=town.clerks[0])
    for hour, place in ((8, "长沙"), (14, "湘潭")):
        scene.tell("login", "login", scene.at(day, hour), account=account, officer=officer, place=place, successful=True)


def tell_transactions(scene: Scene, town: Town, day: date) -> None:
    """One handles, another looks over; the next time the other way round."""
    for _ in range(10):
        transaction, handled = scene.number("X"), scene.between(day, 9, 17)
        one, other = scene.random.sample(town.clerks, 2)
        scene.tell("registration", "transaction_handled", handled, transaction=transaction, officer=one)
        scene.tell("registration", "transaction_audited", handled + timedelta(minutes=6), transaction=transaction, officer=other)


def tell_night_shift(scene: Scene, town: Town, day: date) -> None:
    for account, officer in town.night_accounts:
        for hour in (0.5, 3.5, 23):
            scene.tell("login", "login", scene.at(day, hour), account=account, officer=officer, place="株洲", successful=True)


def tell_measures(scene: Scene, town: Town, day: date) -> None:
    """Vehicles and licences withheld; the ruling follows within the day. One measure is a month old and was ruled upon in time.

    Of that ruling the service hears only hours after the measure's end: what it has found by then, it takes back.
    """
    for kind in ("vehicle held", "扣留车辆", "licence withheld"):
        case, officer = scene.case(day), scene.random.choice(town.officers)
        taken = scene.between(day, 8, 12)
        scene.tell("case-system", "measure", taken, case=case, officer=officer, kind=kind)
        scene.tell("case-system", "ruling", taken + timedelta(hours=scene.random.randrange(1, 10)), case=case, officer=officer)
    case, officer, taken = scene.case(day), scene.random.choice(town.officers), scene.between(day - timedelta(days=30), 8, 17)
    scene.tell("case-system", "measure", taken, case=case, officer=officer, kind="vehicle held")
    scene.tell_late("case-system", "ruling", taken + timedelta(days=29), timedelta(hours=26), case=case, officer=officer)


def tell_penalties(scene: Scene, town: Town, day: date) -> None:
    for _ in range(25):
        case, officer = scene.case(day), scene.random.choice(town.officers)
        summary = scene.random.random() < 0.8
        imposed = scene.between(day, 7, 23)
        steps = SUMMARY_STEPS if summary else ALL_STEPS
        for i, step in enumerate(steps):
            filmed = imposed - timedelta(minutes=2 * (len(steps) - i))
            scene.tell("camera-platform", "video_step", filmed, case=case, officer=officer, step=step)
        person = scene.number("43010219900101")
        scene.tell("card-reader", "person_identified", imposed - timedelta(minutes=12), case=case, officer=officer, person=person)
        procedure, fine = ("summary", 20) if summary else ("ordinary", scene.random.choice([20, 100, 200]))
        told = {"person": person, "article": "90", "amount": fine, "procedure": procedure}
        scene.tell("case-system", "penalty", imposed, case=case, officer=officer, **told)


def tell_cameras(scene: Scene, town: Town, day: date) -> None:
    """Captures vary by less than twice; the camera at the depot is being tested and captures whatever it is shown."""
    for camera in town.cameras:
        scene.tell("traffic", "device_day", scene.at(day, 23.5), device=camera, unit="岳麓大队", captures=scene.random.randrange(35, 50))
    tested = 10 if day < scene.first_day else 900
    scene.tell("traffic", "device_day", scene.at(day, 23.5), device="EP-900", unit="岳麓大队", captures=tested)
