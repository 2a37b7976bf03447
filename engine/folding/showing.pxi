# Findings as the JSON objects of the contract: what `engine.views` does with warnings, in compiled code, for there are many of them.


def finding_object(Fold fold not None, Finding finding not None):
    """One finding, as `replay` writes it: what follows from the events and the clock alone."""
    cdef Rule rule = finding.rule
    cdef dict about = {}, shown
    names = [fold.entity_name(entity) for entity in rule.entities] if rule.entities else None
    for entity, key in finding.about:
        if key is not None:
            about[fold.entity_name(entity)] = key
    shown = {
        "kind": "finding",
        "status": "issued" if finding.reason is None else "withdrawn",
        "id": finding.id,
        "rule": rule.name,
        "entity": names[0] if names is not None and len(names) == 1 else names,
        "key": key_object(finding.key),
        "time": time_text(finding.moment),
        "about": about,
        "points": None if finding.points is None else number(finding.points),
        "level": rule.level,
        "events": finding.events,
        "message": finding.message,
    }
    if finding.note is not None:
        shown["note"] = finding.note
    if rule.shadow:
        shown["shadow"] = True
    return shown


def lone_objects(Fold fold not None, list findings not None):
    """The same of lone findings, with their version, which is the first."""
    cdef list objects = []
    cdef dict shown
    for finding in findings:
        shown = finding_object(fold, finding)
        shown["version"] = 1
        objects.append(shown)
    return objects
