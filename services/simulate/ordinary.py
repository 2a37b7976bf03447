"""What happens on an ordinary day: honest work, much of it close to the limits of the rules.

In: a scene, a town and a day.  Out: events told on the scene.  Nothing here may be found by any shipped rule; what honest people do that
rules find is in `alike.py`.  How often things happen is in `Rates`; `docs/simulation.md` says what it is based on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from services.simulate.reaching import reaching_back
from services.simulate.scene import ROOMS, Scene

CITIES = {"长沙": ("岳麓大队", "雨花大队", "天心大队"), "株洲": ("天元大队", "芦淞大队"), "湘潭": ("雨湖大队", "岳塘大队")}
OFFICERS_PER_UNIT = 25
OFFICERS_PER_HALL = 100
SUPERVISED_EVERY_DAYS = 30
HOME = "湖南"
ALL_STEPS = ("identity shown", "facts stated", "rights told", "defence heard", "signed")
SUMMARY_STEPS = ("identity shown", "facts stated", "signed")
PLACES = ("五一大道", "芙蓉路", "湘江中路", "京港澳高速 K1500", "建设路")
MODELS = ("BYD-QIN", "VW-LAVIDA", "GEELY-EC7", "NISSAN-SYLPHY", "WULING-EV")
EARLY, DAY, NIGHT, FREE = range(4)
"""The shifts of a patrol officer, one after the other: 6 to 14, 14 to 22, 22 to 6, and a day off."""


@dataclass(frozen=True, slots=True)
class Rates:
    """How often things happen, for one officer of the city and one day, on average."""

    breath_tests: float = 2.0
    of_them_with_alcohol: float = 0.2
    visits_to_evidence_rooms: float = 0.3
    settlements: float = 1.4
    drivers_with_all_their_points: float = 0.1
    transactions: float = 0.33
    measures: float = 0.1
    measures_ruled_upon_late: float = 0.03
    penalties: float = 0.85
    forgotten_passwords: float = 0.02
    new_accounts: float = 0.002
    documents: float = 0.2
    reports: float = 0.05
    inspections: float = 0.2
    exams: float = 0.01
    spot_checks: float = 0.02
    cameras: float = 0.4  # so many there are for each officer; each reports once a day


RATES: Final = Rates()
# The road is busier on days off, and more so on public holidays; what counters do is done on working days only.
BUSY_WEEKEND, BUSY_HOLIDAY = 1.2, 1.6


@dataclass(frozen=True, slots=True)
class Member:
    """An officer of the town: of a unit in a city, with an account. `turn`: where in the round of shifts."""

    officer: str
    unit: str
    place: str
    account: str
    turn: int


class Town:
    """The people and devices that appear on every day."""

    def __init__(self, scene: Scene, officers: int) -> None:
        units = [(place, unit) for place, names in CITIES.items() for unit in names]
        places = list(CITIES)
        while len(units) * OFFICERS_PER_UNIT < officers:
            place = places[len(units) % len(places)]
            units.append((place, f"{place}第{len(units) + 1}大队"))
        self.place_of = {unit: place for place, unit in units}
        for place, unit in units:
            scene.list_unit(unit, f"{place}支队")
        members = [self._member(scene, turn, *units[turn % len(units)]) for turn in range(officers)]
        # Of five, three patrol, one sits at a counter, and one handles cases at a desk; in each unit there are some of all.
        role = {m.turn: (m.turn + m.turn // len(units)) % 5 for m in members}
        self.members = members
        self.patrol = [m for m in members if role[m.turn] < 3]
        self.clerks = [m for m in members if role[m.turn] == 3]
        self.desk = [m for m in members if role[m.turn] == 4]
        self.size = officers
        self.cameras = [(scene.number("EP-"), units[n % len(units)][1]) for n in range(max(1, round(RATES.cameras * officers)))]
        self.halls = [(scene.number("ST-"), unit) for _, unit in units[: max(1, officers // OFFICERS_PER_HALL)]]
        self.begun = False
        self._day: date | None = None
        self._on_duty: tuple[list[Member], ...] = ()

    @staticmethod
    def _member(scene: Scene, turn: int, place: str, unit: str) -> Member:
        return Member(scene.new_officer(unit), unit, place, scene.account(), turn)

    def on_duty(self, day: date, shift: int) -> list[Member]:
        """Who patrols in a shift of a day. A shift may be empty in a very small town; then those of the whole town help out."""
        if day != self._day:
            shifts: tuple[list[Member], ...] = ([], [], [], [])
            number = day.toordinal()
            for member in self.patrol:
                shifts[(number + member.turn) % 4].append(member)
            self._day, self._on_duty = day, shifts
        return self._on_duty[shift] or self.patrol

    def at_moment(self, moment: datetime) -> list[Member]:
        hour = moment.hour
        if hour < 6:
            return self.on_duty(moment.date() - timedelta(days=1), NIGHT)
        return self.on_duty(moment.date(), EARLY if hour < 14 else DAY if hour < 22 else NIGHT)


def busy(scene: Scene, day: date) -> float:
    """How much happens on the road, against a working day."""
    if scene.open_on(day):
        return 1.0
    return BUSY_WEEKEND if day.weekday() >= 5 else BUSY_HOLIDAY


def patrol_moment(scene: Scene, day: date) -> datetime:
    """When a driver is stopped: three of ten in the small hours, the rest from early afternoon to late in the evening."""
    return scene.between(day, 0.2, 3) if scene.chance(0.3) else scene.between(day, 14, 22)


# ------------------------------------------------------------------ habits: told for the weeks before the first day too


def tell_shifts(scene: Scene, town: Town, day: date) -> None:
    """Who is on duty logs in, from the usual place; names are mistyped now and then."""
    for shift, (start, end) in enumerate(((6.2, 13.8), (14, 21.8), (22.1, 29.5))):
        for member in town.on_duty(day, shift):
            _works(scene, member, day, start, end, 1 + scene.chance(0.5))
    if scene.open_on(day):
        for member in (*town.clerks, *town.desk):
            _works(scene, member, day, 8.5, 17.5, scene.random.randrange(2, 5))


def _works(scene: Scene, member: Member, day: date, start: float, end: float, log_ins: int) -> None:
    said = {"officer": member.officer, "place": member.place}
    scene.tell("staff", "shift_began", scene.at(day, start), officer=member.officer, unit=member.unit)
    for _ in range(log_ins):
        scene.tell("login", "login", scene.between(day, start, end), account=member.account, **said, successful=True)
    if scene.chance(0.03):
        scene.tell("login", "login", scene.between(day, start, end), account=member.account + " ", **said, successful=False)


def tell_cameras(scene: Scene, town: Town, day: date) -> None:
    """Captures vary by less than twice; the camera at the depot is being tested and captures whatever it is shown."""
    reported = scene.at(day, 23.5)
    for camera, unit in town.cameras:
        captures = scene.random.randrange(35, 50)
        scene.tell("traffic", "device_day", reported, device=camera, unit=unit, captures=captures, hours_online=24)
    tested = 900 if day.day % 2 else 10
    scene.tell("traffic", "device_day", reported, device="EP-900", unit=town.cameras[0][1], captures=tested, hours_online=24)


def tell_supervision(scene: Scene, town: Town, day: date) -> None:
    """Everybody is looked at once a month. When the service is connected, all are, and the cameras' states are filled in."""
    for member in town.members:
        if not town.begun or (member.turn + day.toordinal()) % SUPERVISED_EVERY_DAYS == 0:
            said = {"officer": member.officer, "unit": member.unit, "supervisor": town.desk[0].officer, "kind": "video"}
            scene.tell("supervision", "supervision", scene.between(day, 10, 16), **said)
    if not town.begun:
        for camera, unit in town.cameras:
            scene.tell("traffic", "device_state", scene.at(day, 0.5), device=camera, unit=unit, state="in use")
    town.begun = True


