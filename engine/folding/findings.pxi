# Findings and warnings: what is said at an opening anchor, and to whom it counts.


cdef class Warning_:
    """A warning of a ladder (`rule` None) or of a rule's finding (`ladder` None)."""

    cdef readonly str id
    cdef readonly str ladder
    cdef readonly str rule
    cdef readonly int entity
    cdef readonly str key
    cdef readonly long long time
    cdef readonly str level
    cdef readonly object points
    cdef readonly str finding
    cdef readonly tuple extra            # ((name, value), …) after the common fields: jumped, action, approval
    cdef readonly int version
    cdef readonly str reason             # why it was withdrawn; None: it stands
    cdef Event event                     # as rules over `warning` see it; None: they do not

    cdef bint says_the_same(self, Warning_ other):
        return self.points == other.points and self.finding == other.finding and self.extra == other.extra


@cython.no_gc
cdef class Finding:
    """An opening anchor of a rule and key. `drawn`: False where a spot check did not draw it: then nobody sees it.

    The cycle collector does not visit it: what holds findings is held by none of them."""

    cdef readonly Rule rule
    cdef readonly tuple key              # of the log
    cdef readonly long long moment
    cdef Event event                     # the anchor event; None at the end of a period
    cdef readonly bint drawn
    cdef readonly str id
    cdef readonly int version
    cdef readonly tuple about            # ((entity index, key), …)
    cdef readonly object points          # float, or None
    cdef readonly str message
    cdef readonly str note
    cdef list named                      # [[source, id], …] of its evidence; None: that is the anchor event alone
    cdef readonly bytes evidence         # a digest over all of the evidence; None, where the rule is unscoped: that is the anchor event
    cdef readonly str reason
    cdef list credits                    # Ledgers that hold points of it; None: none can
    cdef list routes                     # (entity, key) that its points pass through; None: they pass through none
    cdef Event derived                   # as rules over `finding` see it
    cdef dict warnings                   # (entity, key) -> Warning_, of a rule with a level; of others None

    @property
    def events(self):
        """What it rests on, as far as it says so: [[source, id], …]."""
        return self.named if self.named is not None else [[self.event.source, self.event.id]]

    cdef bint says_the_same(self, Finding other):
        return (
            self.evidence == other.evidence and self.about == other.about and self.points == other.points
            and self.message == other.message and self.note == other.note and self.drawn == other.drawn
        )


cdef int prepare(Finding finding) except -1:
    """Give it what its rule may come to need."""
    if finding.rule.points >= 0:
        finding.credits = []
        finding.routes = []
    if finding.rule.level is not None:
        finding.warnings = {}
    return 0


cdef inline bint opens_before(Finding a, long long moment, Event event):
    """Whether a's anchor comes before the anchor (moment, event)."""
    if a.moment != moment:
        return a.moment < moment
    if a.event is None or event is None:
        return False
    return event_before(a.event, event)


cdef inline bint same_anchor(Finding a, long long moment, Event event):
    if a.moment != moment:
        return False
    if a.event is None or event is None:
        return a.event is event
    return is_same(a.event, event)


