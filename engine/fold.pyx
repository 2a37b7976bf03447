# cython: nonecheck=True
"""The fold: events go into logs, and what is found follows from the logs.

In: decoded events (`accept`), and the clock (`move`).  Out: what stands, and after `settle` what has changed.
No I/O, no clock of its own; the same events and the same clock give the same findings, whatever their order.

    accept ─▶ tracks (what each question takes up) ─▶ dirt (which rule and key must look again, and where)
    settle ─▶ refold rules over received events ─▶ rules over `finding` ─▶ ladders ─▶ rules over `warning`

See docs/decisions/0001-architecture.md for why refolding a stretch gives the same as folding everything anew.
"""

from cpython.list cimport PyList_GET_ITEM
from cpython.object cimport PyObject
from cpython.ref cimport Py_DECREF, Py_INCREF, Py_XDECREF
from libc.math cimport floor
from libc.stdlib cimport calloc, free, realloc
from libc.string cimport memcpy, memmove, memset

cimport cython

from engine.machine cimport Frame, LocalTime, Machine, OpenHours, put_outcome
from engine.texts cimport identity_at, put_ascii, put_json, put_quoted, put_time, put_whole, time_text
from engine.values cimport (
    BOOL,
    DATE,
    DURATION,
    INT,
    MISSING,
    NUMBER,
    TEXT,
    TIME,
    Event,
    Value,
    Writer,
    content_hash,
    copy_value,
    event_before,
    name_hash,
    named_event,
    release,
    value_object,
)
from engine.writing cimport begin_message, end_message, put_moment, put_number, put_optional, put_plain, put_points, put_text

from bisect import bisect_left, bisect_right, insort
from fractions import Fraction
from functools import cmp_to_key
from hashlib import sha256
from hmac import digest as hmac_digest
from operator import attrgetter

from engine.instructions import INSTRUCTIONS
from engine.texts import canonical, canonical_bytes, day_text, duration_text, identity, local_time_text, number


def _in_order(Event a, Event b):
    return -1 if event_before(a, b) else 1 if event_before(b, a) else 0


cdef object EVENT_ORDER = cmp_to_key(_in_order)
cdef object RULE_NAME = attrgetter("rule.name")

include "instructions.pxi"
include "folding/glance.pxi"
include "folding/track.pxi"
include "folding/window.pxi"
include "aggregates/base.pxi"
include "aggregates/count.pxi"
include "aggregates/latest.pxi"
include "aggregates/first.pxi"
include "aggregates/extremes.pxi"
include "aggregates/distinct.pxi"
include "aggregates/sums.pxi"
include "aggregates/share.pxi"
include "folding/plan.pxi"
include "folding/frame.pxi"
include "folding/timers.pxi"
include "folding/findings.pxi"
include "folding/ladders.pxi"
include "folding/forgetting.pxi"


cdef struct Dirt:
    # A rule must look again at a key: at anchors in [start, end]; what findings say may differ up to `content`.
    PyObject *rule                       # these two live as long as the fold
    PyObject *log
    long long start
    long long end
    long long content
    int next                             # of the same log; -1: none


cdef struct Dirts:
    Dirt *items
    int n
    int room


class LimitReached(Exception):
    """An event would pass a declared bound. Raised before anything has changed; the text names the bound."""


cdef class Changes:
    """What has changed since the last `settle`, by id; at first, these findings."""

    cdef readonly dict findings
    cdef readonly dict warnings
    cdef readonly dict withdrawn

    def __init__(self, findings=()):
        self.findings = {finding.id: finding for finding in findings}
        self.warnings = {}
        self.withdrawn = {}


