# Which unscoped rules hold for one event by itself.


@cython.internal
cdef class LoneRule:
    """An unscoped rule that is looked at on each event of its types."""

    cdef readonly int index
    cdef readonly str name
    cdef int condition
    cdef long long since
    cdef long long until
    cdef bint dated                  # whether the local day matters to it
    cdef dict wheres                 # type -> codes, any of which must hold; a type that is not here is none of its anchors
    cdef tuple excepts               # (condition, last day)

    def __init__(self, int index, dict plan):
        self.index = index
        self.name = plan["name"]
        self.condition = plan["condition"]
        self.since = EARLIEST if plan["since_day"] is None else plan["since_day"]
        self.until = NEVER if plan["until_day"] is None else plan["until_day"]
        self.excepts = tuple([(entry["condition"], entry["until_day"]) for entry in plan["excepts"]])
        self.dated = plan["since_day"] is not None or plan["until_day"] is not None or bool(self.excepts)
        self.wheres = {}
        for anchor in plan["anchors"]["events"]:
            codes = self.wheres.setdefault(anchor["type"], [])
            if anchor["where"] >= 0:
                codes.append(anchor["where"])
            else:
                codes.append(ALWAYS)

    cdef bint holds(self, Machine machine, Frame frame) except -1:
        """Whether it holds for the event that the frame is about."""
        cdef long long day = 0
        cdef int where
        if self.dated:
            day = machine.local.day(frame.moment)
            if not self.since <= day <= self.until:
                return False
        for where in <list> self.wheres[frame.this.type]:
            if where == ALWAYS or machine.holds(where, frame):
                break
        else:
            return False
        if not machine.holds(self.condition, frame):
            return False
        for condition, until in self.excepts:
            if day <= until and machine.holds(condition, frame):
                return False
        return True


cdef enum:
    ALWAYS = -1


cdef list lone_rules(dict plan):
    """The rules that `holding` answers for, in order."""
    return [
        LoneRule(index, rule)
        for index, rule in enumerate(plan["rules"])
        if rule["history"] < 0 and rule["anchors"]["kind"] == "events" and rule["state"] != "disabled"
    ]
