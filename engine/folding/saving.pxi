# A fold as plain data and back. Events are restored into their tracks, findings and warnings as they were said;
# everything else (timers, points, derived events) follows from those.


def saved_finding(Fold fold, Finding finding):
    """What a finding is restored from: JSON."""
    event = finding.event
    return {
        "rule": finding.rule.name,
        "key": list(finding.key),
        "moment": finding.moment,
        "anchor": None if event is None else [event.source, event.id, event.rank],
        "drawn": finding.drawn,
        "id": finding.id,
        "version": finding.version,
        "about": [[fold.entity_name(entity), key] for entity, key in finding.about],
        "points": finding.points,
        "message": finding.message,
        "note": finding.note,
        "events": finding.events,
        "evidence": None if finding.evidence is None else finding.evidence.hex(),
    }


def saved_warning(Fold fold, Warning_ warning):
    """What a warning is restored from: JSON."""
    return {
        "ladder": warning.ladder,
        "rule": warning.rule,
        "entity": fold.entity_name(warning.entity),
        "key": warning.key,
        "time": warning.time,
        "level": warning.level,
        "points": warning.points,
        "finding": warning.finding,
        "extra": [list(pair) for pair in warning.extra],
        "id": warning.id,
        "version": warning.version,
    }


cdef object TIME_OF = attrgetter("time")


def restore(
    Fold fold, long long now, object forgotten, events, dict anchors, list findings, list lone, list warnings, dict gone_versions
):
    """Make an empty fold what it was when it was saved. `forgotten`: the step up to which was forgotten (None: nothing ever was);
    `events`: all that were accepted and are kept; `anchors`: id of a finding -> the event at which it opened, where that is kept for
    the finding alone; `lone`: of the lone findings their moments, and what was shown of them."""
    cdef Event event
    cdef dict shown
    cdef Rule rule
    rules = {rule.name: rule for rule in fold.plan.rules}
    entities = {fold.entity_name(index): index for index in range(len(fold.plan.entities))}
    fold.now = now
    fold.gone_versions.update(gone_versions)
    fold.restored = {tuple(saved["anchor"]): None for saved in findings if saved["anchor"] is not None and saved["id"] not in anchors}
    for _, shown in lone:
        if shown["id"] not in anchors:
            fold.restored[*shown["events"][0], 0] = None
    make_beds(fold)
    # In order, or each would have to be put in its place among those that are there.
    for event in sorted(events, key=TIME_OF):
        fold.put(event)
    opened = {}
    for layer in range(3):
        if layer == 2:
            for saved in warnings:
                restore_warning(fold, saved, rules, entities)
        for moment, shown in lone:
            rule = <Rule> rules[shown["rule"]]
            if rule.layer == layer:
                restore_lone(fold, rule, moment, shown, anchors)
        for saved in findings:
            if rules[saved["rule"]].layer == layer:
                restore_finding(fold, saved, rules[saved["rule"]], entities, opened, anchors)
    for warning in fold.warnings.values():
        if (<Warning_> warning).rule is not None:
            (<Finding> fold.findings[warning.finding]).warnings[warning.entity, warning.key] = warning
    for (index, log), openings in opened.items():
        standing = (<Log> log).openings(fold.plan.rules[index])  # the key may have been woken meanwhile
        standing.extend(openings)
        standing.sort(key=cmp_to_key(openings_in_order))
    for ledger in fold.dirty_ledgers.values():
        (<Ledger> ledger).dirty = (<Ledger> ledger).dirty_end = None
    fold.dirty_ledgers = {}
    fold.restored = None
    for history in fold.plan.histories:
        if not (<History> history).asleep:
            (<History> history).asleep = None
    if forgotten is not None:
        Sweep(fold, forgotten, forgotten).run(True)
        fold.forgotten = forgotten
        fold.forgotten_records = 0


def openings_in_order(Finding a, Finding b):
    return -1 if opens_before(a, b.moment, b.event) else 1


cdef int restore_finding(Fold fold, dict saved, Rule rule, dict entities, dict opened, dict anchors) except -1:
    cdef Finding finding = Finding.__new__(Finding)
    if not saved["drawn"] and rule.history < 0:
        return 0
    finding.rule = rule
    finding.key = tuple(saved["key"])
    finding.moment = saved["moment"]
    finding.event = anchors.get(saved["id"])
    if finding.event is None and saved["anchor"] is not None:
        finding.event = fold.restored[tuple(saved["anchor"])]
    finding.drawn = saved["drawn"]
    finding.id = saved["id"]
    finding.version = saved["version"]
    finding.about = tuple([(entities[name], key) for name, key in saved["about"]])
    finding.points = saved["points"]
    finding.message = saved["message"]
    finding.note = saved["note"]
    if rule.scoped:
        finding.named = saved["events"]
        finding.evidence = bytes.fromhex(saved["evidence"])
    prepare(finding)
    stand_again(fold, finding, opened)
    return 0


cdef int restore_lone(Fold fold, Rule rule, long long moment, dict shown, dict anchors) except -1:
    """A lone finding, of what was shown of it: the rest follows from its rule."""
    cdef Finding finding = Finding.__new__(Finding)
    finding.rule = rule
    finding.moment = moment
    finding.event = anchors.get(shown["id"])
    if finding.event is None:
        finding.event = fold.restored[*shown["events"][0], 0]
    finding.drawn = True
    finding.id = shown["id"]
    finding.version = 1
    finding.about = tuple([(entity, shown["about"].get(fold.entity_name(entity))) for entity, _ in rule.about])
    finding.key = (finding.about[0][1],) if finding.about else ()
    finding.points = None if shown["points"] is None else float(shown["points"])
    finding.message = shown["message"]
    finding.note = shown.get("note")
    prepare(finding)
    stand_again(fold, finding, None)
    return 0


cdef int stand_again(Fold fold, Finding finding, dict opened) except -1:
    """What was found before is found again. `opened`: by rule and log, what opened there."""
    cdef Rule rule = finding.rule
    cdef Log log = None
    if rule.scoped:
        if not opens_asleep(fold.plan.histories[rule.history], finding):
            log = fold.open_log(fold.plan.histories[rule.history], finding.key)
    elif rule.history >= 0:
        log = fold.unscoped_log(rule, finding.event)
    elif finding.event.rank:
        fold.direct.setdefault((finding.event.source, finding.event.id), []).append(finding)
    if log is not None:
        opened.setdefault((rule.index, log), []).append(finding)
    if finding.drawn:
        fold.findings[finding.id] = finding
        fold.follow(finding)
    return 0


cdef int restore_warning(Fold fold, dict saved, dict rules, dict entities) except -1:
    cdef Warning_ warning = Warning_()
    warning.ladder = saved["ladder"]
    warning.rule = saved["rule"]
    warning.entity = entities[saved["entity"]]
    warning.key = saved["key"]
    warning.time = saved["time"]
    warning.level = saved["level"]
    warning.points = saved["points"]
    warning.finding = saved["finding"]
    warning.extra = tuple([tuple(pair) for pair in saved["extra"]])
    warning.id = saved["id"]
    warning.version = saved["version"]
    fold.warnings[warning.id] = warning
    if warning.ladder is not None:
        for ladder in fold.plan.ladders:
            if ladder.name == warning.ladder:
                (<Ledger> fold.ledgers[ladder.index, warning.key]).standing[warning.time] = warning
    if (warning.ladder is not None or rules[warning.rule].layer < 2) and fold.sees_warnings:
        warning.event = warning_event(fold, warning)
        fold.put(warning.event)
    return 0