cdef class Fold(Waker):
    cdef readonly Plan plan
    cdef Machine machine
    cdef Speaker speaker
    cdef Look look
    cdef Frame scratch
    cdef object limits
    cdef Py_ssize_t records_max
    cdef readonly long long now          # deadlines up to here have been looked at
    cdef Timers timers                   # of deadlines and ends of periods that are still to come
    cdef dict ends_pending               # (rule index, Log) -> moment of its timer
    cdef Dirts[3] dirts                  # per layer: which rules must look again, and where
    cdef dict ledgers                    # (ladder index, key) -> Ledger
    cdef dict dirty_ledgers
    cdef dict through                    # (entity, key) -> {finding id: Finding} whose points pass through it
    cdef dict recredit                   # (entity, key) -> time from which its membership has changed
    cdef dict direct                     # (source, id) of a derived event -> [Finding] of unscoped rules
    cdef dict leaving                    # the same, of derived events that were taken out since the last layer was settled
    cdef readonly dict findings          # id -> Finding that stands and was drawn
    cdef readonly dict warnings          # id -> Warning_ that stands
    cdef readonly dict gone              # id -> what was withdrawn since this fold was made
    cdef readonly dict gone_versions     # id -> version of everything that was withdrawn
    cdef readonly dict unsaved           # (kind, id) -> Finding or Warning_ to be saved, None: to be removed
    cdef dict restored                   # (source, id, rank) -> Event, of anchors of findings, while a fold is restored; else None
    cdef bint waking                     # what enters a log was in it before
    cdef readonly object on_looked       # called with (rule, key, moment, event, truth, parts) where a rule is looked at; None: not
    cdef bint sees_findings
    cdef bint sees_warnings
    cdef readonly long long keys         # logs that received events are in
    cdef readonly Retention retention    # how long things can matter
    cdef readonly long long forgotten    # the step of the clock up to which was forgotten; ALWAYS: nothing ever was
    cdef readonly long long forgotten_records  # how many records were dropped since this fold was made
    cdef Py_ssize_t longest_unscoped     # entries of the longest track of any unscoped rule
    cdef PyObject **met                  # of the event that is being taken, by the doors it enters: the log that is there, or NULL
    cdef PyObject **ahead                # the same of the event that comes next
    cdef Event foreseen                  # which is this; None: it is not known
    cdef Event cause                     # the event that changes are due to
    cdef bint alone                      # lone findings are told by themselves
    cdef list lone                       # those of the event that is being taken
    cdef Changes changes                 # None: nothing has changed
    cdef list forms                      # by rule: its Form, or None as long as nobody has needed it
    cdef Writer writer

    def __init__(self, Machine machine, dict plan, bytes secret, object limits, object on_looked=None, bint freezes=False):
        """`freezes`: findings are frozen as evidence of warnings, with the events that they rest on."""
        self.machine = machine
        self.limits = limits
        self.records_max = limits.records_max
        self.plan = Plan(machine, plan, limits)
        self.retention = Retention(self.plan, freezes)
        self.forgotten = ALWAYS
        self.forgotten_records = 0
        self.speaker = Speaker(self.plan, machine, secret, limits)
        self.look = Look(self.plan, machine)
        self.scratch = Frame()
        self.now = ALWAYS
        self.timers = Timers()
        self.ends_pending = {}
        self.ledgers = {}
        self.dirty_ledgers = {}
        self.through = {}
        self.recredit = {}
        self.direct = {}
        self.leaving = {}
        self.findings = {}
        self.warnings = {}
        self.gone = {}
        self.gone_versions = {}
        self.unsaved = {}
        self.restored = None
        self.waking = False
        for history in self.plan.histories:
            (<History> history).waker = <PyObject *> self
        self.on_looked = on_looked
        self.keys = 0
        self.longest_unscoped = 0
        doors = max([(<Doors> doors).n for doors in self.plan.doors], default=0)
        self.met = <PyObject **> calloc(max(doors, 1), sizeof(PyObject *))
        self.ahead = <PyObject **> calloc(max(doors, 1), sizeof(PyObject *))
        if self.met is NULL or self.ahead is NULL:
            raise MemoryError
        self.foreseen = None
        self.cause = None
        self.alone = False
        self.lone = []
        self.changes = None
        self.forms = [None] * len(self.plan.rules)
        self.writer = Writer()
        read = set()
        for history in self.plan.histories:
            read.update((<History> history).by_type)
        for rule in plan["rules"]:
            if rule["history"] < 0 and rule["state"] != "disabled":
                read.update(event["type"] for event in rule["anchors"]["events"])
        self.sees_findings = self.plan.finding_type in read
        self.sees_warnings = self.plan.warning_type in read

    def __dealloc__(self):
        cdef int layer
        for layer in range(3):
            free(self.dirts[layer].items)
        free(self.met)
        free(self.ahead)

    # ------------------------------------------------------------------ events in and out

    def take(self, Event event, long long now, *, bint alone=True):
        """A received event enters the histories that it belongs to, and the clock reaches `now`. Gives the `Changes`; None: there are none.

        `alone`: where all that has changed are lone findings, these are given, by the names of their rules, and are not among
        what is unsaved. A lone finding is one of a rule about single events, found for the first time at a received event: it
        follows from that event, and stands for good. Raises LimitReached, having done nothing."""
        return self.take_in(event, now, alone)

    cdef object take_in(self, Event event, long long now, bint alone):
        """The same."""
        cdef list found
        cdef Finding finding
        self.check_room(event)
        self.cause = event
        self.alone = alone
        self.put(event)
        self.alone = False
        self.reach(now)
        self.look_again()
        if self.lone:
            found, self.lone = self.lone, []
            if self.changes is None:
                if len(found) > 1:
                    found.sort(key=RULE_NAME)
                return found
            for finding in found:
                self.changes.findings[finding.id] = finding
                self.unsaved["finding", finding.id] = finding
        return self.told() if self.changes is not None else None

    def lone_at(self, Event event not None):
        """The lone findings that taking a received event led to, if it led to nothing else; made anew, by the names of their rules."""
        cdef Rule rule
        cdef list found = []
        for index in self.machine.holding(event):
            rule = <Rule> self.plan.rules[index]
            if rule.history < 0 and rule.fraction is None:
                found.append(self.speaker.finding(rule, self.plan.nowhere, event.time, event))
        found.sort(key=RULE_NAME)
        return found

    cdef int check_room(self, Event event) except -1:
        cdef History history
        cdef Rule rule
        cdef Log log
        cdef Doors doors = <Doors> self.plan.doors[event.type]
        cdef Py_ssize_t opened = 0, remembering = len(self.plan.remembering)
        cdef int i
        self.meet(doors, event)
        for i in range(doors.n):
            log = None if self.met[i] is NULL else <Log> self.met[i]
            if log is None:
                opened += has_key(event, &doors.items[i])
            elif log.received == ALWAYS:
                opened += 1
            elif log.longest >= self.records_max:
                self.check_tracks(<History> doors.items[i].history, log, event)
        # Which logs of unscoped rules it enters costs a look at their conditions: only where it may matter.
        if remembering and (self.longest_unscoped >= self.records_max or self.keys + opened + remembering > self.limits.keys_max):
            for rule in self.plan.remembering:
                if event.type not in rule.anchor_choices or (rule.kind == EVENTS and not self.matches_now(rule, event)):
                    continue
                history = <History> self.plan.histories[rule.history]
                log = history.log(name_of(self.unscoped_key(rule, event)))
                if log is None or log.received == ALWAYS:
                    opened += 1
                elif log.longest >= self.records_max:
                    self.check_tracks(history, log, event)
        if opened and self.keys + opened > self.limits.keys_max:
            raise LimitReached(f"{self.keys} keys have a history, the most that limits.keys_max allows")
        return 0

    cdef int meet(self, Doors doors, Event event) except -1:
        """Let `met` be the logs that the event goes into, as far as they are there."""
        cdef int i
        cdef bint is_foreseen = event is self.foreseen
        self.foreseen = None
        if is_foreseen:
            self.met, self.ahead = self.ahead, self.met
        for i in range(doors.n):
            if not is_foreseen or self.met[i] is NULL:  # it may have come to be since
                self.met[i] = find_log(&doors.items[i], event)
            if self.met[i] is not NULL:
                fetch_track(<Log> self.met[i])
        return 0

    cdef int foresee(self, Event event) except -1:
        """The event will be taken next: what it goes into may come from memory meanwhile."""
        cdef Doors doors = <Doors> self.plan.doors[event.type]
        cdef int i
        for i in range(doors.n):
            self.ahead[i] = find_log(&doors.items[i], event)
            if self.ahead[i] is not NULL:
                fetch_log(<Log> self.ahead[i])
        self.foreseen = event
        return 0

    cdef int check_tracks(self, History history, Log log, Event event) except -1:
        cdef Intake intake
        cdef Track track
        cdef Value value
        cdef long long moment
        for intake in (<Entrance> history.by_type[event.type]).all_intakes:
            if not intake.taking.asked:
                continue
            track = log.read(intake.taking)
            if track.n < self.records_max or not intake.takes(self.machine, self.scratch, event, &value):
                continue
            release(&value)
            moment = event.time
            if intake.taking.gap is None or intake.taking.gap.moment(self.machine, self.scratch, event, &moment):
                raise LimitReached(
                    f"the history of {history.name} {key_object(log.key)!r} holds {track.n} events of one kind, "
                    "the most that limits.records_max allows"
                )
        return 0

    cdef int put(self, Event event) except -1:
        cdef Doors doors = <Doors> self.plan.doors[event.type]
        cdef Door *door
        cdef Rule rule
        cdef object name
        cdef bint is_met = event is self.cause and self.restored is None
        cdef Log log
        cdef int i
        if self.restored is not None:
            name = (event.source, event.id, event.rank)
            if name in self.restored:
                self.restored[name] = event
        elif self.on_looked is not None:
            self.look_at_unscoped(event)
        for index in self.machine.holding(event):
            rule = <Rule> self.plan.rules[index]
            if rule.history < 0:
                if self.restored is None:
                    self.find_at_once(rule, event)
            else:
                self.put_unscoped(rule, event)
        for rule in self.plan.unscoped_later:
            if event.type in rule.anchor_choices:
                self.put_unscoped(rule, event)
        for i in range(doors.n):
            door = &doors.items[i]
            if is_met and self.met[i] is not NULL:
                log = <Log> self.met[i]
            else:
                name = key_at(event, door)
                if name is None or (self.restored is not None and lies_down(self, <History> door.history, name, event)):
                    continue
                log = self.open_named(<History> door.history, name)
            self.put_into(<Entrance> door.entrance, log, event)
        return 0

    cdef int put_unscoped(self, Rule rule, Event event) except -1:
        cdef History history = self.plan.histories[rule.history]
        return self.put_into(<Entrance> history.by_type[event.type], self.unscoped_log(rule, event), event)

    cdef int look_at_unscoped(self, Event event) except -1:
        """Report on the unscoped rules too, which are otherwise only looked at where the index finds that they may hold."""
        cdef Rule rule
        for rule in self.plan.rules:
            if not rule.scoped and rule.kind == EVENTS and rule.anchor_choices is not None and event.type in rule.anchor_choices:
                self.holds(rule, self.plan.nowhere, event.time, event)
        return 0

    cdef Log open_log(self, History history, tuple key):
        return self.open_named(history, name_of(key))

    cdef Log open_named(self, History history, object name):
        cdef Log log = history.log(name)
        return history.opened(name) if log is None else log

    cdef Log wake(self, History history, object name):
        return woken(self, history, name)

    cdef tuple unscoped_key(self, Rule rule, Event event):
        """Where an unscoped rule remembers: per key that it is about where it counts repeats, else in one log."""
        key = None
        if rule.repeat != REPEAT_ALWAYS and rule.about:
            slots = rule.about[0][1]
            if event.type in slots:
                key = slot_text(event, slots[event.type])
        return () if key is None else (key,)

    cdef Log unscoped_log(self, Rule rule, Event event):
        return self.open_log(<History> self.plan.histories[rule.history], self.unscoped_key(rule, event))

    cdef int put_into(self, Entrance entrance, Log log, Event event) except -1:
        """An event enters a log: what takes it up, and who must look again."""
        cdef Step *step
        cdef Taking taking
        cdef Value value
        cdef long long moment
        cdef Use use
        cdef bint in_order = event.time > log.latest
        cdef bint plainly = in_order and not self.waking and self.on_looked is None and self.restored is None
        cdef int i, taken = 0
        if log.received == ALWAYS and event.rank == 0:
            self.keys += 1
        elif entrance.raw_slot >= 0:
            spell_as(event, log.key[0], entrance.slot, entrance.raw_slot)
        if event.rank == 0 and event.time > log.received:
            log.received = event.time
        if in_order:
            log.latest = event.time
        if log.events < EVENTS_MAX:
            log.events += 1
        self.widen_all(entrance, event)
        for i in range(entrance.n):
            step = &entrance.steps[i]
            if not takes_up(step, self.machine, self.scratch, event, &value):
                if step.shares:
                    log.part(<Taking> step.taking)
                continue
            moment = event.time
            if step.timed and not (<Taking> step.taking).gap.moment(self.machine, self.scratch, event, &moment):
                release(&value)
                continue
            if log.parted or not step.shares:
                self.add_to(<Taking> step.taking, log, moment, event, &value, entrance.slot < 0)
            if self.waking:
                continue
            if plainly and (<Taking> step.taking).openers_n:
                entrance.taken[taken] = i
                taken += 1
            if plainly and not step.marks:
                continue
            taking = <Taking> step.taking
            for use in taking.uses_that_wake if self.restored is not None else taking.uses_in_order if plainly else taking.uses:
                self.mark(use, log, event, moment)
        for i in range(taken):
            self.glance(<Taking> entrance.steps[entrance.taken[i]].taking, log, event)
        return 0

    cdef inline int widen_all(self, Entrance entrance, Event event) except -1:
        """The values of an event are about to enter."""
        cdef int i
        for i in range(entrance.watched_n):
            if (<Sum> entrance.watched[i].sum).is_beyond(&event.slots[entrance.watched[i].slot]):
                self.widen(<Sum> entrance.watched[i].sum, &event.slots[entrance.watched[i].slot])
        return 0

    cdef int widen(self, Sum sum, Value *value) except -1:
        """A value that is about to enter is beyond the bounds of a sum: what was told of its history's logs by them is void."""
        cdef History history = <History> self.plan.histories[sum.history]
        cdef Taking taking
        sum.widen(value)
        history.turn += 1
        for taking in history.takings:
            taking.close()
        return 0

    cdef int add_to(self, Taking taking, Log log, long long moment, Event event, Value *value, bint unscoped) except -1:
        """An entry is put into the taking's own track, if it has one."""
        cdef Track track = log.own_track(taking)
        if track is None:
            if taking.base is not None:
                return 0
            track = log.new_track(taking)
        track.add(moment, event, value)
        if track.n > log.longest:
            log.longest = track.n
            if unscoped and track.n > self.longest_unscoped:
                self.longest_unscoped = track.n
        return 0

    cdef int glance(self, Taking taking, Log log, Event event) except -1:
        """The event is the last anchor here of the rules that open at this taking: those that may open something must look again."""
        cdef int i
        cdef Opener *opener
        for i in range(taking.first_opener(log.events), taking.openers_n):
            opener = &taking.openers[i]
            if log.rests is not NULL and log.turn == (<History> log.history).turn and log.events < log.rests[opener.place]:
                if not opener.unknown:
                    continue
                if log.standing is None:
                    (<Rule> opener.rule).undecided += 1
                    continue
            self.glance_at(opener, log, event)
        return 0

    cdef int glance_at(self, Opener *opener, Log log, Event event) except -1:
        """The same of one of the rules."""
        cdef Rule rule = <Rule> opener.rule
        cdef list openings
        cdef Verdict verdict
        cdef Py_ssize_t rest
        if log.standing is not None:
            openings = log.opened(rule)
            if openings and self.joins(rule, log, (<Finding> PyList_GET_ITEM(openings, len(openings) - 1)).moment, event.time):
                return 0
        verdict = self.look.glance(rule, log, event, event.time, &rest)
        if verdict == PERHAPS:
            return self.soil(rule, log, event.time, event.time, ALWAYS)
        if verdict == UNKNOWN:
            rule.undecided += 1
        if rest > 1:
            log.rest(opener, (<History> log.history).openers_n, rest)
        return 0

    cdef int take_out(self, Event event) except -1:
        """A derived event is no more."""
        cdef History history
        cdef Intake intake
        cdef Taking taking
        cdef Value value
        cdef Log log
        cdef object name
        cdef long long moment
        cdef Use use
        cdef Rule rule
        found = self.direct.pop((event.source, event.id), None)
        if found is not None:
            self.leaving.setdefault((event.source, event.id), []).extend(found)
        for history in self.plan.histories:
            if event.type not in history.by_type:
                continue
            if history.slots[event.type]:
                name = key_of(event, history)
                if name is None:
                    continue
                log = history.log(name)
            else:
                rule = history.rules[0]
                if rule.kind == EVENTS and not self.matches_now(rule, event):
                    continue
                log = self.unscoped_log(rule, event)
            for intake in (<Entrance> history.by_type[event.type]).all_intakes:
                if not intake.takes(self.machine, self.scratch, event, &value):
                    continue
                taking = intake.taking
                release(&value)
                moment = event.time
                if taking.gap is not None and not taking.gap.moment(self.machine, self.scratch, event, &moment):
                    continue
                if taking.base is None or log.own_track(taking) is not None:
                    log.track(taking).remove(moment, event)
                for use in taking.uses:
                    self.mark(use, log, event, moment)
        return 0

    cdef bint matches_now(self, Rule rule, Event event) except -1:
        return rule.index in self.machine.holding(event)

    # ------------------------------------------------------------------ who must look again

    cdef int mark(self, Use use, Log log, Event event, long long moment) except -1:
        cdef Rule rule = use.rule
        cdef long long start = moment, end = moment, content = ALWAYS
        if use.role == MEMBER:
            if self.restored is not None:
                return 0
            name = (use.entity, log.key[0])
            self.recredit[name] = min(moment, self.recredit.get(name, moment))
            return 0
        if use.role == ANCHOR:
            if rule.kind == DEADLINES and moment > self.now:
                return self.timers.add(moment, rule, log)
        elif use.role == PRESENCE:
            end = moment + rule.retain_us
            set_end_timer(self, rule, log, moment)
        elif self.restored is not None:
            return 0
        elif use.role == OPERAND:
            end = use.window.reach(moment, use.previous)
            if use.later and end != NEVER:
                end += rule.retain_us
        else:
            end = ALWAYS
            content = use.window.reach(moment, use.previous) if use.window is not None else moment + rule.retain_us
        if self.restored is not None or (rule.kind != EVENTS and start > self.now):
            return 0  # timers wake the rule at what is still to come
        if use.own:
            self.soil(rule, log, start, end, content)
        else:
            self.soil_elsewhere(rule, log, start, end, content)
        return 0

    cdef int soil(self, Rule rule, Log log, long long start, long long end, long long content) except -1:
        cdef Dirts *dirts = &self.dirts[rule.layer]
        cdef Dirt *dirt
        cdef int at = log.dirt[rule.layer]
        cdef void *grown
        while at >= 0:
            dirt = &dirts.items[at]
            if dirt.rule == <PyObject *> rule:
                dirt.start = min(dirt.start, start)
                dirt.end = max(dirt.end, end)
                dirt.content = max(dirt.content, content)
                return 0
            at = dirt.next
        if dirts.n == dirts.room:
            grown = realloc(dirts.items, (2 * dirts.room + 64) * sizeof(Dirt))
            if grown is NULL:
                raise MemoryError
            dirts.items = <Dirt *> grown
            dirts.room = 2 * dirts.room + 64
        dirt = &dirts.items[dirts.n]
        dirt.rule = <PyObject *> rule
        dirt.log = <PyObject *> log
        dirt.start = start
        dirt.end = end
        dirt.content = content
        dirt.next = log.dirt[rule.layer]
        log.dirt[rule.layer] = dirts.n
        dirts.n += 1
        return 0

    cdef int soil_elsewhere(self, Rule rule, Log log, long long start, long long end, long long content) except -1:
        """Another scope's log has changed: the rule's anchors that stand in it carry the rule's own key."""
        cdef Taking taking = <Taking> rule.elsewhere[(<History> log.history).index]
        cdef History own = self.plan.histories[rule.history]
        cdef Track track
        cdef Py_ssize_t i, last
        cdef Event event
        cdef Log home
        cdef long long moment
        if taking is None:
            return 0
        track = log.read(taking)
        cdef bint ends = rule.kind == ENDS
        last = track.after_moment(max(end, content))
        for i in range(track.from_moment(start - rule.retain_us if ends else start), last):
            event = track.event(i)
            if event.type not in own.slots:
                continue
            name = key_of(event, own)
            if name is None:
                continue
            home = own.log(name)
            if home is None:
                continue
            if ends:
                self.soil(rule, home, start, end, content)
            elif rule.kind == EVENTS or track.entries[i].moment <= self.now:
                moment = track.entries[i].moment
                self.soil(rule, home, moment, moment if moment <= end else ALWAYS, moment if moment <= content else ALWAYS)
        return 0

    # ------------------------------------------------------------------ the clock

    def move(self, long long now):
        """Let the clock reach `now`; it never goes back."""
        self.reach(now)

    cdef int reach(self, long long now) except -1:
        """The same."""
        if now <= self.now:
            return 0
        self.now = now
        return wake(self, now)

    def due(self, long long now):
        """Whether a timer is due by `now`."""
        return self.timers.is_due(now)

    def forgets(self, long long now):
        """Whether something may be forgotten by `now`."""
        return self.forgotten != ALWAYS and self.retention.step(now) > self.forgotten

    def forget(self, long long now):
        """Drop what can matter to nothing any more when the clock has reached `now`: all that follows from it was settled, and what
        comes is younger than what is retained. True where a step was taken."""
        step = self.retention.step(now)
        if step <= self.forgotten:
            return False
        Sweep(self, step, self.forgotten).run()
        self.forgotten = step
        return True

    @property
    def passed(self):
        """The step up to which all histories have forgotten: nothing is needed any more of events that can matter only so long. None:
        nothing was ever forgotten."""
        if self.forgotten == ALWAYS:
            return None
        steps = [self.retention.step_of(index, self.forgotten) for index in range(len(self.plan.histories))]
        return min(steps, default=self.forgotten)

    cdef long long whole_since(self, Rule rule) except? -1:
        """Anchors of the rule up to this moment may not see all that they saw: nothing can change at them any more."""
        return ALWAYS if self.forgotten == ALWAYS else self.forgotten - <long long> self.retention.late[rule.index]

    # ------------------------------------------------------------------ findings

    def settle(self):
        """Look again wherever something has changed. Gives the `Changes`."""
        self.look_again()
        return self.told()

    cdef Changes told(self):
        cdef Changes changes = self.changed()
        self.changes = None
        return changes

    cdef inline Changes changed(self):
        """What has changed so far, to be written."""
        if self.changes is None:
            self.changes = Changes()
        return self.changes

    cdef int look_again(self) except -1:
        if not (self.dirts[0].n or self.dirts[1].n or self.dirts[2].n or self.leaving or self.recredit or self.dirty_ledgers):
            return 0
        self.refold_layer(0)
        self.let_go()
        self.refold_layer(1)
        credit_again(self)
        settle_ledgers(self)
        self.let_go()
        self.refold_layer(2)
        return 0

    cdef int refold_layer(self, int layer) except -1:
        cdef Dirts found = self.dirts[layer]
        cdef Dirts *now = &self.dirts[layer]
        cdef Dirt *dirt
        cdef int i
        if not found.n:
            return 0
        for i in range(found.n):
            (<Log> found.items[i].log).dirt[layer] = -1
        now.items = NULL
        now.n = now.room = 0
        try:
            for i in range(found.n):
                dirt = &found.items[i]
                self.refold(<Rule> dirt.rule, <Log> dirt.log, dirt.start, dirt.end, dirt.content)
        finally:
            if now.items is NULL:
                now.items = found.items
                now.room = found.room
            else:
                free(found.items)
        return 0

    cdef bint joins(self, Rule rule, Log log, long long opening, long long moment) except -1:
        """Whether an anchor belongs to the episode that opened at `opening`."""
        if rule.repeat == REPEAT_ALWAYS or (not rule.scoped and not log.key):
            return False
        if rule.repeat == REPEAT_SPAN:
            return moment - opening < rule.repeat_us
        return moment <= self.machine.local.period_end(opening, rule.repeat_period)

    cdef bint holds(self, Rule rule, Log log, long long moment, Event event) except -1:
        """Whether the rule holds at this anchor."""
        cdef Value out
        cdef long long day
        cdef Except_ entry
        cdef bint truth
        if rule.since_day is not None or rule.until_day is not None:
            day = self.machine.local.day(moment)
            if (rule.since_day is not None and day < rule.since_day) or (rule.until_day is not None and day > rule.until_day):
                return False
        cdef Verdict verdict
        cdef Py_ssize_t rest
        if rule.tests_n and self.on_looked is None:
            verdict = self.look.glance(rule, log, event, moment, &rest)
            if verdict != PERHAPS:
                rule.undecided += verdict == UNKNOWN
                return False
        self.look.at(rule, log, event, moment)
        self.machine.run(rule.condition, self.look, &out)
        if out.tag == MISSING:
            rule.undecided += 1
        if self.on_looked is not None:
            self.on_looked(rule, log.key, moment, event, None if out.tag == MISSING else out.v.i != 0, self.parts)
        truth = out.tag == BOOL and out.v.i != 0
        release(&out)
        if not truth:
            return False
        for entry in rule.excepts:
            if self.machine.local.day(moment) > entry.until_day:
                continue
            out.tag = MISSING
            self.machine.run(entry.condition, self.look, &out)
            truth = out.tag == BOOL and out.v.i != 0
            release(&out)
            if truth:
                return False
        return True

    def parts(self):
        """For `on_looked`: every part of the condition that is being looked at, with its value, as `Machine.trace` gives them."""
        return self.machine.trace(self.look.rule.condition, self.look)

    cdef int refold(self, Rule rule, Log log, long long start, long long end, long long content) except -1:
        """Cut the anchors from `start` on into episodes again, and publish what comes out differently.

        The walk ends past `end` as soon as the episode in force is again the one that was: nothing after can differ.
        """
        if rule.kind != ENDS and self.on_looked is None and self.refold_one(rule, log, start, end):
            return 0
        cdef list old = log.openings(rule)
        cdef Py_ssize_t first = len(old), tail = len(old), j, at = 0
        cdef Track track
        cdef long long moment, in_force = 0
        cdef Event event, force_event = None
        cdef bint forced = False, was, looked = False, truth = False
        cdef long long looked_at = 0, unknown = 0
        cdef Finding before
        while first > 0 and (<Finding> old[first - 1]).moment >= start:
            first -= 1
        if first:
            before = <Finding> old[first - 1]
            forced, in_force, force_event = True, before.moment, before.event
        fresh = []
        j = first
        track = log.read(rule.presence if rule.kind == ENDS else rule.anchors)
        moment = start
        if rule.kind != ENDS:
            at = track.from_moment(start)
        while True:
            if rule.kind == ENDS:
                moment = next_end(self, rule, track, moment) if track.n else NEVER
                event = None
                if moment > self.now:
                    break
            else:
                if at >= track.n:
                    break
                moment = track.entries[at].moment
                event = track.event(at)
                if rule.kind == DEADLINES and moment > self.now:
                    break
            if moment > end:
                while j < len(old) and opens_before(<Finding> old[j], moment, event):
                    j += 1
                was = j > 0 and self.joins(rule, log, (<Finding> old[j - 1]).moment, moment)
                if was == (forced and self.joins(rule, log, in_force, moment)):
                    if not was or same_anchor(<Finding> old[j - 1], in_force, force_event):
                        tail = j
                        break
            if not (forced and self.joins(rule, log, in_force, moment)):
                if looked and looked_at == moment and rule.same_for_all and self.on_looked is None:
                    rule.undecided += unknown  # many events of one moment: the condition is the same at each
                else:
                    unknown = rule.undecided
                    truth = self.holds(rule, log, moment, event)
                    unknown = rule.undecided - unknown
                    looked, looked_at = True, moment
                if truth:
                    forced, in_force, force_event = True, moment, event
                    fresh.append((moment, event))
            if rule.kind == ENDS:
                moment += 1
            else:
                at += 1
        self.publish(rule, log, old, first, tail, fresh, max(end, content))
        return 0

    cdef bint refold_one(self, Rule rule, Log log, long long start, long long end) except -1:
        """What most events and deadlines come to: at the one anchor concerned, or at none, nothing is found. False: there is more to it."""
        cdef list openings = log.opened(rule)
        cdef Track track = log.read(rule.anchors)
        cdef Finding last = None
        cdef long long until = self.now if rule.kind == DEADLINES else NEVER, moment
        cdef Py_ssize_t at
        if openings:
            last = <Finding> PyList_GET_ITEM(openings, len(openings) - 1)
            if last.moment >= start:
                return False
        at = track.from_moment(start)
        if at == track.n:
            return True
        moment = track.entries[at].moment
        if moment > end or moment > until:
            return True
        if at + 1 < track.n and track.entries[at + 1].moment <= until:
            return False
        if last is not None and self.joins(rule, log, last.moment, moment):
            return True
        return not self.holds(rule, log, moment, track.event(at))

    cdef int publish(self, Rule rule, Log log, list old, Py_ssize_t first, Py_ssize_t tail, list fresh, long long content) except -1:
        """Replace the openings old[first:tail] by the fresh anchors; look again at what later ones say, up to `content`."""
        cdef Finding finding, again
        cdef Py_ssize_t j
        standing = []
        j = first
        for moment, event in fresh:
            while j < tail and opens_before(<Finding> old[j], moment, event):
                self.replace(<Finding> old[j], None)
                j += 1
            again = self.speaker.finding(rule, log, moment, event)
            if j < tail and same_anchor(<Finding> old[j], moment, event):
                standing.append(self.renewed(<Finding> old[j], again))
                j += 1
            else:
                self.replace(None, again)
                standing.append(again)
        for j in range(j, tail):
            self.replace(<Finding> old[j], None)
        for j in range(tail, len(old)):
            finding = <Finding> old[j]
            if finding.moment > content:
                standing.extend(old[j:])
                break
            standing.append(self.renewed(finding, self.speaker.finding(rule, log, finding.moment, finding.event)))
        old[first:] = standing
        return 0

    cdef Finding renewed(self, Finding old, Finding again):
        """What stands at an opening that stood: the old finding, or where it says something else, the new version."""
        if old.id != again.id:  # a derived event that was an anchor carries another key now
            self.replace(old, None)
            self.replace(None, again)
            return again
        if old.says_the_same(again):
            old.event = again.event
            return old
        self.replace(old, again)
        return again

    cdef int find_at_once(self, Rule rule, Event event) except -1:
        """An unscoped rule holds for an event, and remembers nothing."""
        cdef Finding finding = self.speaker.finding(rule, self.plan.nowhere, event.time, event)
        cdef Finding before
        if not event.rank:
            if self.alone and rule.fraction is None and finding.id not in self.gone_versions:
                self.lone.append(finding)
                self.findings[finding.id] = finding
                self.follow(finding)
                if rule.level is not None and not rule.shadow:
                    warn(self, None, finding)
                return 0
            return self.replace(None, finding)
        standing = self.leaving.get((event.source, event.id), ())
        for before in standing:
            if before.rule is rule:  # the derived event was taken out, and here it is again
                standing.remove(before)
                finding = self.renewed(before, finding)
                break
        else:
            self.replace(None, finding)
        self.direct.setdefault((event.source, event.id), []).append(finding)
        return 0

    cdef int let_go(self) except -1:
        """Derived events that were taken out and did not come again: what unscoped rules found at them stands no more."""
        cdef Finding finding
        while self.leaving:
            for finding in self.leaving.popitem()[1]:
                self.replace(finding, None)
        return 0

    cdef int replace(self, Finding old, Finding new) except -1:
        """Put one finding in the place of another (None: nothing), with all that follows from it."""
        cdef Rule rule = old.rule if new is None else new.rule
        if old is not None:
            self.unsaved["finding", old.id] = None
            if not old.drawn:
                old = None
        if new is not None:
            if new.drawn or rule.history >= 0:  # what is not drawn is of use only to those that join it
                self.unsaved["finding", new.id] = new
            if not new.drawn:
                new = None
        if old is not None:
            discredit(self, old)
            if old.derived is not None:
                self.take_out(old.derived)
                old.derived = None
        if new is None:
            if old is not None:
                self.withdraw_finding(old)
        else:
            new.version = 1 + (old.version if old is not None else self.version_gone(new.id))
            self.findings[new.id] = new
            self.changed().findings[new.id] = new
            self.changed().withdrawn.pop(new.id, None)
            self.follow(new)
        if rule.level is not None and not rule.shadow and (old is not None or new is not None):
            warn(self, old, new)
        return 0

    cdef int follow(self, Finding finding) except -1:
        """What follows from a finding that stands: its points count, and rules over `finding` see it."""
        if finding.rule.shadow:
            return 0
        credit(self, finding)
        if finding.rule.layer == 0 and self.sees_findings:
            finding.derived = self.finding_event(finding)
            self.put(finding.derived)
        return 0

    cdef int version_gone(self, str id) except -1:
        """The version that was withdrawn under this id, which is gone no more; 0: none was."""
        cdef object version = self.gone_versions.pop(id, None)
        if version is None:
            return 0
        self.gone.pop(id, None)
        self.unsaved["gone", id] = None
        return version

    cdef int withdraw_finding(self, Finding finding) except -1:
        del self.findings[finding.id]
        finding.reason = self.reason()
        self.bury(finding.id, finding.version, finding)
        if self.changed().findings.pop(finding.id, None) is None or finding.version > 1:
            self.changed().withdrawn[finding.id] = finding
        return 0

    cdef str reason(self):
        """Why something is withdrawn."""
        if self.cause is None:
            return "no longer follows"
        return f"no longer follows, since the event {self.cause.id!r} of the source {self.cause.source!r} arrived"

    cdef int bury(self, str id, int version, object thing) except -1:
        self.gone[id] = thing
        self.gone_versions[id] = version
        self.unsaved["gone", id] = thing
        return 0

    def at_least(self, thing, int version):
        """Let a finding or warning that was known before this fold was made have at least this version."""
        if isinstance(thing, Finding):
            if (<Finding> thing).version < version and thing.id in self.findings:
                self.unsaved["finding", thing.id] = thing  # it may have been lone until now
            (<Finding> thing).version = max((<Finding> thing).version, version)
        else:
            (<Warning_> thing).version = max((<Warning_> thing).version, version)
        if thing.id in self.gone:
            self.gone_versions[thing.id] = thing.version

    cdef Event finding_event(self, Finding finding):
        cdef Rule rule = finding.rule
        keys = {}
        if finding.event is not None:
            for field in self.plan.types[finding.event.type]["fields"]:
                entity = field["entity"]
                if entity >= 0 and entity not in keys:
                    slot = default_slot(self.plan.types[finding.event.type], entity, self.plan.entities[entity]["name"])
                    if slot >= 0:
                        keys[entity] = slot_text(finding.event, slot)
        if rule.scoped:
            keys.update(zip(rule.entities, finding.key))
        keys.update((entity, key) for entity, key in finding.about if key is not None)
        said = {"rule": rule.name, "category": rule.category, "points": finding.points, "level": rule.level}
        said.update((self.plan.entities[entity]["name"], key) for entity, key in keys.items() if key is not None)
        order = key_order(finding.key) + "\0" + finding.id
        return self.machine.make_event(self.plan.finding_type, finding.moment, "rulelang", finding.id, said, "finding\0" + rule.name, order)

    # ------------------------------------------------------------------ reading

    @property
    def undecided(self):
        """By rule: how often its condition was unknown where it was looked at."""
        return [(<Rule> rule).undecided for rule in self.plan.rules]

    @undecided.setter
    def undecided(self, counts):
        cdef Rule rule
        for rule, count in zip(self.plan.rules, counts, strict=True):
            rule.undecided = count

    def grounds(self, Warning_ warning not None):
        """The findings that a warning rests on, in order, each with the points that count: of a ladder, all in its window then."""
        cdef Ladder ladder
        cdef Ledger ledger
        if warning.ladder is None:
            return [(self.findings[warning.finding], warning.points)]
        ladder = next(entry for entry in self.plan.ladders if entry.name == warning.ladder)
        ledger = <Ledger> self.ledgers[(ladder.index, warning.key)]
        return [(self.findings[entry[3]], float(entry[4])) for entry in ledger.window(warning.time, False)]

    def evidence(self, Finding finding not None):
        """The events that a finding rests on, as far as they are still kept, in order."""
        cdef Log log
        if not finding.rule.scoped:
            return [finding.event]
        log = <Log> (<History> self.plan.histories[finding.rule.history]).log(name_of(finding.key))
        self.look.at(finding.rule, log, finding.event, finding.moment)
        if finding.moment > self.whole_since(finding.rule):
            return self.look.evidence()
        # What is left may look otherwise than it did: only what is known to belong to it.
        return [event for event in self.look.evidence() if [event.source, event.id] in finding.events]

    def records(self):
        """How many records are held: of each log, those of its longest track."""
        cdef History history
        cdef Log log
        cdef Py_ssize_t n = 0, longest
        cdef int i
        for history in self.plan.histories:
            for log in history.logs.values():
                longest = 0
                for i in range(log.tracks_n):
                    if log.tracks[i] is not NULL:
                        longest = max(longest, (<Track> log.tracks[i]).n)
                n += longest
            n += records_asleep(self, history)
        return n

    @property
    def asleep(self):
        """How many keys sleep; see folding/sleep.pxi."""
        return sum([len((<History> history).asleep or ()) for history in self.plan.histories])

    def belongs(self, int entity, str key not None, long long time):
        """A key, and those of the entities above that it belongs to at a time: [(entity index, key)], from below."""
        found = [(entity, key)]
        while entity in self.plan.members:
            key = member_of(self, entity, key, time)
            if key is None:
                break
            entity = self.plan.entities[entity]["parent"]
            found.append((entity, key))
        return found

    def credits(self, int ladder, str key):
        """What a ladder counts for a key, ever: ([(time, finding id, points as a Fraction)], {time: id of the warning issued then})."""
        cdef Ledger ledger = <Ledger> self.ledgers.get((ladder, key))
        cdef Warning_ warning
        if ledger is None:
            return [], {}
        return [(entry[0], entry[3], entry[4]) for entry in ledger.times], {time: warning.id for time, warning in ledger.standing.items()}

    def credited(self):
        """The keys for which points were ever counted: [(ladder index, key)], in order."""
        cdef Ledger ledger
        return sorted([name for name, ledger in self.ledgers.items() if ledger.times])

    def members_of(self, int entity, long long time):
        """The keys of an entity that is in another one, each with the parent that it belongs to at a time: [(key, parent key)]."""
        found = []
        wake_all(self, self.plan.default_history[entity])
        for key in (<History> self.plan.default_history[entity]).logs:
            parent = member_of(self, entity, key, time)
            if parent is not None:
                found.append((key, parent))
        return sorted(found)

    def drawn_by(self, Finding finding not None):
        """What a finding of a rule with `sample` was drawn by: the text that the draw is computed from."""
        return drawn_key(finding.rule, finding.event)

    cdef Form form(self, Rule rule):
        """How lone findings of the rule are written."""
        cdef Form form = <Form> self.forms[rule.index]
        if form is None:
            form = self.forms[rule.index] = Form(self, rule)
        return form

    def entity_name(self, int index):
        return self.plan.entities[index]["name"]