# ------------------------------------------------------------------ ordinary work


def tell_breath_tests(scene: Scene, town: Town, day: date) -> None:
    """All are uploaded; where there was alcohol a case follows; where there was much in the night, a blood test agrees."""
    for _ in range(scene.count(RATES.breath_tests * town.size * busy(scene, day))):
        tested = patrol_moment(scene, day)
        case, officer, test_no = scene.case(day), scene.random.choice(town.at_moment(tested)).officer, scene.number("T")
        sober = not scene.chance(RATES.of_them_with_alcohol)
        alcohol = scene.random.randrange(0, 20) if sober else scene.random.choice([20, 34, 55, 79, 80, 105, 140, 196])
        scene.tell("case-system", "breath_test", tested, case=case, officer=officer, test_no=test_no, alcohol_field=alcohol)
        scene.tell("tester", "breath_upload", tested + timedelta(seconds=50), case=case, test_no=test_no, alcohol_uploaded=alcohol)
        if sober:
            continue
        scene.tell("case-system", "case_opened", tested + timedelta(minutes=scene.random.randrange(20, 100)), case=case, officer=officer)
        if tested.hour < 3 and alcohol > 80:
            blood = alcohol + scene.random.randrange(-15, 15)
            scene.tell("laboratory", "blood_test", tested + timedelta(hours=9), case=case, blood_result=blood)


