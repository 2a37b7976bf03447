# Deadlines and ends of periods: the timers that wake a rule when the clock reaches a moment.


cdef int set_timer(Fold fold, long long moment, Rule rule, Log log) except -1:
    fold.timers_made += 1
    heappush(fold.timers, (moment, fold.timers_made, rule, log))
    return 0


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
    return set_timer(fold, end, rule, log)


cdef int follow_end(Fold fold, Rule rule, Log log, Track track, long long moment) except -1:
    """After an end of a period: the timer of the next one that has events in its retained history."""
    cdef long long end = next_end(fold, rule, track, moment + 1)
    if end != NEVER:
        fold.ends_pending[(rule.index, log)] = end
        set_timer(fold, end, rule, log)
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
