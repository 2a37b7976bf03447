# Events as bytes: what the digest of the content covers, and what a store keeps of an event.
#
# record    version u8 · rank u8 · type u16 · time i64 · source · id · order_a · order_b · ignored i32 · digest 16 bytes or none · slots
# slots     per slot from the first declared one that is present: slot u16 · tag u8 · 8 bytes, or a text
# text      width of a character u8 (1, 2 or 4 bytes) · number of characters u32 · characters
#
# All numbers are little-endian. A key that is spelled as it was sent is kept once.

cdef enum:
    RECORD_VERSION = 1
    SAME_AS_RAW = 15                 # in place of a tag: the key is the text in its raw slot


@cython.final
@cython.internal
cdef class Reader:
    """Reads what a Writer wrote; ValueError where the bytes end early."""

    cdef const unsigned char *data
    cdef Py_ssize_t n, at
    cdef bytes source

    def __cinit__(self, bytes source):
        self.source = source
        self.data = <const unsigned char *> PyBytes_AS_STRING(source)
        self.n = PyBytes_GET_SIZE(source)

    cdef const unsigned char *take(self, Py_ssize_t more) except NULL:
        if more < 0 or self.at + more > self.n:
            raise ValueError("the record of an event ends early")
        self.at += more
        return self.data + self.at - more

    cdef long long whole(self, int width) except? -1:
        cdef long long value = 0
        memcpy(&value, self.take(width), width)
        return value

    cdef str text(self):
        cdef int width = <int> self.whole(1)
        cdef Py_ssize_t n = self.whole(4)
        if width != 1 and width != 2 and width != 4:
            raise ValueError("the record of an event is damaged")
        return PyUnicode_FromKindAndData(width, self.take(n * width), n)


cdef Writer WRITER = Writer()


cdef int write_value(Writer writer, const Value *value) except -1:
    writer.whole(value.tag, 1)
    if value.tag == TEXT:
        writer.text(<str> value.v.s)
    else:
        memcpy(writer.room(8), &value.v, 8)
    return 0


cdef bytes digest_of(TypePlan plan, Event event):
    """16 bytes over the content: type, time, and the declared fields as decoded, keys in their raw spelling."""
    cdef FieldPlan *field
    cdef Value *value
    cdef int i
    WRITER.n = 0
    WRITER.text(plan.name)
    WRITER.whole(event.time, 8)
    for i in range(plan.n):
        field = &plan.fields[i]
        value = &event.slots[field.raw_slot if field.raw_slot >= 0 else field.slot]
        if value.tag != MISSING:
            WRITER.whole(i, 2)
            write_value(WRITER, value)
    return blake2b(WRITER.taken(), digest_size=16).digest()


cdef bytes record_of(Machine machine, Event event):
    """The event as a store keeps it."""
    cdef TypePlan plan = <TypePlan> machine.layouts[event.type]
    cdef FieldPlan *field
    cdef int i
    WRITER.n = 0
    WRITER.whole(RECORD_VERSION, 1)
    WRITER.whole(event.rank, 1)
    WRITER.whole(event.type, 2)
    WRITER.whole(event.time, 8)
    WRITER.text(event.source)
    WRITER.text(event.id)
    WRITER.text(event.order_a)
    WRITER.text(event.order_b)
    WRITER.whole(event.ignored, 4)
    WRITER.whole(0 if event.digest is None else 1, 1)
    if event.digest is not None:
        memcpy(WRITER.room(16), PyBytes_AS_STRING(event.digest), 16)
    for i in range(plan.n):
        field = &plan.fields[i]
        if field.raw_slot >= 0:
            write_slot(event, field.raw_slot)
            if event.slots[field.slot].tag == TEXT and event.slots[field.slot].v.s == event.slots[field.raw_slot].v.s:
                WRITER.whole(field.slot, 2)
                WRITER.whole(SAME_AS_RAW, 1)
                WRITER.whole(field.raw_slot, 2)
                continue
        write_slot(event, field.slot)
    return WRITER.taken()


cdef int write_slot(Event event, int slot) except -1:
    if event.slots[slot].tag != MISSING:
        WRITER.whole(slot, 2)
        write_value(WRITER, &event.slots[slot])
    return 0


cdef Event event_of(Machine machine, bytes record):
    """The event that a store kept. Raises ValueError where the bytes are none of this program's."""
    cdef Reader reader = Reader(record)
    cdef Event event = Event.__new__(Event)
    cdef int slot, other, tag
    if reader.whole(1) != RECORD_VERSION:
        raise ValueError("the record of an event has another version")
    event.rank = <int> reader.whole(1)
    event.type = <int> reader.whole(2)
    if event.type >= len(machine.layouts):
        raise ValueError("the record of an event has a type that the program does not know")
    event.allocate((<TypePlan> machine.layouts[event.type]).slots)
    event.time = reader.whole(8)
    event.source = reader.text()
    event.id = reader.text()
    event.order_a = reader.text()
    event.order_b = reader.text()
    event.ignored = <int> reader.whole(4)
    if reader.whole(1):
        event.digest = PyBytes_FromStringAndSize(<const char *> reader.take(16), 16)
    set_head(event)
    while reader.at < reader.n:
        slot = <int> reader.whole(2)
        tag = <int> reader.whole(1)
        if slot < DECLARED_SLOT or slot >= event.n or event.slots[slot].tag != MISSING:
            raise ValueError("the record of an event is damaged")
        if tag == SAME_AS_RAW:
            other = <int> reader.whole(2)
            if other >= event.n:
                raise ValueError("the record of an event is damaged")
            copy_value(&event.slots[slot], &event.slots[other])
        elif tag == TEXT:
            set_value(&event.slots[slot], TEXT, reader.text())
        elif BOOL <= tag <= DATE:
            memcpy(&event.slots[slot].v, reader.take(8), 8)
            event.slots[slot].tag = tag
        else:
            raise ValueError("the record of an event is damaged")
    return event
