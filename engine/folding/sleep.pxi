# Keys that sleep: what a store keeps of them was read, and is put into a log when somebody first asks for it.
#
# Most keys of a history are not met again soon after a start, and to fill the tracks of all of them takes longest of all that a start does.
# A key sleeps where its log would only be there: no timer can follow from what is in it. Nothing tells it from another that is awake: it
# counts among the keys and the records, is woken before it forgets anything, and by whatever looks its log up (`History.log`).


@cython.no_gc
@cython.final
cdef class Asleep:
    """The events of one key, in the order of time; they have one at least."""

    cdef list events
    cdef dict openings                   # index of a rule -> the findings that opened here, in any order
    cdef Py_ssize_t longest              # entries of the longest track of its log; -1: nobody has asked

    def __cinit__(self):
        self.events = []
        self.openings = {}
        self.longest = -1


cdef int make_beds(Fold fold) except -1:
    """Keys may sleep from here on, until what is restored is all there."""
    cdef History history
    for history in fold.plan.histories:
        history.asleep = {}
        history.awake_us = {kind: wakes_for(history, kind) for kind in history.by_type}


cdef object wakes_for(History history, int kind):
    """How long after its time a timer may follow from an event of this type."""
    cdef Taking taking
    cdef Use use
    cdef list spans = [ALWAYS // 2]
    for taking in history.takings:
        if kind in taking.choices:
            for use in taking.uses_that_wake:
                spans.append(0 if taking.gap is None else taking.gap.longest_us)
                spans.append(use.rule.retain_us if use.role == PRESENCE else 0)
    return max(spans)


cdef bint lies_down(Fold fold, History history, object name, Event event) except -1:
    """Whether an event that is put back is left to its key, which sleeps."""
    cdef Asleep asleep
    cdef Entrance entrance
    if event.rank or event.time + <long long> history.awake_us[event.type] > fold.now or name in history.logs:
        return False
    asleep = <Asleep> history.asleep.get(name)
    if asleep is None:
        asleep = Asleep.__new__(Asleep)
        history.asleep[name] = asleep
        fold.keys += 1
    asleep.events.append(event)
    entrance = <Entrance> history.by_type[event.type]
    fold.widen_all(entrance, event)  # or other logs would be told what is void once this one is awake
    return True


cdef bint opens_asleep(History history, Finding finding) except -1:
    """Whether a finding is left to the key at which it opened, which sleeps. (What spot checks did not draw is looked at at each step of
    forgetting.)"""
    cdef Asleep asleep
    if not history.asleep or finding.rule.fraction is not None:
        return False
    asleep = <Asleep> history.asleep.get(name_of(finding.key))
    if asleep is None:
        return False
    asleep.openings.setdefault(finding.rule.index, []).append(finding)
    return True


cdef Log woken(Fold fold, History history, object name):
    """The log of a key that sleeps, which it does no more; None: there is none."""
    cdef Asleep asleep = <Asleep> history.asleep.pop(name, None)
    cdef Event event
    cdef Log log
    cdef bint waking = fold.waking
    if asleep is None:
        return None
    log = history.opened(name)
    fold.keys -= 1  # it is counted again
    fold.waking = True
    try:
        for event in asleep.events:
            fold.put_into(<Entrance> history.by_type[event.type], log, event)
    finally:
        fold.waking = waking
    for index, openings in asleep.openings.items():
        log.openings(<Rule> fold.plan.rules[index]).extend(sorted(openings, key=cmp_to_key(openings_in_order)))
    return log


cdef int wake_all(Fold fold, History history) except -1:
    for name in list(history.asleep or ()):
        woken(fold, history, name)
    return 0


cdef int wake_older(Fold fold, History history, long long time) except -1:
    """Wake the keys that have an event of this time or before it."""
    if history.asleep is None:
        return 0
    for name, asleep in list(history.asleep.items()):
        if (<Event> (<Asleep> asleep).events[0]).time <= time:
            woken(fold, history, name)
    return 0


cdef Py_ssize_t records_asleep(Fold fold, History history) except -1:
    """What the keys that sleep would count among the records if they were awake."""
    cdef Asleep asleep
    cdef Py_ssize_t n = 0
    if history.asleep is None:
        return 0
    for asleep in history.asleep.values():
        if asleep.longest < 0:
            asleep.longest = longest_track(fold, history, asleep.events)
        n += asleep.longest
    return n


cdef Py_ssize_t longest_track(Fold fold, History history, list events) except -1:
    """How many of these events the taking takes up that takes up most. What shares a track takes up no more than what it shares it with."""
    cdef dict counts = {}
    cdef Entrance entrance
    cdef Event event
    cdef Step *step
    cdef Value value
    cdef long long moment
    cdef int i
    for event in events:
        entrance = <Entrance> history.by_type[event.type]
        for i in range(entrance.n):
            step = &entrance.steps[i]
            if step.shares or not takes_up(step, fold.machine, fold.scratch, event, &value):
                continue
            release(&value)
            if not step.timed or (<Taking> step.taking).gap.moment(fold.machine, fold.scratch, event, &moment):
                index = (<Taking> step.taking).index
                counts[index] = counts.get(index, 0) + 1
    return max(counts.values(), default=0)
