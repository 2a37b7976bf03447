# Names of events: which are known, with what content, what was answered, and where a store keeps the event.
#
# Most names are new, and all that is needed to see it is a few bytes of a keyed hash (engine/hashing.pxi).

cdef enum:
    PLACE_BITS = 9                   # of a number below BLOCK_EVENTS_MAX
    BLOCK_BITS = 20                  # of the number of a block among those of an entry of the journal
    KEPT_EVENTS = 8_192              # as many of the latest events at least are held as they are, and at most twice as many


@cython.internal
cdef class Marked:
    """Things in the order in which they came, which are found by 64 bits of a hash, their mark. Several may have the same."""

    cdef Py_ssize_t n
    cdef Py_ssize_t capacity
    cdef unsigned long long *marks
    cdef unsigned int *spots             # by mark: the number of a thing, and 1; 0: free
    cdef size_t room                     # a power of two

    def __cinit__(self):
        self.n = self.capacity = 0
        self.room = 0
        self.marks = NULL
        self.spots = NULL

    def __dealloc__(self):
        free(self.marks)
        free(self.spots)

    def __len__(self):
        return self.n

    cdef int widen(self, Py_ssize_t capacity) except -1:
        """Make room for the particulars of so many things."""
        raise NotImplementedError

    cdef inline Py_ssize_t first(self, unsigned long long mark, size_t *at) noexcept:
        """The number of the oldest thing with this mark; -1: there is none. `at`: for `following`."""
        if self.room == 0:
            return -1
        at[0] = mark & (self.room - 1)
        return self.look(mark, at)

    cdef inline Py_ssize_t following(self, unsigned long long mark, size_t *at) noexcept:
        """That of the next one."""
        at[0] = (at[0] + 1) & (self.room - 1)
        return self.look(mark, at)

    cdef inline Py_ssize_t look(self, unsigned long long mark, size_t *at) noexcept:
        cdef unsigned int spot
        while True:
            spot = self.spots[at[0]]
            if spot == 0:
                return -1
            if self.marks[spot - 1] == mark:
                return spot - 1
            at[0] = (at[0] + 1) & (self.room - 1)

    cdef Py_ssize_t append(self, unsigned long long mark) except -1:
        """The number of a new thing, whose particulars are still to be filled in."""
        cdef void *grown
        cdef Py_ssize_t capacity
        if self.n == self.capacity:
            capacity = max(2 * self.capacity, <Py_ssize_t> 64)
            if capacity >= 2**32 - 1:
                raise OverflowError("more names than can be told apart")
            grown = realloc(self.marks, capacity * sizeof(unsigned long long))
            if grown is NULL:
                raise MemoryError
            self.marks = <unsigned long long *> grown
            self.widen(capacity)
            self.capacity = capacity
        if 3 * <size_t> (self.n + 1) > 2 * self.room:
            self.spread(max(2 * self.room, <size_t> 64))
        self.marks[self.n] = mark
        self.put(self.n)
        self.n += 1
        return self.n - 1

    cdef inline void put(self, Py_ssize_t thing) noexcept:
        cdef size_t at = self.marks[thing] & (self.room - 1)
        while self.spots[at]:
            at = (at + 1) & (self.room - 1)
        self.spots[at] = <unsigned int> (thing + 1)

    cdef int spread(self, size_t room) except -1:
        """Find all things anew."""
        cdef unsigned int *spots = <unsigned int *> calloc(room, sizeof(unsigned int))
        cdef Py_ssize_t i
        if spots is NULL:
            raise MemoryError
        free(self.spots)
        self.spots = spots
        self.room = room
        for i in range(self.n):
            self.put(i)
        return 0

    cdef int shrink(self, Py_ssize_t n) except -1:
        """The things that are left are the first n."""
        cdef size_t room = 64
        self.n = n
        while 3 * <size_t> n > 2 * room:
            room *= 2
        return self.spread(room)


cdef struct Held:
    unsigned long long rest          # the other half of the name's hash
    unsigned long long[2] content    # a hash of what the event says, once it is not kept any more for that alone
    long long until
    PyObject *event                  # owned; NULL: not kept any more
    PyObject *answer                 # owned; NULL: none


