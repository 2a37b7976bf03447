"""The machine that evaluates expressions over events, and what it knows of the clock."""

cimport cython

from engine.values cimport Event, Value, Writer


@cython.final
cdef class LocalTime:
    """The rule set's time zone: local days and calendar periods of moments in UTC microseconds."""

    cdef readonly str name
    cdef long long *starts           # moments from which an offset holds
    cdef long long *offsets          # microseconds
    cdef Py_ssize_t n, last
    cdef long long first_day(self, long long day, str period, int after) except? -1
    cdef long long offset(self, long long utc_us) noexcept
    cpdef long long local(self, long long utc_us) noexcept
    cpdef long long to_utc(self, long long local_us) noexcept
    cpdef long long day(self, long long utc_us) noexcept
    cdef long long since_midnight(self, long long utc_us) noexcept
    cpdef long long day_start(self, long long day) noexcept
    cpdef long long period_start(self, long long utc_us, str period) except? -1
    cpdef long long period_end(self, long long utc_us, str period) except? -1


@cython.final
cdef class OpenHours:
    """The opening hours of one calendar. NEVER (2**63 - 1): it does not open again."""

    cdef readonly str name
    cdef LocalTime local
    cdef tuple weekly                # Monday first: ((start minute, end minute), ...)
    cdef frozenset closed
    cdef dict working
    cdef long long last_special      # after this day only the week counts
    cdef bint ever_weekly
    cdef tuple hours_of(self, long long day)
    cdef list stretches(self, long long day)
    cdef long long horizon(self, long long utc_us) noexcept
    cpdef bint is_open(self, long long utc_us) except -1
    cpdef long long after_open_time(self, long long utc_us, long long span_us) except? -1
    cpdef long long after_open_days(self, long long utc_us, long long days) except? -1


cdef class Frame:
    """What an expression is read in. A subclass answers for aggregates and patterns."""

    cdef public Event current
    cdef public Event this
    cdef public long long moment
    cdef int aggregate(self, int index, Value *out) except -1
    cdef int pattern(self, int index, Value *out) except -1


cdef struct CodePlan:
    int start
    int depth


@cython.final
cdef class Machine:
    """A loaded program's expressions, ready to run."""

    cdef readonly LocalTime local
    cdef readonly list hours         # OpenHours by calendar index
    cdef readonly dict plan
    # run: re-entrant; `out` must own nothing, and owns what it gets.
    cdef int run(self, int code, Frame frame, Value *out) except -1
    # holds: whether the code is true; unknown is not.
    cdef int holds(self, int code, Frame frame) except -1
    # holding: indices of the unscoped rules with anchors "events" that hold for this event, rising; dates and exceptions are seen to.
    cpdef list holding(self, Event event)

    cdef bytes words
    cdef const int *code
    cdef CodePlan *codes
    cdef int codes_n
    cdef Value *constants
    cdef int constants_n
    cdef int *accesses               # slot by access and event type; -1: none
    cdef int types_n
    cdef list sets
    cdef list globs
    cdef list regexes
    cdef list tables
    cdef list lookalike              # by entity
    cdef object keys                 # Keys
    cdef object repeats              # Repeats
    cdef list layouts                # TypePlan by event type
    cdef dict types                  # name -> TypePlan, of those that may be sent
    cdef object last_type            # TypePlan of the event that came last over the wire; None: none did
    cdef str last_source             # and its source
    cdef Py_ssize_t text_max, name_max, event_bytes_max
    cdef list index                  # by event type: TypeIndex, or None
    cdef Frame lone_frame
    cdef list rule_names
    cdef Value *memos
    cdef long long *memo_turns
    cdef int memos_n
    cdef long long memo_turn
    cdef Event memo_event
    cdef bint recall(self, int memo, Event event, Value *out) except -1
    cdef int remember(self, int memo, Event event, const Value *value) except -1
    cdef void forget(self) noexcept
    cdef object type_named(self, const char *x, Py_ssize_t n)
    cdef Event row_of(self, object event, bint journal)
    cdef str source_named(self, const char *x, Py_ssize_t n)


# One message `rulelang.v1.Outcome`, as a field of this number. `outcome`: an `engine.Outcome`.
cdef int put_outcome(Writer out, int field, outcome) except -1
