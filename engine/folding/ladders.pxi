# Ladders: points of findings over a window, per key; and the warnings where they lift the level.


cdef class Ledger:
    """The points that one ladder counts for one key."""

    cdef readonly Ladder ladder
    cdef readonly str key
    cdef dict credits                    # finding id -> its entry in `times`
    cdef list times                      # sorted (time, rule, key as `key_order` gives it, id, points)
    cdef dict standing                   # time -> Warning_
    cdef object dirty                    # the earliest time at which points came or went; None: clean
    cdef object dirty_end                # the last

    def __init__(self, Ladder ladder, str key):
        self.ladder = ladder
        self.key = key
        self.credits = {}
        self.times = []
        self.standing = {}
        self.dirty = None
        self.dirty_end = None

    cdef int touch(self, long long time) except -1:
        if self.dirty is None or time < self.dirty:
            self.dirty = time
        if self.dirty_end is None or time > self.dirty_end:
            self.dirty_end = time
        return 0

    cdef int add(self, Finding finding, object points) except -1:
        entry = (finding.moment, finding.rule.name, key_order(finding.key), finding.id, points)
        self.credits[finding.id] = entry
        insort(self.times, entry)
        return self.touch(finding.moment)

    cdef int take_out(self, Finding finding) except -1:
        entry = self.credits.pop(finding.id)
        del self.times[bisect_left(self.times, entry)]
        return self.touch(entry[0])

    cdef list window(self, long long moment, bint before):
        """The entries that count at a moment; `before`: without those of the moment itself."""
        cdef long long start
        if self.ladder.window.kind == PERIOD:
            start = self.ladder.window.local.period_start(moment, self.ladder.window.period)
        else:
            start = moment - self.ladder.window.length_us + 1
        first = bisect_left(self.times, (start,))
        last = bisect_left(self.times, (moment if before else moment + 1,))
        return self.times[first:last]

    cdef object total(self, long long moment, bint before=False):
        """The points at a moment: summed exactly, rounded once."""
        return float(sum([entry[4] for entry in self.window(moment, before)], Fraction(0)))

    cdef int rung(self, double total) except -2:
        """The highest rung reached; -1: none."""
        return bisect_right(self.ladder.thresholds, total) - 1

    cdef Warning_ warning_at(self, long long time):
        """The warning that the findings of this time give rise to; None: they do not lift the level."""
        cdef double total = self.total(time)
        cdef int above = self.rung(total)
        cdef int below = self.rung(self.total(time, True))
        if above <= below:
            return None
        rung = self.ladder.rungs[above]
        cdef Warning_ warning = Warning_()
        warning.ladder = self.ladder.name
        warning.rule = None
        warning.entity = self.ladder.entity
        warning.key = self.key
        warning.time = time
        warning.level = rung["level"]
        warning.points = total
        warning.finding = self.times[bisect_left(self.times, (time + 1,)) - 1][3]
        warning.id = identity(["ladder", self.ladder.name, self.key, time, warning.level])
        warning.version = 1
        extra = []
        if above > below + 1:
            extra.append(("jumped", [entry["level"] for entry in self.ladder.rungs[below + 1:above]]))
        if rung["action"] is not None:
            extra.append(("action", rung["action"]))
        warning.extra = tuple(extra)
        return warning

    cdef list touched_times(self):
        """The times of findings at which the level may have changed since the ledger was clean."""
        cdef long long last = self.ladder.window.reach(self.dirty_end, False)
        times = {entry[0] for entry in self.times[bisect_left(self.times, (self.dirty,)):bisect_left(self.times, (last + 1,))]}
        times.update(time for time in self.standing if self.dirty <= time <= last)
        return sorted(times)
