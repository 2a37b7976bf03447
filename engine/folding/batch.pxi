# Events taken one after the other, without a step of Python for each, as long as nothing has to be looked at more closely: most events find
# nothing, or what follows from them alone.


@cython.final
cdef class Taker:
    """Takes the events of one engine. What it is given lives on, and is looked at anew each time.

    `held`, `saved`: the names that are known; `resting`: by id, the findings that warnings rest on; `due`: a heap of deadlines of
    warnings, their moments first; `retained`: how far back events of each type are taken, in microseconds."""

    cdef Fold fold
    cdef HeldNames held
    cdef SavedNames saved
    cdef dict resting
    cdef list due
    cdef list retained

    def __init__(self, Fold fold not None, HeldNames held not None, SavedNames saved not None, dict resting not None, list due not None):
        self.fold = fold
        self.held = held
        self.saved = saved
        self.resting = resting
        self.due = due
        self.retained = fold.plan.retains

    def take(
        self, list events not None, Py_ssize_t at, now, Answers answers not None, list lone not None, list kept, *, bint living
    ):
        """Take events from the one at `at` on, and put what became of each to `answers`. Gives where it stopped, whether that
        event was taken, and what that has changed (see `Fold.take`); behind the last one, all is done.

        It stops before an event whose name is known, that is too old or would pass a limit, and after one that has changed more
        than by lone findings, or where something is due. `lone` and `kept` are those of `Saving`; `kept` None: nothing is kept.
        `living`: warnings have a life cycle, which may rest on a finding, and be overdue."""
        cdef Event event
        cdef Finding finding
        cdef unsigned long long[2] name
        cdef list found
        cdef object changes
        cdef long long until
        cdef bint stop
        while at < len(events):
            event = <Event?> events[at]
            name_hash(event.source, event.id, name)
            if self.held.find(name) >= 0 or self.saved.meets(name):
                return at, False, None
            if now is not None and event.time <= now - self.retained[event.type]:
                return at, False, None
            if at + 1 < len(events):
                self.fold.foresee(<Event?> events[at + 1])
            try:
                changes = self.fold.take_in(event, event.time if now is None else <long long> now, True)
            except LimitReached:
                return at, False, None
            stop = living and bool(self.due) and self.due[0][0] < self.fold.now
            found = None
            if changes is not None and not stop:
                if type(changes) is not list:
                    stop = True
                else:
                    if living and self.resting:
                        for finding in <list> changes:
                            stop = stop or finding.id in self.resting
                    if not stop:
                        found = <list> changes
                        if kept is not None:
                            lone.extend(found)
            if stop:
                return at, True, changes
            answers.results.append(event if found is None else found)
            until = event.time + <long long> self.fold.retention.by_type[event.type]
            self.held.hold(name, event, event if found or event.ignored else None, until)
            if kept is not None:
                kept.append(event)
            at += 1
        return at, True, None