@cython.final
cdef class HeldNames(Marked):
    """Names in memory. A name is known by 128 bits of a hash; what its event said by the event, or after a while by as many.

    `known_for`: by event type, for how long after its time the name of an event is known, in microseconds."""

    cdef Held *held
    cdef list known_for
    cdef Py_ssize_t lightened            # of so many the events are not kept for what they say alone

    def __init__(self, list known_for not None):
        self.known_for = known_for
        self.lightened = 0

    def __dealloc__(self):
        cdef Py_ssize_t i
        for i in range(self.n):
            Py_XDECREF(self.held[i].event)
            Py_XDECREF(self.held[i].answer)
        free(self.held)

    cdef int widen(self, Py_ssize_t capacity) except -1:
        cdef void *grown = realloc(self.held, capacity * sizeof(Held))
        if grown is NULL:
            raise MemoryError
        self.held = <Held *> grown
        return 0

    cdef Py_ssize_t find(self, const unsigned long long *name) except -2:
        """The number of a name; -1: it is not here."""
        cdef size_t at
        cdef Py_ssize_t i = self.first(name[0], &at)
        while i >= 0 and self.held[i].rest != name[1]:
            i = self.following(name[0], &at)
        return i

    cdef int hold(self, const unsigned long long *name, Event event, object answer, long long until) except -1:
        """From here on the name stands for this. `answer`: see `keep`."""
        cdef Py_ssize_t i = self.find(name)
        cdef Held *held
        cdef PyObject *event_before = NULL
        cdef PyObject *answer_before = NULL
        if i < 0:
            i = self.append(name[0])
        else:
            event_before, answer_before = self.held[i].event, self.held[i].answer
        held = &self.held[i]
        held.rest = name[1]
        held.until = until
        Py_INCREF(event)
        held.event = <PyObject *> event
        held.answer = NULL
        if answer is not None:
            Py_INCREF(answer)
            held.answer = <PyObject *> answer
        Py_XDECREF(event_before)
        Py_XDECREF(answer_before)
        if self.n - self.lightened >= 2 * KEPT_EVENTS:
            self.lighten(KEPT_EVENTS)
        return 0

    cdef int lighten(self, Py_ssize_t n) except -1:
        """Let the next events go that are here only for what they say."""
        cdef Held *held
        cdef Event event
        cdef Py_ssize_t i
        for i in range(self.lightened, self.lightened + n):
            held = &self.held[i]
            if held.event is not NULL and held.event != held.answer and (<Event> held.event).layout is not None:
                event = <Event> held.event
                content_hash(event, held.content)
                held.event = NULL
                Py_DECREF(event)
        self.lightened += n
        return 0

    def get(self, str source not None, str id not None, now):
        """The number of a name, good until the next one is kept; None where it is new, or free again at this time of the service's clock.
        `now`: None where events are the clock."""
        cdef unsigned long long[2] name
        cdef Py_ssize_t i
        name_hash(source, id, name)
        i = self.find(name)
        return i if i >= 0 and (now is None or self.held[i].until > now) else None

    def is_held(self, Event event not None):
        """Whether the event's name is here, even if it is free."""
        cdef unsigned long long[2] name
        name_hash(event.source, event.id, name)
        return self.find(name) >= 0

    def says(self, Py_ssize_t number, Event event not None):
        """Whether a name that is known stands for the content of this event."""
        cdef Held *held = &self.held[number]
        cdef unsigned long long[2] content
        if held.event is not NULL:
            return event.digest == (<Event> held.event).digest
        content_hash(event, content)
        return content[0] == held.content[0] and content[1] == held.content[1]

    def answer(self, Py_ssize_t number):
        """What was answered: the event: that it was accepted, and what follows from it alone; None: that it was accepted, and no more."""
        return None if self.held[number].answer is NULL else <object> self.held[number].answer

    def last_until(self, list events not None):
        """From when on the names of all these events are free."""
        cdef Event event
        cdef long long last = ALWAYS
        for event in events:
            last = max(last, event.time + <long long> self.known_for[event.type])
        return last

    def until(self, Py_ssize_t number):
        """From when on the name is free."""
        return self.held[number].until

    def keep(self, Event event not None, answer):
        """From here on the event's name is known. `answer`: as `answer` gives it."""
        cdef unsigned long long[2] name
        name_hash(event.source, event.id, name)
        self.hold(name, event, answer, event.time + <long long> self.known_for[event.type])

    def keep_answer(self, str source not None, str id not None, bytes digest not None, answer not None, long long until):
        """From here on a name is known, of which the event is not here."""
        cdef unsigned long long[2] name
        name_hash(source, id, name)
        self.hold(name, named_event(source, id, digest), answer, until)

    def fresh(self, list events not None, now):
        """What the journal keeps of those events whose very content is not known."""
        cdef Event event
        cdef unsigned long long[2] name
        cdef Py_ssize_t i
        cdef list payloads = []
        for event in events:
            name_hash(event.source, event.id, name)
            i = self.find(name)
            if i < 0 or (now is not None and self.held[i].until <= now) or not self.says(i, event):
                payloads.append(event.payload)
        return payloads

    def forget(self, long long moment):
        """Drop the names that were free by then."""
        cdef Py_ssize_t i, kept = 0, lightened = 0
        for i in range(self.n):
            if self.held[i].until <= moment:
                Py_XDECREF(self.held[i].event)
                Py_XDECREF(self.held[i].answer)
                continue
            lightened += i < self.lightened
            self.held[kept] = self.held[i]
            self.marks[kept] = self.marks[i]
            kept += 1
        self.lightened = lightened
        self.shrink(kept)

    def clear(self):
        """Drop all."""
        self.forget(NEVER)


