# Deadlines and ends of periods: a timer wakes the rule when the clock reaches their moment.


cdef int wake(Fold fold, long long now) except -1:
    """Rules look again at what is due by `now`, where the clock stands."""
    cdef Timer timer
    cdef Rule rule
    cdef Log log
    while fold.timers.is_due(now):
        timer = fold.timers.take()
        rule, log = <Rule> timer.rule, <Log> timer.log
        Py_DECREF(rule)
        Py_DECREF(log)
        if rule.kind != ENDS or is_pending(fold, rule, log, timer.moment):
            fold.soil(rule, log, timer.moment, timer.moment, ALWAYS)
    return 0


cdef bint is_pending(Fold fold, Rule rule, Log log, long long moment) except -1:
    """Whether this is the end of a period that the rule waits for; then it waits for the next from here on."""
    cdef Track track
    name = (rule.index, log)
    if fold.ends_pending.get(name) != moment:
        return False
    del fold.ends_pending[name]
    track = log.read(rule.presence)
    if track.n:
        follow_end(fold, rule, log, track, moment)
    return True


cdef int set_end_timer(Fold fold, Rule rule, Log log, long long moment) except -1:
    """The next end of a period, after now, that has this moment in its retained history."""
    cdef long long end = fold.machine.local.period_end(max(moment, fold.now + 1) if fold.now != ALWAYS else moment, rule.ends_of)
    if end - moment >= rule.retain_us:
        return 0
    name = (rule.index, log)
    pending = fold.ends_pending.get(name)
    if pending is not None and pending <= end:
        return 0
    fold.ends_pending[name] = end
    return fold.timers.add(end, rule, log)


cdef int follow_end(Fold fold, Rule rule, Log log, Track track, long long moment) except -1:
    """After an end of a period: the timer of the next one that has events in its retained history."""
    cdef long long end = next_end(fold, rule, track, moment + 1)
    if end != NEVER:
        fold.ends_pending[(rule.index, log)] = end
        fold.timers.add(end, rule, log)
    return 0


cdef long long next_end(Fold fold, Rule rule, Track track, long long moment) except? -1:
    """The first end of a period at or after `moment` that has an event in its retained history."""
    cdef long long end = fold.machine.local.period_end(moment, rule.ends_of)
    cdef Py_ssize_t i
    while True:
        i = track.after_moment(end)
        if i > 0 and track.entries[i - 1].moment > end - rule.retain_us:
            return end
        if i == track.n:
            return NEVER
        end = fold.machine.local.period_end(track.entries[i].moment, rule.ends_of)