def tell_evidence_rooms(scene: Scene, town: Town, day: date) -> None:
    """Keepers, and officers with a case of their own, during office hours."""
    if not scene.open_on(day):
        return
    for room, keeper in ROOMS.items():
        scene.tell("door", "door_opened", scene.office_hours(day), room=room, officer=keeper, grade="police")
    for _ in range(scene.count(RATES.visits_to_evidence_rooms * town.size)):
        room, case, officer = scene.random.choice(list(ROOMS)), scene.case(day), scene.random.choice(town.desk).officer
        scene.tell("case-system", "sample_assigned", scene.between(day, 0, 8), room=room, case=case, officer=officer)
        scene.tell("door", "door_opened", scene.office_hours(day), room=room, officer=officer, grade="police", case=case)


def tell_settlements(scene: Scene, town: Town, day: date) -> None:
    """Drivers with one car or two."""
    if not scene.open_on(day):
        return
    for _ in range(scene.count(RATES.settlements * town.size * 0.8)):
        licence, clerk, hall = scene.number("L"), scene.random.choice(town.clerks), scene.random.choice(town.halls)[0]
        driver, came, station = scene.number("43010219900101"), scene.office_hours(day), {"station": hall}
        for part in range(scene.random.choice([1, 1, 1, 2])):
            transaction, booked_at = scene.number("X"), came + timedelta(minutes=6 * part)
            by = {"transaction": transaction, "officer": clerk.officer}
            matches = dict.fromkeys(("identity_card_matches", "driving_licence_matches", "vehicle_licence_matches"), True)
            scene.tell("counter", "three_checks", booked_at - timedelta(minutes=3), **by, **matches)
            elsewhere = "广东" if scene.chance(0.1) else HOME
            regions = {"licence_region": HOME, "vehicle_region": elsewhere, "counter_region": HOME}
            booked = {"vehicle": scene.vehicle(), "points": scene.random.choice([1, 3, 6]), "unit": clerk.unit}
            scene.tell("counter", "settlement", booked_at, licence=licence, **by, **booked, **regions)
            if scene.chance(0.3):
                scene.tell("video-patrol", "counter_visit", booked_at, person=driver, client=driver, **by, **station)
            if scene.chance(0.05):
                said = {"reached": not scene.chance(0.1), "confirmed": True, "satisfied": not scene.chance(0.01)}
                scene.tell("callback", "callback_made", booked_at + timedelta(minutes=90), **by, unit=clerk.unit, **said)


@reaching_back(140)
def tell_drivers_with_all_their_points(scene: Scene, town: Town, day: date) -> None:
    """All twelve points of their period, and more in the period before."""
    if not scene.open_on(day):
        return
    for _ in range(scene.count(RATES.drivers_with_all_their_points * town.size)):
        licence, car, clerk = scene.number("L"), scene.vehicle(), scene.random.choice(town.clerks).officer
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


def tell_accounts(scene: Scene, town: Town, day: date) -> None:
    """Passwords are forgotten and set anew; somebody new starts elsewhere on the first day."""
    if not scene.open_on(day):
        return
    for _ in range(scene.count(RATES.forgotten_passwords * town.size)):
        member, changed = scene.random.choice(town.clerks), scene.office_hours(day)
        scene.tell("accounts", "password_changed", changed, account=member.account, officer=town.desk[0].officer, terminal="A-00")
        said = {"officer": member.officer, "place": member.place, "terminal": "B-07", "successful": True}
        scene.tell("login", "login", changed + timedelta(minutes=5), account=member.account, **said)
    for _ in range(scene.count(RATES.new_accounts * town.size)):
        account, officer = scene.account(), scene.new_officer()
        scene.tell("accounts", "account_created", scene.at(day, 7), account=account, officer=town.desk[0].officer)
        for hour, place in ((8, "长沙"), (14, "湘潭")):
            scene.tell("login", "login", scene.at(day, hour), account=account, officer=officer, place=place, successful=True)


def tell_transactions(scene: Scene, town: Town, day: date) -> None:
    """One handles, another looks over; the next time the other way round."""
    if not scene.open_on(day):
        return
    for _ in range(scene.count(RATES.transactions * town.size)):
        transaction, handled = scene.number("X"), scene.office_hours(day)
        one, other = scene.random.sample(town.clerks, 2)
        scene.tell("registration", "transaction_handled", handled, transaction=transaction, officer=one.officer)
        vehicle, model = scene.vehicle(), scene.random.choice(MODELS)
        about = {"transaction": transaction, "vehicle": vehicle, "model": model, "dealer": f"D-{scene.random.randrange(town.size):04}"}
        scene.tell("registration", "registration", handled, officer=one.officer, unit=one.unit, **about)
        scene.tell("registration", "transaction_audited", handled + timedelta(minutes=6), transaction=transaction, officer=other.officer)