cdef struct Place:
    long long until                  # from when on the name is free
    unsigned long long where         # entry of the journal, number of the block, number of the event in it


@cython.final
cdef class SavedNames(Marked):
    """Where a store keeps the events of names: 32 bytes a name, and 6 to 12 to find it. What has the mark of another name is found as well.

    `known_for`: see `HeldNames`."""

    cdef Place *places
    cdef list known_for

    def __init__(self, list known_for not None):
        self.known_for = known_for

    def __dealloc__(self):
        free(self.places)

    cdef int widen(self, Py_ssize_t capacity) except -1:
        cdef void *grown = realloc(self.places, capacity * sizeof(Place))
        if grown is NULL:
            raise MemoryError
        self.places = <Place *> grown
        return 0

    cdef inline bint meets(self, const unsigned long long *name) noexcept:
        """Whether the name may be one of these."""
        cdef size_t at
        return self.first(name[0], &at) >= 0

    cpdef int add(self, Event event, unsigned long long entry, unsigned int block, unsigned int place) except -1:
        """From here on it is known where the event is kept: under an entry of the journal in one of its blocks, in which place."""
        cdef unsigned long long[2] name
        cdef Py_ssize_t i
        if block >> BLOCK_BITS or place >> PLACE_BITS or entry >> (64 - BLOCK_BITS - PLACE_BITS):
            raise OverflowError("more events than places can tell apart")
        name_hash(event.source, event.id, name)
        i = self.append(name[0])
        self.places[i].until = event.time + <long long> self.known_for[event.type]
        self.places[i].where = (entry << BLOCK_BITS | block) << PLACE_BITS | place
        return 0

    def add_block(self, list events not None, unsigned long long entry, unsigned int block):
        """The same of all events of a block, in order."""
        cdef unsigned int place
        for place in range(len(events)):
            self.add(<Event?> events[place], entry, block, place)

    def find(self, str source not None, str id not None):
        """Where an event of this name may be kept, the last first: [(entry, block, place)]."""
        cdef unsigned long long[2] name
        cdef unsigned long long where
        cdef size_t at
        cdef list found = []
        name_hash(source, id, name)
        cdef Py_ssize_t i = self.first(name[0], &at)
        while i >= 0:
            where = self.places[i].where
            found.append((i, where))
            i = self.following(name[0], &at)
        found.sort(reverse=True)
        return [
            (where >> (BLOCK_BITS + PLACE_BITS), (where >> PLACE_BITS) & ((1 << BLOCK_BITS) - 1), where & ((1 << PLACE_BITS) - 1))
            for _, where in found
        ]

    def among(self, list events not None, HeldNames held not None):
        """Of these events those whose names may be here and are not held; and those whose names are held."""
        cdef Event event
        cdef unsigned long long[2] name
        cdef list unheld = [], known = []
        for event in events:
            name_hash(event.source, event.id, name)
            if held.find(name) >= 0:
                known.append(event)
            elif self.meets(name):
                unheld.append(event)
        return unheld, known

    def forget(self, long long moment):
        """Drop the names that were free by then."""
        cdef Py_ssize_t i, kept = 0
        for i in range(self.n):
            if self.places[i].until > moment:
                self.places[kept] = self.places[i]
                self.marks[kept] = self.marks[i]
                kept += 1
        self.shrink(kept)