cdef class Speaker:
    """Derives what a finding says at its anchor."""

    cdef Plan plan
    cdef Machine machine
    cdef Look look
    cdef bytes secret
    cdef object limits

    def __init__(self, Plan plan, Machine machine, bytes secret, object limits):
        self.plan = plan
        self.machine = machine
        self.look = Look(plan, machine)
        self.secret = secret
        self.limits = limits

    cdef Finding finding(self, Rule rule, Log log, long long moment, Event event):
        """The finding whose opening is this anchor, with version 1."""
        cdef Finding finding = Finding.__new__(Finding)
        cdef list evidence, names, notes = None
        cdef tuple about
        finding.rule = rule
        finding.moment = moment
        finding.event = event
        finding.version = 1
        prepare(finding)
        finding.drawn = rule.fraction is None or self.draws(rule, moment, event)
        if rule.scoped or rule.about or rule.points >= 0 or rule.message:
            self.look.at(rule, log, event, moment)
            evidence = self.look.evidence() if rule.scoped else [event]
            notes = []
            finding.points = self.points(rule, notes)
            about = finding.about = self.about(rule, log, moment, evidence, notes)
            finding.key = log.key if rule.scoped else (about[0][1],) if about else ()
            finding.message = self.message(rule)
            finding.note = "; ".join(notes) if notes else None
            if rule.scoped:
                names = [[e.source, e.id] for e in evidence]
                finding.named = names[:self.limits.evidence_max]
                finding.evidence = canonical(names).encode("utf-8", "surrogatepass")
                if len(names) > len(finding.named):
                    finding.evidence = sha256(finding.evidence).digest()
        else:
            finding.about = finding.key = ()
        if event is None:
            finding.id = identity([rule.name, key_object(finding.key), [moment]])
        elif rule.kind == DEADLINES:
            finding.id = identity([rule.name, key_object(finding.key), [moment, event.source, event.id, "after"]])
        else:
            finding.id = identity_at(rule.name, key_object(finding.key), moment, event.source, event.id)
        return finding

    cdef object points(self, Rule rule, list notes):
        cdef Value out
        cdef double points
        if rule.points < 0:
            return None
        out.tag = MISSING
        self.machine.run(rule.points, self.look, &out)
        if out.tag == INT:
            points = out.v.i
        elif out.tag == NUMBER:
            points = out.v.n
        else:
            release(&out)
            notes.append("no points: the value is missing")
            return None
        if points < 0:
            notes.append("no points: the value is negative")
            return None
        return points + 0.0

    cdef tuple about(self, Rule rule, Log log, long long moment, list evidence, list notes):
        """To whom the finding is credited: ((entity, key or None), …)."""
        cdef Event event
        cdef Taking fallback
        cdef Track track
        cdef Py_ssize_t i
        if not rule.about:
            return tuple(zip(rule.entities, log.key)) if rule.scoped else ()
        credited = []
        for entity, slots in rule.about:
            key = None
            for event in reversed(evidence):
                if event.type in slots:
                    key = slot_text(event, slots[event.type])
                    if key is not None:
                        break
            if key is None and rule.scoped:
                fallback = rule.fallback[entity]
                if fallback is not None:
                    track = log.read(fallback)
                    for i in range(track.after_moment(moment) - 1, track.after_moment(moment - rule.retain_us) - 1, -1):
                        event = track.event(i)
                        key = slot_text(event, slots[event.type])
                        if key is not None:
                            break
            if key is None:
                notes.append(f"about nobody: no event carries {self.plan.entities[entity]['name']}")
            credited.append((entity, key))
        return tuple(credited)

    cdef str message(self, Rule rule):
        cdef Value out
        if not rule.message:
            return None
        parts = []
        for part in rule.message:
            if isinstance(part, str):
                parts.append(part)
                continue
            out.tag = MISSING
            self.machine.run(part["code"], self.look, &out)
            parts.append(self.shown(&out))
            release(&out)
        text = "".join(parts)
        longest = self.limits.message_characters_max
        return text if len(text) <= longest else text[:longest - 1] + "…"

    cdef str shown(self, Value *value):
        if value.tag == MISSING:
            return "?"
        if value.tag == BOOL:
            return "true" if value.v.i else "false"
        if value.tag == NUMBER:
            return repr(number(value.v.n))
        if value.tag == TIME:
            return local_time_text(self.machine.local.local(value.v.i))
        if value.tag == DATE:
            return day_text(value.v.i)
        if value.tag == DURATION:
            return duration_text(value.v.i)
        return str(value_object(value))

    cdef bint draws(self, Rule rule, long long moment, Event event) except -1:
        """HMAC-SHA-256(secret, rule, key, local day), its first 8 bytes as a number, below the fraction of 2**64."""
        key = drawn_key(rule, event)
        if key is None:
            return False
        day = day_text(self.machine.local.day(moment))
        digest = hmac_digest(self.secret, f"{rule.name}\n{key}\n{day}".encode("utf-8", "surrogatepass"), "sha256")
        return int.from_bytes(digest[:8], "big") < rule.fraction * 2.0**64


cdef object drawn_key(Rule rule, Event event):
    """The text of the field by which a rule draws, in the event that opens an episode; None: missing."""
    key = None
    for kind, slot in rule.sample_slots:
        if kind == event.type:
            key = drawn_text(value_object(&event.slots[slot]))
    return key


cdef object drawn_text(object value):
    """The text of a field by which is drawn; None: missing."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    return repr(number(value)) if isinstance(value, float) else str(value)


cdef str key_order(tuple key):
    """A text that sorts as the keys of one rule do: nothing first. No key has a control character in it."""
    return "\0".join([part or "" for part in key])


cdef object key_object(tuple key):
    """A key as JSON has it: null, a text, or a list for a pair."""
    if len(key) == 0:
        return None
    return key[0] if len(key) == 1 else list(key)
