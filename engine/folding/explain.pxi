# Why a rule did, did not, or could not decide: each anchor of a key again, with every part of the condition.


def explain(Fold fold, str name, tuple key=None):
    """The anchors of a scoped rule, key by key (`key` None: of every key), each as a dictionary:

    key, time, event (source, id, type; None: an end of a period), truth (None: undecided), parts ([(span, kind, value)],
    parts before wholes), state ("pending": its time has not come; "dates": outside the rule's days; "except", with because;
    "joins": belongs to the finding before it; "opens"; "not drawn"; None: the condition does not hold), finding (the id,
    for "opens" and "joins"). What was forgotten since cannot be looked at again: only what stands is told (state "forgotten", finding).
    """
    cdef Rule rule = next(r for r in fold.plan.rules if r.name == name)
    cdef History history = fold.plan.histories[rule.history]
    cdef Log log
    assert rule.scoped
    if key is None:
        wake_all(fold, history)
    for log in sorted(history.logs.values(), key=key_of_log) if key is None else filter(None, [history.log(name_of(key))]):
        yield from _explain_key(fold, rule, log)


def key_of_log(Log log):
    return log.key


cdef list _explain_key(Fold fold, Rule rule, Log log):
    cdef Track track = log.read(rule.presence if rule.kind == ENDS else rule.anchors)
    cdef Py_ssize_t i
    cdef long long moment, since = fold.whole_since(rule)
    cdef Finding finding
    found = []
    for finding in log.openings(rule):
        if finding.moment <= since and finding.drawn:
            found.append(_forgotten(fold, finding))
    if rule.kind != ENDS:
        for i in range(track.after_moment(since), track.n):
            found.append(_explain_anchor(fold, rule, log, track.entries[i].moment, track.event(i)))
        return found
    moment = next_end(fold, rule, track, max(track.entries[0].moment, since + 1)) if track.n else NEVER
    while moment <= fold.now:
        found.append(_explain_anchor(fold, rule, log, moment, None))
        moment = next_end(fold, rule, track, moment + 1)
    return found


cdef dict _forgotten(Fold fold, Finding finding):
    cdef Event event = finding.event
    return {
        "key": finding.key,
        "time": finding.moment,
        "event": None if event is None else (event.source, event.id, fold.plan.types[event.type]["name"]),
        "truth": True,
        "parts": [],
        "state": "forgotten",
        "finding": finding.id,
    }


cdef dict _explain_anchor(Fold fold, Rule rule, Log log, long long moment, Event event):
    cdef Finding finding, force = None
    about = {
        "key": log.key,
        "time": moment,
        "event": None if event is None else (event.source, event.id, fold.plan.types[event.type]["name"]),
        "truth": None,
        "parts": [],
        "state": None,
        "finding": None,
    }
    if rule.kind != EVENTS and moment > fold.now:
        about["state"] = "pending"
        return about
    fold.look.at(rule, log, event, moment)
    about["truth"] = fold.machine.evaluate(rule.condition, fold.look)
    about["parts"] = fold.machine.trace(rule.condition, fold.look)
    for finding in log.openings(rule):
        if opens_before(finding, moment, event) or same_anchor(finding, moment, event):
            force = finding
    if force is not None and same_anchor(force, moment, event):
        about["state"] = "opens" if force.drawn else "not drawn"
        about["finding"] = force.id
    elif force is not None and fold.joins(rule, log, force.moment, moment):
        about["state"] = "joins"
        about["finding"] = force.id
    elif about["truth"]:
        _explain_refusal(fold, rule, moment, about)
    return about


cdef int _explain_refusal(Fold fold, Rule rule, long long moment, dict about) except -1:
    """Why a condition that holds makes no finding."""
    cdef long long day = fold.machine.local.day(moment)
    if (rule.since_day is not None and day < rule.since_day) or (rule.until_day is not None and day > rule.until_day):
        about["state"] = "dates"
        return 0
    for entry in rule.excepts:
        if day <= (<Except_> entry).until_day and fold.machine.evaluate((<Except_> entry).condition, fold.look):
            about["state"] = "except"
            about["because"] = (<Except_> entry).because
            return 0
    return 0
