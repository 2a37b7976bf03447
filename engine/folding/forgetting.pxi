# Forgetting: what no anchor that may still be looked at can see is dropped.
#
# Nothing in here depends on what was found. Where the clock stands at `now`:
#
#   - An event that is still to come is younger than what its entities retain, or it is too late. So `late` of a type is how old what comes
#     (or, derived, goes) may be; `late` of a history is the greatest of what enters it, of a rule that of the histories it reads, and of
#     findings and warnings that of the rules, the memberships and the ladders that they follow from.
#   - What comes at a time t is seen by anchors at t and after. So a rule looks again only at anchors later than now - late.
#   - Such an anchor sees as far back as the rule's windows; a deadline, also what the event that set it saw; where it is frozen as evidence
#     of a warning, its finding may be older by the window of the ladder.
#
# The sum of these is what a history keeps. Only membership looks back without bound: of its records each change of the parent stays.
# Forgetting goes in steps, which are moments of the clock like deadlines, so that it is a function of the journal as all else is.

STEPS = 8
"""A history holds what it must and at most this part of it more."""
STEPS_MAX = 1024
"""A step is at least this part of the longest time for which something is kept."""
KEPT_MAX = 2**61


@cython.final
cdef class Retention:
    """How long what is received, and what each history holds, can matter, in microseconds.

    `freezes`: findings are frozen as evidence of warnings."""

    cdef list matters                    # event type -> how long after its time an event of it can matter
    cdef readonly list by_type           # event type -> how long it is kept and its name is known: until every history has forgotten it
    cdef readonly list by_history        # history -> how long a record in it can be seen
    cdef readonly list late              # rule -> how old an anchor may be at which it is looked at again
    cdef readonly list repeats           # rule -> how long an anchor may join an opening
    cdef readonly list steps             # history -> the step of the clock in which it forgets, in microseconds
    cdef readonly long long step_us      # the least of them

    def __init__(self, Plan plan, bint freezes):
        cdef Rule rule
        cdef History history
        late = list(plan.retains)
        late[plan.finding_type] = late[plan.warning_type] = 0
        late[plan.conflict_type] = max(plan.retains)
        kinds_of_histories = {(<History> history).entities for history in plan.histories}
        conflicts = {entities: late_conflict(plan, set(entities)) for entities in kinds_of_histories}
        at_work = [rule for rule in plan.rules if (<Rule> rule).anchor_choices is not None]
        self.late = [0] * len(plan.rules)
        self.repeats = [longest_repeat(rule) for rule in plan.rules]
        before = None
        while before != late:
            before = list(late)
            enters = [
                max([conflicts[history.entities] if kind == plan.conflict_type else late[kind] for kind in history.by_type], default=0)
                for history in plan.histories
            ]
            for rule in at_work:
                if rule.history < 0:
                    self.late[rule.index] = max([late[kind] for kind in rule.anchor_choices], default=0)
                else:
                    self.late[rule.index] = max([enters[index] for index in (rule.history, *rule.components)])
            members = [enters[(<Taking> taking).history] for taking in plan.members.values() if taking is not None]
            late[plan.finding_type] = max([self.late[rule.index] for rule in at_work if rule.layer == 0], default=0)
            late[plan.warning_type] = max([self.late[rule.index] for rule in at_work if rule.layer < 2] + members, default=0)
        self.by_history = enters
        self.look_back(plan, [longest_ladder(plan, rule) if freezes else 0 for rule in plan.rules])
        self.by_history = [min(kept, KEPT_MAX) for kept in self.by_history]
        self.matters = [max(of_type) for of_type in zip(plan.retains, late)]
        self.step_us = max(min(self.by_history, default=0) // STEPS, max(self.by_history + self.matters) // STEPS_MAX, 1)
        self.steps = [max(kept // STEPS, <object> self.step_us) for kept in self.by_history]
        longest = [<object> self.step_us] * len(plan.types)
        for history in plan.histories:
            for kind in history.by_type:
                self.matters[kind] = max(self.matters[kind], self.by_history[history.index])
                longest[kind] = max(longest[kind], self.steps[history.index])
        self.by_type = [matters + step for matters, step in zip(self.matters, longest)]

    cdef int look_back(self, Plan plan, list frozen) except -1:
        """Let the histories that rules read keep what they can see. `frozen`: rule -> by how much its findings may be older."""
        cdef Taking taking
        cdef History history
        cdef Rule rule
        cdef Use use
        for history in plan.histories:
            for taking in history.takings:
                for use in taking.uses:
                    rule = use.rule
                    if rule is None:
                        continue
                    back = rule.retain_us if rule.kind == DEADLINES else 0
                    if use.role == ANCHOR:
                        back += self.repeats[rule.index]
                    elif use.role == PRESENCE or use.window is None:
                        back += rule.retain_us
                    else:
                        back += use.window.longest(use.previous) + frozen[rule.index]
                    self.keep(taking, self.late[rule.index] + back)
        for rule in plan.rules:
            for taking in rule.elsewhere.values():
                if taking is not None:
                    self.keep(taking, self.late[rule.index] + (0 if rule.kind == EVENTS else rule.retain_us))
        return 0

    cdef int keep(self, Taking taking, object kept_us) except -1:
        self.by_history[taking.history] = max(self.by_history[taking.history], kept_us)
        return 0

    cdef object step(self, long long now):
        """The last step of the clock at or before `now`."""
        return now // <object> self.step_us * self.step_us

    cdef object step_of(self, int history, long long step):
        """The last step of a history at or before one of the clock."""
        return ALWAYS if step == ALWAYS else step // <object> self.steps[history] * self.steps[history]


cdef object late_conflict(Plan plan, set entities):
    """How old an event of such a history may be of which a conflict is recorded there."""
    carrying = [
        plan.retains[kind] for kind, declared in enumerate(plan.types) if not plan.layer_of(kind) and kind != plan.conflict_type
        and entities <= {field["entity"] for field in declared["fields"]}
    ]
    return max(carrying, default=0)


cdef object longest_repeat(Rule rule):
    if rule.repeat == REPEAT_ALWAYS:
        return 0
    return rule.repeat_us if rule.repeat == REPEAT_SPAN else LONGEST_PERIODS[rule.repeat_period]


cdef object longest_ladder(Plan plan, Rule rule):
    """How long findings of a rule may be among what a warning rests on."""
    cdef Ladder ladder
    if rule.layer == 2 or rule.shadow or rule.points < 0:
        return 0
    return max([ladder.window.longest(False) for ladder in plan.ladders if ladder.counts(rule)], default=0)


cdef class Sweep:
    """One step of forgetting, up to the moment `until`; `before`: the step before."""

    cdef Fold fold
    cdef Retention retention
    cdef long long until, before
    cdef dict members                    # taking -> event type -> slot of the parent's key

    def __init__(self, Fold fold, long long until, long long before):
        self.fold = fold
        self.retention = fold.retention
        self.until = until
        self.before = before
        self.members = {taking: fold.plan.member_slots[entity] for entity, taking in fold.plan.members.items() if taking is not None}

    cdef int run(self, bint again=False) except -1:
        """`again`: this step was taken before, and what is there was restored."""
        cdef History history
        self.fold.foreseen = None
        for history in self.fold.plan.histories:
            until = self.retention.step_of(history.index, self.until)
            before = self.retention.step_of(history.index, self.before)
            if again or until > before:
                self.go_through(history, until - self.retention.by_history[history.index], before, until)
        self.hold_anchors()
        return 0

    cdef int go_through(self, History history, long long time, long long before, long long until) except -1:
        """Drop what is of this time or before it from the logs of a history, and the logs of which nothing is left. `before`, `until`:
        the step."""
        cdef Log log
        cdef Track track
        cdef Taking taking
        cdef bint left
        cdef int i
        wake_older(self.fold, history, time)
        sampled = [rule for rule in history.rules if rule.fraction is not None]
        for name, log in list(history.logs.items()):
            left = False
            log.longest = 0
            for i in range(log.tracks_n):
                if log.tracks[i] is NULL:
                    continue
                track = <Track> log.tracks[i]
                taking = <Taking> history.takings[i]
                self.fold.forgotten_records += track.forget(time, taking.gap, self.members.get(taking))
                if taking in self.members:
                    self.hold_changes(track, time, before, until)
                log.longest = max(log.longest, track.n)
                left = left or track.n > 0
            if ALWAYS < log.received <= time:
                log.received = ALWAYS
                self.fold.keys -= 1
            if log.standing is not None:
                for rule in sampled:
                    self.forget_undrawn(<Rule> rule, log)
                left = left or any(log.standing.values())
            if not left and log.latest <= time and log.dirt[0] < 0 and log.dirt[1] < 0 and log.dirt[2] < 0:
                del history.logs[name]
        return 0

    cdef int forget_undrawn(self, Rule rule, Log log) except -1:
        """Openings that a spot check did not draw are seen by nobody; they count as long as an anchor may join them."""
        cdef Finding finding
        cdef list openings = log.opened(rule)
        if openings is None:
            return 0
        since = self.until - self.retention.late[rule.index] - self.retention.repeats[rule.index]
        gone = [finding for finding in openings if not finding.drawn and finding.moment <= since]
        for finding in gone:
            openings.remove(finding)
            self.fold.unsaved["finding", finding.id] = None
        return 0

    cdef bint is_passing(self, Event event, long long before, long long until):
        """Whether this step is the one with which the event ceases to matter; a store has it somewhat longer."""
        return before < event.time + <long long> self.retention.matters[event.type] <= until

    cdef int hold_changes(self, Track track, long long time, long long before, long long until) except -1:
        """What says where somebody belongs is kept for itself from here on."""
        cdef Py_ssize_t i
        cdef Event event
        for i in range(track.after_moment(time)):
            event = track.event(i)
            if self.is_passing(event, before, until):
                self.fold.unsaved["member", canonical([event.source, event.id, event.time])] = event
        return 0

    cdef int hold_anchors(self) except -1:
        """So are the events at which findings opened."""
        cdef Finding finding
        for finding in self.fold.findings.values():
            if finding.event is not None and finding.event.rank == 0 and self.is_passing(finding.event, self.before, self.until):
                self.fold.unsaved["anchor", finding.id] = finding.event
        return 0