cdef inline object name_of(tuple key):
    """What a key's log is found by in its history: a key of one text by the text."""
    return key[0] if len(key) == 1 else key


cdef int spell_as(Event event, str key, int slot, int raw_slot) except -1:
    """Let the event hold the log's own text of its key, which is there anyway."""
    cdef Value *value = &event.slots[slot]
    cdef Value *raw = &event.slots[raw_slot]
    cdef PyObject *sent = value.v.s
    if sent == <PyObject *> key:
        return 0
    if raw.tag == TEXT and raw.v.s == sent:
        Py_INCREF(key)
        raw.v.s = <PyObject *> key
        Py_DECREF(<object> sent)
    Py_INCREF(key)
    value.v.s = <PyObject *> key
    Py_DECREF(<object> sent)
    return 0


cdef inline object key_at(Event event, Door *door):
    """The name of the key by which an event goes through a door; None: it does not."""
    return slot_text(event, door.slot) if door.slot != SEVERAL else key_of(event, <History> door.history)


cdef inline bint has_key(Event event, Door *door) except -1:
    """Whether it does."""
    return event.slots[door.slot].tag == TEXT if door.slot != SEVERAL else key_of(event, <History> door.history) is not None


cdef PyObject *find_log(Door *door, Event event) except? NULL:
    """The log behind a door that the event goes into, lent; NULL: there is none yet."""
    cdef object name = key_at(event, door)
    cdef Log log = None if name is None else (<History> door.history).log(name)
    return NULL if log is None else <PyObject *> log


cdef object key_of(Event event, History history):
    """The name of the key by which an event belongs to a history; None: it does not."""
    cdef tuple slots = <tuple> history.slots[event.type]
    if len(slots) == 1:
        return slot_text(event, <int> slots[0])
    key = tuple([slot_text(event, slot) for slot in slots])
    return None if None in key else key


include "folding/sleep.pxi"
include "folding/deadlines.pxi"
include "folding/crediting.pxi"
include "folding/names.pxi"
include "folding/showing.pxi"
include "folding/answers.pxi"
include "folding/batch.pxi"
include "folding/saving.pxi"
include "folding/explain.pxi"