def tell_measures(scene: Scene, town: Town, day: date) -> None:
    """Vehicles and licences withheld; the ruling follows within the day."""
    for _ in range(scene.count(RATES.measures * town.size * busy(scene, day))):
        case, taken = scene.case(day), scene.between(day, 8, 12)
        officer, kind = (
            scene.random.choice(town.at_moment(taken)).officer,
            scene.random.choice(["vehicle held", "扣留车辆", "licence withheld"]),
        )
        scene.tell("case-system", "measure", taken, case=case, officer=officer, kind=kind)
        scene.tell("case-system", "ruling", taken + timedelta(hours=scene.random.randrange(1, 10)), case=case, officer=officer)


@reaching_back(30)
def tell_measures_ruled_upon_late(scene: Scene, town: Town, day: date) -> None:
    """A measure is a month old and was ruled upon in time, but the ruling is sent only after the measure's end: what was found by then is taken back."""
    for _ in range(max(1, scene.count(RATES.measures_ruled_upon_late * town.size))):
        case, officer, taken = scene.case(day), scene.random.choice(town.desk).officer, scene.between(day - timedelta(days=30), 8, 17)
        scene.tell("case-system", "measure", taken, case=case, officer=officer, kind="vehicle held")
        scene.tell_late("case-system", "ruling", taken + timedelta(days=29), timedelta(hours=26), case=case, officer=officer)


def tell_penalties(scene: Scene, town: Town, day: date) -> None:
    for _ in range(scene.count(RATES.penalties * town.size * busy(scene, day))):
        imposed = scene.between(day, 7, 23)
        case, officer = scene.case(day), scene.random.choice(town.at_moment(imposed)).officer
        summary = scene.chance(0.8)
        steps = SUMMARY_STEPS if summary else ALL_STEPS
        for i, step in enumerate(steps):
            filmed = imposed - timedelta(minutes=2 * (len(steps) - i))
            scene.tell("camera-platform", "video_step", filmed, case=case, officer=officer, step=step)
        person = scene.number("43010219900101")
        scene.tell("card-reader", "person_identified", imposed - timedelta(minutes=12), case=case, officer=officer, person=person)
        procedure, fine = ("summary", 20) if summary else ("ordinary", scene.random.choice([20, 100, 200]))
        where = {"vehicle": scene.vehicle(), "place": scene.random.choice(PLACES)}
        told = {"person": person, "article": "90", "amount": fine, "procedure": procedure}
        scene.tell("case-system", "penalty", imposed, case=case, officer=officer, **told, **where)


@reaching_back(1)
def tell_documents(scene: Scene, town: Town, day: date) -> None:
    """Signed one day, in the archive within a night; what is stored is what was signed."""
    for _ in range(scene.count(RATES.documents * town.size)):
        document, case, signed = scene.number("W"), scene.case(day), scene.between(day - timedelta(days=1), 8, 18)
        of = {
            "document": document,
            "case": case,
            "officer": scene.random.choice(town.desk).officer,
            "hash": f"{scene.random.getrandbits(64):016x}",
        }
        scene.tell("case-system", "document_signed", signed, **of)
        scene.tell("archive", "document_stored", signed + timedelta(hours=scene.random.uniform(1, 20)), **of)


@reaching_back(35)
def tell_reports(scene: Scene, town: Town, day: date) -> None:
    """An accident is reported, taken up within its three days, finished, and in the archive within its thirty."""
    for _ in range(scene.count(RATES.reports * town.size)):
        case, officer = scene.case(day), scene.random.choice(town.desk).officer
        reported = scene.between(day - timedelta(days=35), 0, 23)
        accepted = reported + timedelta(hours=scene.random.uniform(0.5, 70))
        closed = accepted + timedelta(hours=scene.random.uniform(2, 40))
        filed = closed + timedelta(days=scene.random.uniform(1, 29))
        steps = (("incident_reported", reported), ("case_accepted", accepted), ("case_closed", closed), ("case_filed", filed))
        for event_type, moment in steps:
            scene.tell("case-system", event_type, moment, case=case, officer=officer)


