# Points and warnings: to whom a finding counts, and what is issued where the points of a ladder lift its level.


cdef int credit(Fold fold, Finding finding) except -1:
    """Points of a finding, to the ladders of whom it is about and of those that they belong to."""
    cdef Ladder ladder
    if finding.points is None or finding.points <= 0 or finding.rule.layer == 2:
        return 0
    direct = [(entity, key) for entity, key in finding.about if key is not None]
    rolled = {}
    for entity, key in direct:
        while entity in fold.plan.members:
            if (entity, key) in finding.routes:
                break
            finding.routes.append((entity, key))
            fold.through.setdefault((entity, key), {})[finding.id] = finding
            key = member_of(fold, entity, key, finding.moment)
            if key is None:
                break
            entity = fold.plan.entities[entity]["parent"]
            rolled[(entity, key)] = True
    for ladder in fold.plan.ladders:
        if not ladder.counts(finding.rule):
            continue
        for entity, key in direct:
            if entity == ladder.entity:
                give(fold, ladder, key, finding, finding.points)
        for entity, key in rolled:
            if entity == ladder.entity and (entity, key) not in direct and ladder.weight > 0:
                give(fold, ladder, key, finding, Fraction(finding.points) * Fraction(ladder.weight))
    return 0


cdef int discredit(Fold fold, Finding finding) except -1:
    """Its points count no more."""
    cdef Ledger ledger
    if finding.credits is None:
        return 0
    for ledger in finding.credits:
        fold.dirty_ledgers[(ledger.ladder.index, ledger.key)] = ledger
        ledger.take_out(finding)
    finding.credits = []
    for name in finding.routes:
        del fold.through[name][finding.id]
    finding.routes = []
    return 0


cdef int give(Fold fold, Ladder ladder, str key, Finding finding, object points) except -1:
    cdef Ledger ledger = <Ledger> fold.ledgers.get((ladder.index, key))
    if ledger is None:
        ledger = Ledger(ladder, key)
        fold.ledgers[(ladder.index, key)] = ledger
    if finding.id in ledger.credits:
        return 0
    ledger.add(finding, Fraction(points))
    finding.credits.append(ledger)
    fold.dirty_ledgers[(ladder.index, key)] = ledger
    return 0


cdef object member_of(Fold fold, int entity, str key, long long time):
    """The key of the parent entity that this one belongs to at `time`, or None."""
    cdef Taking taking = <Taking> fold.plan.members[entity]
    if taking is None:
        return None
    cdef History history = fold.plan.default_history[entity]
    cdef Log log = history.log(key)
    cdef Track track
    cdef Py_ssize_t i
    cdef Event event
    if log is None:
        return None
    track = log.read(taking)
    slots = fold.plan.member_slots[entity]
    for i in range(track.after_moment(time) - 1, -1, -1):
        event = track.event(i)
        parent = slot_text(event, slots[event.type])
        if parent is not None:
            return parent
    return None


cdef int credit_again(Fold fold) except -1:
    """Somebody changed to another unit at a time that findings already lie after."""
    cdef Finding finding
    if not fold.recredit:
        return 0
    changed, fold.recredit = fold.recredit, {}
    for name, time in changed.items():
        for finding in list(fold.through.get(name, {}).values()):
            if finding.moment < time:
                continue
            discredit(fold, finding)
            credit(fold, finding)
    return 0


cdef int settle_ledgers(Fold fold) except -1:
    cdef Ledger ledger
    cdef Warning_ now, before
    if not fold.dirty_ledgers:
        return 0
    dirty, fold.dirty_ledgers = fold.dirty_ledgers, {}
    for ledger in dirty.values():
        for time in ledger.touched_times():
            before = <Warning_> ledger.standing.get(time)
            now = ledger.warning_at(time)
            now = exchange(fold, before, now, True)
            if now is None:
                ledger.standing.pop(time, None)
            else:
                ledger.standing[time] = now
        ledger.dirty = ledger.dirty_end = None
    return 0


cdef int warn(Fold fold, Finding old, Finding new) except -1:
    """The warnings of a rule with a level: one for each key that the finding is about."""
    cdef Warning_ warning
    before = {} if old is None else old.warnings
    after = {}
    if new is not None:
        for entity, key in new.about:
            if key is None:
                continue
            warning = Warning_()
            warning.ladder = None
            warning.rule = new.rule.name
            warning.entity = entity
            warning.key = key
            warning.time = new.moment
            warning.level = new.rule.level
            warning.points = new.points
            warning.finding = new.id
            warning.id = identity(["rule", new.id, fold.plan.entities[entity]["name"], key])
            warning.version = 1
            warning.extra = (("approval", True),) if new.rule.approval else ()
            after[(entity, key)] = warning
    rule = new.rule if new is not None else old.rule
    for name, warning in before.items():
        if name not in after:
            exchange(fold, warning, None, rule.layer < 2)
    for name, warning in after.items():
        after[name] = exchange(fold, before.get(name), warning, rule.layer < 2)
    if new is not None:
        new.warnings = after
    return 0


cdef Warning_ exchange(Fold fold, Warning_ old, Warning_ new, bint seen):
    """Put one warning in the place of another. `seen`: rules over `warning` see it. Gives what stands."""
    if old is not None and new is not None and old.id == new.id:
        if old.says_the_same(new):
            return old
        new.version = old.version + 1
    elif old is not None:
        del fold.warnings[old.id]
        old.reason = fold.reason()
        fold.unsaved["warning", old.id] = None
        fold.bury(old.id, old.version, old)
        if fold.changed().warnings.pop(old.id, None) is None or old.version > 1:
            fold.changed().withdrawn[old.id] = old
    if old is not None and old.event is not None:
        fold.take_out(old.event)
        old.event = None
    if new is None:
        return None
    if new.version == 1:
        new.version = 1 + fold.version_gone(new.id)
    fold.warnings[new.id] = new
    fold.unsaved["warning", new.id] = new
    fold.changed().warnings[new.id] = new
    fold.changed().withdrawn.pop(new.id, None)
    if seen and fold.sees_warnings:
        new.event = warning_event(fold, new)
        fold.put(new.event)
    return new


cdef Event warning_event(Fold fold, Warning_ warning):
    said = {"ladder": warning.ladder, "rule": warning.rule, "level": warning.level, "points": warning.points}
    said[fold.plan.entities[warning.entity]["name"]] = warning.key
    return fold.machine.make_event(
        fold.plan.warning_type, warning.time, "rulelang", warning.id, said,
        "warning\0" + (warning.ladder or warning.rule), warning.key + "\0" + warning.id,
    )
