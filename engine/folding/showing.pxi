# Findings as the JSON objects of the contract: what `engine.views` does with warnings, in compiled code, for there are many of them.
#
# Lone findings are most of them. They are written without their object too: as the JSON that is kept of them, and as messages
# `rulelang.v1.Finding`. What is the same for all that a rule finds is made once, and the rest put in its places between. The tests hold
# both against what is made of the object.


@cython.final
cdef class Form:
    """How lone findings of a rule are written: what is the same for all of them."""

    cdef list about                      # names of the entities that they are about, in the order of `Finding.about`
    cdef bytes rule_json                 # from behind the id to the key
    cdef bytes level_json                # from behind the points to the event
    cdef bytes rule_wire                 # rule and entities
    cdef bytes level_wire

    def __init__(self, Fold fold, Rule rule):
        cdef Writer out = Writer()
        names = [fold.entity_name(entity) for entity in rule.entities]
        self.about = [fold.entity_name(entity) for entity, _ in rule.about]
        said = {"rule": rule.name, "entity": entities_object(names)}
        self.rule_json = b"," + canonical_bytes(said)[1:-1] + b',"key":'
        self.level_json = b"," + canonical_bytes({"level": rule.level})[1:-1] + b',"events":[['
        put_text(out, 3, rule.name)
        for name in names:
            put_text(out, 4, name)
        self.rule_wire = out.taken()
        put_optional(out, 9, rule.level)
        self.level_wire = out.taken()


cdef object entities_object(list names):
    """The entities of a key as JSON has them: null, a text, or a list for a pair."""
    return None if not names else names[0] if len(names) == 1 else names


def finding_object(Fold fold not None, Finding finding not None):
    """One finding, as `replay` writes it: what follows from the events and the clock alone."""
    cdef Rule rule = finding.rule
    cdef dict about = {}, shown
    for entity, key in finding.about:
        if key is not None:
            about[fold.entity_name(entity)] = key
    shown = {
        "kind": "finding",
        "status": "issued" if finding.reason is None else "withdrawn",
        "id": finding.id,
        "rule": rule.name,
        "entity": entities_object([fold.entity_name(entity) for entity in rule.entities]),
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


def lone_item(Fold fold not None, list findings not None, Py_ssize_t start, Py_ssize_t end):
    """JSON of some lone findings, as a store keeps them: `[[moment, shown], …]`, where `shown` is one of `lone_objects`."""
    cdef Writer out = fold.writer
    cdef Py_ssize_t i
    out.n = 0
    for i in range(start, min(end, len(findings))):
        put_ascii(out, b",[" if i > start else b"[[")
        put_lone_json(fold, out, <Finding?> findings[i])
        put_ascii(out, b"]")
    put_ascii(out, b"]" if out.n else b"[]")
    return out.taken()


cdef int put_lone_json(Fold fold, Writer out, Finding finding) except -1:
    """The moment of a lone finding, and its object."""
    cdef Form form = fold.form(finding.rule)
    cdef Py_ssize_t i
    cdef bint several = False
    put_whole(out, finding.moment)
    put_ascii(out, b',{"kind":"finding","status":"issued","id":')
    put_quoted(out, finding.id)
    put_ascii(out, form.rule_json)
    put_json(out, key_object(finding.key), 0)
    put_ascii(out, b',"time":')
    put_time(out, finding.moment)
    put_ascii(out, b',"about":{')
    for i in range(len(form.about)):
        key = finding.about[i][1]
        if key is not None:
            if several:
                put_ascii(out, b",")
            put_quoted(out, <str> form.about[i])
            put_ascii(out, b":")
            put_quoted(out, key)
            several = True
    put_ascii(out, b'},"points":')
    put_json(out, None if finding.points is None else number(finding.points), 0)
    put_ascii(out, form.level_json)
    put_quoted(out, finding.event.source)
    put_ascii(out, b",")
    put_quoted(out, finding.event.id)
    put_ascii(out, b']],"message":')
    put_json(out, finding.message, 0)
    if finding.note is not None:
        put_ascii(out, b',"note":')
        put_quoted(out, finding.note)
    put_ascii(out, b',"shadow":true,"version":1}' if finding.rule.shadow else b',"version":1}')
    return 0


cdef int put_lone_message(Fold fold, Writer out, int field, Finding finding) except -1:
    """A lone finding as a message `rulelang.v1.Finding`. Raises UnicodeEncodeError where a text is none that UTF-8 has."""
    cdef Form form = fold.form(finding.rule)
    cdef Py_ssize_t start = begin_message(out, field), inner, i
    put_text(out, 1, "issued")
    put_text(out, 2, finding.id)
    put_ascii(out, form.rule_wire)
    for key in finding.key:
        put_optional(out, 5, key)
    put_moment(out, 6, finding.moment)
    for i in range(len(form.about)):
        key = finding.about[i][1]
        if key is not None:
            inner = begin_message(out, 7)
            put_text(out, 1, form.about[i])
            put_text(out, 2, key)
            end_message(out, inner)
    put_points(out, 8, finding.points)
    put_ascii(out, form.level_wire)
    inner = begin_message(out, 10)
    put_plain(out, 1, finding.event.source)
    put_plain(out, 2, finding.event.id)
    end_message(out, inner)
    put_plain(out, 11, finding.message)
    put_number(out, 12, 1)
    put_optional(out, 14, finding.note)
    if finding.rule.shadow:
        put_number(out, 15, 1)
    return end_message(out, start)