def tell_patrols(scene: Scene, town: Town, day: date) -> None:
    """The video of each hall is looked through every 6 to 11 minutes while it is open, so that over the pause too no 15 minutes of duty pass."""
    if not scene.halls_open_on(day):
        return
    for station, unit in town.halls:
        by = {"station": station, "officer": scene.random.choice(town.desk).officer, "unit": unit}
        scene.tell("video-patrol", "station_opened", scene.at(day, 8.5), **by)
        for opens, closes in ((8.5, 12), (14, 17.5)):
            moment = scene.at(day, opens) + timedelta(minutes=3)
            while moment < scene.at(day, closes):
                scene.tell("video-patrol", "video_patrol", moment, **by)
                moment += timedelta(seconds=scene.random.randrange(360, 660))


def tell_inspections(scene: Scene, town: Town, day: date) -> None:
    """Vehicles are inspected in the time it takes, one of ten from elsewhere; examiners sit who were drawn, and seven of ten pass."""
    if not scene.halls_open_on(day):
        return
    for _ in range(scene.count(RATES.inspections * town.size)):
        station, officer, vehicle = scene.random.choice(town.halls)[0], scene.random.choice(town.clerks).officer, scene.vehicle()
        began, vin = scene.between(day, 9, 16), f"L{scene.random.getrandbits(40):010X}"
        ended = began + timedelta(minutes=scene.random.randrange(12, 45))
        of = {"vehicle": vehicle, "station": station, "officer": officer, "kind": "small", "vin_registered": vin, "vin_read": vin}
        regions = {"vehicle_region": "江西" if scene.chance(0.1) else HOME, "station_region": HOME}
        scene.tell("inspection", "inspection", ended, **of, **regions, began=began.isoformat(), ended=ended.isoformat())
    for _ in range(scene.count(RATES.exams * town.size)):
        exam, station, officer = scene.number("K"), scene.random.choice(town.halls)[0], scene.random.choice(town.desk).officer
        held, candidates = scene.between(day, 10, 16), scene.random.randrange(20, 41)
        scene.tell("examination", "examiner_drawn", scene.at(day, 8), exam=exam, station=station, officer=officer)
        passed = round(candidates * scene.random.uniform(0.66, 0.76))
        sat: dict[str, object] = {
            "exam": exam,
            "station": station,
            "officer": officer,
            "subject": "2",
            "candidates": candidates,
            "passed": passed,
        }
        scene.tell("examination", "exam_held", held, **sat)


@reaching_back(3)
def tell_checks(scene: Scene, town: Town, day: date) -> None:
    """Drawn checks are made within three days, by somebody else, and find nothing."""
    for _ in range(scene.count(RATES.spot_checks * town.size)):
        transaction, (one, other) = scene.number("X"), scene.random.sample(town.clerks, 2)
        scene.tell(
            "checks", "spot_check_drawn", scene.at(day - timedelta(days=3), 9), transaction=transaction, officer=one.officer, unit=one.unit
        )
        done = {"transaction": transaction, "officer": one.officer, "checker": other.officer, "irregular": False}
        scene.tell("checks", "spot_check_done", scene.between(day, 10, 17), **done)


def tell_watchers(scene: Scene, town: Town, day: date) -> None:
    """Supervisors log in to the service by day and read records for a case; now and then the rules are changed, as it should be."""
    if not scene.open_on(day):
        return
    for member in town.desk[: max(2, town.size // 100)]:
        said = {"account": f"sup-{member.account}", "officer": member.officer}
        scene.tell("service", "service_login", scene.between(day, 8, 12), **said, place=member.place, successful=True)
        for _ in range(scene.random.randrange(0, 6)):
            read = {"subject": scene.random.choice(town.patrol).officer, "record": scene.number("R"), "case": scene.case(day)}
            scene.tell("service", "sensitive_read", scene.between(day, 12, 18), **said, **read)
    if scene.chance(0.1):
        change, (author, other) = scene.number("MR-"), [member.officer for member in scene.random.sample(town.desk, 2)]
        steps = (("proposed", 9, author), ("approved", 14, other), ("activated", 16, author))
        for step, hour, officer in steps:
            scene.tell("service", f"rule_change_{step}", scene.at(day, hour), change=change, officer=officer)


Part = Callable[[Scene, Town, date], None]
HABITS: tuple[Part, ...] = (tell_shifts, tell_cameras, tell_supervision)
ORDINARY: tuple[Part, ...] = (
    tell_breath_tests,
    tell_evidence_rooms,
    tell_settlements,
    tell_drivers_with_all_their_points,
    tell_accounts,
    tell_transactions,
    tell_measures,
    tell_measures_ruled_upon_late,
    tell_penalties,
    tell_documents,
    tell_reports,
    tell_patrols,
    tell_inspections,
    tell_checks,
    tell_watchers,
)
