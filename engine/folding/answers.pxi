# What is answered to a batch: outcomes as objects where somebody asks for objects, and as bytes where not.


@cython.final
cdef class Answers:
    """What became of the events of a batch, in their order: a sequence of outcomes, each made when it is asked for; and without being
    made, as bytes. A slice is one too.

    `outcome` makes an `Outcome` of its first eight parts."""

    cdef Fold fold
    cdef object outcome
    cdef list results                    # an Event: accepted, and it led to nothing; a list: lone findings of one; else an Outcome

    def __init__(self, Fold fold not None, outcome):
        self.fold = fold
        self.outcome = outcome
        self.results = []

    def __len__(self):
        return len(self.results)

    def __iter__(self):
        return iter(self.outcomes())

    def __getitem__(self, place):
        cdef Answers part
        if not isinstance(place, slice):
            return self.made(self.results[place])
        part = Answers.__new__(Answers)
        part.fold = self.fold
        part.outcome = self.outcome
        part.results = self.results[place]
        return part

    cdef object made(self, result):
        """The outcome."""
        cdef Event event
        if type(result) is Event:
            event = <Event> result
            return self.outcome("accepted", event.source, event.id, None, [], [], [], event.ignored)
        if type(result) is list:
            event = (<Finding> (<list> result)[0]).event
            return self.outcome("accepted", event.source, event.id, None, lone_objects(self.fold, <list> result), [], [], event.ignored)
        return result

    def outcomes(self):
        """All of them."""
        return [self.made(result) for result in self.results]

    def add(self, result):
        """What became of the next event: an outcome; the lone findings that it led to, accepted; or itself: accepted, and no more."""
        self.results.append(result)

    def insert(self, dict outcomes not None):
        """Put outcomes in their places, rising, among those that are here, in the places between."""
        for place, outcome in outcomes.items():
            self.results.insert(place, outcome)

    def others(self):
        """The outcomes of all events but those that were accepted and led to nothing or to lone findings."""
        return [result for result in self.results if type(result) is not Event and type(result) is not list]

    def statuses(self):
        """How many have which status."""
        cdef dict found = {}
        cdef Py_ssize_t accepted = 0
        for result in self.results:
            if type(result) is Event or type(result) is list:
                accepted += 1
            else:
                found[result.status] = found.get(result.status, 0) + 1
        if accepted:
            found["accepted"] = found.get("accepted", 0) + accepted
        return found

    def found(self):
        """The ids of the findings that are told for the first time, in their order."""
        cdef list ids = []
        for result in self.results:
            if type(result) is list:
                for finding in <list> result:
                    ids.append((<Finding> finding).id)
            elif type(result) is not Event and result.status != "duplicate":
                ids.extend([shown["id"] for shown in result.findings])
        return ids

    def ignored(self):
        """How many fields no event type declares."""
        cdef Py_ssize_t n = 0
        for result in self.results:
            if type(result) is Event:
                n += (<Event> result).ignored
            elif type(result) is list:
                n += (<Finding> (<list> result)[0]).event.ignored
            else:
                n += result.ignored
        return n

    def write(self, int field):
        """As a repeated field, of this number, of some message; the rest of which may be put before and behind."""
        cdef Writer out = Writer()
        cdef Py_ssize_t start
        for result in self.results:
            if type(result) is not Event and type(result) is not list:
                put_outcome(out, field, result)
                continue
            start = begin_message(out, field)
            put_number(out, 1, 1)
            if type(result) is list:
                for finding in <list> result:
                    put_lone_message(self.fold, out, 3, <Finding> finding)
                event = (<Finding> (<list> result)[0]).event
            else:
                event = <Event> result
            if event.ignored:
                put_number(out, 6, event.ignored)
            end_message(out, start)
        return out.taken()
