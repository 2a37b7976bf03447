# The machine as the other modules see it.

cdef enum:
    DEPTH_PLAIN = 32                 # stacks up to here live on the processor's own
    TEXT_MAX = 10_000
    NAME_MAX = 500
    EVENT_BYTES_MAX = 1_000_000


cdef class Frame:
    cdef int aggregate(self, int index, Value *out) except -1:
        raise LookupError(f"no aggregates here, and the expression asks for number {index}")

    cdef int pattern(self, int index, Value *out) except -1:
        raise LookupError(f"no patterns here, and the expression asks for number {index}")


cdef dict plain_dict(event):
    """An event as a dict. Raises EventError where it is nothing of the kind."""
    if type(event) is dict:
        return <dict> event
    if not isinstance(event, Mapping):
        raise EventError("event", f"must be an object with fields, not {shown(event)}")
    return dict(event)


@cython.final
cdef class Machine:
    def __cinit__(self, program, *, Py_ssize_t text_max=TEXT_MAX, Py_ssize_t name_max=NAME_MAX, Py_ssize_t event_bytes_max=EVENT_BYTES_MAX):
        cdef dict plan = program.plan
        cdef int i, type_, slot
        if sys.byteorder != "little":
            raise SystemError("programs are little-endian, and this machine is not")
        self.plan = plan
        self.text_max = text_max
        self.name_max = name_max
        self.event_bytes_max = event_bytes_max
        self.words = program.code
        self.code = <const int *> PyBytes_AS_STRING(self.words)
        self.codes_n = len(plan["codes"])
        self.codes = <CodePlan *> calloc(max(self.codes_n, 1), sizeof(CodePlan))
        self.constants_n = len(plan["constants"])
        self.constants = <Value *> calloc(max(self.constants_n, 1), sizeof(Value))
        self.types_n = len(plan["types"])
        self.accesses = <int *> malloc(max(len(plan["accesses"]) * self.types_n, 1) * sizeof(int))
        self.memos_n = plan["memos"]
        self.memos = <Value *> calloc(max(self.memos_n, 1), sizeof(Value))
        self.memo_turns = <long long *> calloc(max(self.memos_n, 1), sizeof(long long))
        if self.codes == NULL or self.constants == NULL or self.accesses == NULL or self.memos == NULL or self.memo_turns == NULL:
            raise MemoryError
        for i, code in enumerate(plan["codes"]):
            self.codes[i].start = code["start"]
            self.codes[i].depth = code["stack"]
        for i, (kind, value) in enumerate(plan["constants"]):
            set_constant(&self.constants[i], kind, value)
        for i, access in enumerate(plan["accesses"]):
            for type_ in range(self.types_n):
                self.accesses[i * self.types_n + type_] = -1
            for type_, slot in access:
                self.accesses[i * self.types_n + type_] = slot
        self.sets = [ConstantSet(entry) for entry in plan["sets"]]
        self.globs = list(plan["globs"])
        self.regexes = [re2.compile(pattern).search for pattern in plan["regexes"]]
        self.tables = [Table(entry) for entry in plan["tables"]]
        self.lookalike = [entity["lookalike"] for entity in plan["entities"]]
        self.keys = Keys(plan.get("confusables") or {})
        self.repeats = Repeats()
        self.local = LocalTime(plan["timezone"]["name"], plan["timezone"]["transitions"])
        self.hours = [OpenHours(self.local, calendar) for calendar in plan["calendars"]]
        self.layouts = [TypePlan(i, declared, plan["entities"]) for i, declared in enumerate(plan["types"])]
        self.types = {layout.name: layout for layout in self.layouts if not layout.derived}
        self.last_source = ""
        self.index = index_of(plan)
        self.rule_names = [rule["name"] for rule in plan["rules"]]
        self.lone_frame = Frame()

    def __dealloc__(self):
        cdef int i
        for i in range(self.constants_n):
            release(&self.constants[i])
        for i in range(self.memos_n):
            release(&self.memos[i])
        free(self.codes)
        free(self.constants)
        free(self.accesses)
        free(self.memos)
        free(self.memo_turns)

    # ------------------------------------------------------------------ running

    cdef int run(self, int code, Frame frame, Value *out) except -1:
        """Run an expression. `out` must own nothing, and owns what it gets."""
        cdef Value[DEPTH_PLAIN] plain
        cdef Value *stack = plain
        cdef int depth = self.codes[code].depth, i
        if depth > DEPTH_PLAIN:
            stack = <Value *> malloc(depth * sizeof(Value))
            if stack == NULL:
                raise MemoryError
        memset(stack, 0, depth * sizeof(Value))
        try:
            execute(self, self.codes[code].start, frame, stack, out, None, None)
        except BaseException:
            for i in range(depth):
                release(&stack[i])
            raise
        finally:
            if stack != plain:
                free(stack)
        return 0

    cdef int holds(self, int code, Frame frame) except -1:
        """Whether a condition is true; unknown is not."""
        cdef Value out
        cdef bint answer
        self.run(code, frame, &out)
        answer = is_true(&out)
        release(&out)
        return answer

    def evaluate(self, int code, Frame frame):
        """The value of an expression as a Python object; None: missing."""
        cdef Value out
        if not 0 <= code < self.codes_n:
            raise IndexError(code)
        self.run(code, frame, &out)
        answer = value_object(&out)
        release(&out)
        return answer

    def trace(self, int code, Frame frame):
        """Every part of an expression with its value, nothing left out: [((file, start, end), kind, value), …], parts before wholes."""
        cdef Value out
        cdef Value *stack
        cdef int i, depth
        if not 0 <= code < self.codes_n:
            raise IndexError(code)
        marks = {}
        for word, span in self.plan["codes"][code]["marks"]:
            marks.setdefault(word, []).append(tuple(span))
        depth = self.codes[code].depth
        stack = <Value *> calloc(max(depth, 1), sizeof(Value))
        if stack == NULL:
            raise MemoryError
        found = []
        try:
            execute(self, self.codes[code].start, frame, stack, &out, found, marks)
            release(&out)
        finally:
            for i in range(depth):
                release(&stack[i])
            free(stack)
        return found

    # ------------------------------------------------------------------ equal parts of several expressions

    cdef bint recall(self, int memo, Event event, Value *out) except -1:
        """Give what was remembered for this event."""
        if event is None or event is not self.memo_event or self.memo_turns[memo] != self.memo_turn:
            return False
        copy_value(out, &self.memos[memo])
        return True

    cdef int remember(self, int memo, Event event, const Value *value) except -1:
        if event is None:
            return 0
        if event is not self.memo_event:
            self.forget()
            self.memo_event = event
        release(&self.memos[memo])
        copy_value(&self.memos[memo], value)
        self.memo_turns[memo] = self.memo_turn
        return 0

    cdef void forget(self) noexcept:
        """What is remembered holds no more."""
        self.memo_event = None
        self.memo_turn += 1

    # ------------------------------------------------------------------ events

    cdef object type_named(self, const char *x, Py_ssize_t n):
        """The TypePlan of a type that may be sent, whose name is valid UTF-8; None: there is none."""
        cdef TypePlan plan = <TypePlan> self.last_type
        cdef PyObject *found
        if plan is not None and same_bytes(x, n, plan.type_letters, plan.type_length):
            return plan
        found = PyDict_GetItemWithError(self.types, text_of(x, n))
        if found == NULL:
            return None
        self.last_type = <object> found
        return <object> found

    cdef str source_named(self, const char *x, Py_ssize_t n):
        """The text, which is valid UTF-8: one object for all events of one source that come together."""
        cdef Py_ssize_t m = 0
        cdef const char *last = PyUnicode_AsUTF8AndSize(self.last_source, &m)
        if not same_bytes(x, n, last, m):
            self.last_source = text_of(x, n)
        return self.last_source

    def decode(self, event, *, bint journal=True):
        """An event as a row; `journal`: with what the journal keeps of it.

        It is a mapping, or bytes: a message `rulelang.v1.Event` in plain form, as `split_events` gives them. Raises EventError.
        """
        return self.row_of(event, journal)

    def decode_on(self, list events not None, Py_ssize_t at, long long latest, list rows not None, *, bint journal=True):
        """Decode events from the one at `at` on, as `decode` does, and put them to `rows`. Gives where it stopped: behind the last, or at
        one to be looked at more closely, since it is refused, or lies behind the moment `latest`, or may be named like a conflict."""
        cdef Event row
        cdef Py_ssize_t n = len(events)
        while at < n:
            try:
                row = self.row_of(events[at], journal)
            except EventError:
                return at
            if row.time > latest or PyUnicode_FindChar(row.id, c"#", 0, PyUnicode_GET_LENGTH(row.id), 1) >= 0:
                return at
            rows.append(row)
            at += 1
        return at

    cdef Event row_of(self, event, bint journal):
        cdef dict given
        cdef Event row
        if type(event) is bytes:
            row = row_of_wire(self, <bytes> event)
            if row is None:
                row = decode_row(self, dict_of_wire(<bytes> event))
            if journal:
                row.payload = <bytes> event
            return row
        given = plain_dict(event)
        row = decode_row(self, given)
        if journal:
            row.payload = journal_form(self, given)
        return row

    def admit(self, names):
        """Take events of these types as well, which else only the engine makes."""
        self.types.update({layout.name: layout for layout in self.layouts if layout.name in names})

    def encode_record(self, Event event not None):
        """The event as bytes for a store."""
        return record_of(self, event)

    def decode_record(self, bytes record not None):
        """The event that a store kept."""
        return event_of(self, record)

    def encode_blocks(self, list events not None, set named not None):
        """Events of one entry of the journal as bytes for a store, in blocks of bounded length: [(block, how many events it has)].

        `named`: the places of those that were not accepted, and of which only the names are known."""
        return blocks_of(self, events, named)

    def decode_block(self, bytes block not None):
        """The events of a block, each with whether it was accepted."""
        return events_of(self, block)

    def make_event(
        self, int type, long long time, str source, str id, dict values, str order_a, str order_b, int rank=1
    ):
        """An event that follows from others. `values` by field name; keys are normalised already; None: missing."""
        cdef TypePlan plan = <TypePlan> self.layouts[type]
        cdef Event event = Event.__new__(Event)
        cdef FieldPlan *field
        cdef int i
        event.allocate(plan, plan.slots)
        event.type = type
        event.rank = rank
        event.time = time
        event.source = source
        event.id = id
        event.order_a = order_a
        event.order_b = order_b
        set_head(event)
        for i in range(plan.n):
            field = &plan.fields[i]
            value = values.get(<object> field.name)
            if value is None:
                continue
            set_value(&event.slots[field.slot], TAG_OF[<int> field.kind], value)
            if field.raw_slot >= 0:
                set_value(&event.slots[field.raw_slot], TEXT, value)
        return event

    def key(self, int entity, str text not None):
        """The text as a key of the entity; None where nothing remains of it."""
        return (<Keys> self.keys).of(text, self.lookalike[entity])

    # ------------------------------------------------------------------ rules about one event

    cpdef list holding(self, Event event):
        """Indices of the unscoped rules, looked at on events, that hold for this one."""
        cdef Frame frame = self.lone_frame
        cdef TypeIndex index = <TypeIndex> self.index[event.type]
        if index is None:
            return []
        frame.current = event
        frame.this = event
        frame.moment = event.time
        try:
            return index.holding(self, frame)
        finally:
            frame.current = None
            frame.this = None
            self.forget()

    def matches(self, event):
        """The names of the unscoped rules that hold for an event alone. Raises EventError."""
        cdef Event row = <Event> event if isinstance(event, Event) else decode_row(self, plain_dict(event))
        return [self.rule_names[index] for index in self.holding(row)]

    def matches_batch(self, events):
        """`matches` for each."""
        return [self.matches(event) for event in events]
