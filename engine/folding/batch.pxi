# Events taken one after the other, without a step of Python for each, as long as nothing has to be looked at more closely: most events find
# nothing, or what follows from them alone.


@cython.final
cdef class Taker:
    """Takes the events of one engine. What it is given lives on, and is looked at anew each time.

    `known`: by name, the digest of the content and what was answered; `resting`: by id, the findings that warnings rest on; `due`:
    a heap of deadlines of warnings, their moments first; `retained`: how far back events of each type are taken, in microseconds;
    `passing` makes a `Passing`."""

    cdef Fold fold
    cdef dict known
    cdef dict resting
    cdef list due
    cdef list retained
    cdef object passing

    def __init__(self, Fold fold not None, dict known not None, dict resting not None, list due not None, passing):
        self.fold = fold
        self.known = known
        self.resting = resting
        self.due = due
        self.retained = fold.plan.retains
        self.passing = passing

    def take(
        self, list events not None, Py_ssize_t at, now, Answers answers not None, list lone not None, dict items, *, bint living
    ):
        """Take events from the one at `at` on, and put what became of each to `answers`. Gives where it stopped, whether that
        event was taken, and what that has changed (see `Fold.take`); behind the last one, all is done.

        It stops before an event whose name is known, that is too old or would pass a limit, and after one that has changed more
        than by lone findings, or where something is due. `lone` and `items` are those of `Saving`; `items` None: nothing is kept.
        `living`: warnings have a life cycle, which may rest on a finding, and be overdue."""
        cdef Event event
        cdef Finding finding
        cdef tuple name
        cdef list found
        cdef object changes
        cdef long long until
        cdef bint stop
        while at < len(events):
            event = <Event?> events[at]
            name = (event.source, event.id)
            if name in self.known or (now is not None and event.time <= now - self.retained[event.type]):
                return at, False, None
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
                        if items is not None:
                            lone.extend(found)
            if stop:
                return at, True, changes
            answers.results.append(event if found is None else found)
            until = event.time + <long long> self.fold.retention.by_type[event.type]
            self.known[name] = (event.digest, event if found or event.ignored else None, until)
            if items is not None:
                items["event", canonical([event.source, event.id])] = self.passing(self.fold.machine.encode_record(event), until)
            at += 1
        return at, True, None
