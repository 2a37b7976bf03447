# Events as bytes: what a store keeps of an event.
#
# record    version u8 (2) · rank u8 · type u16 · time i64 · source · id · of a derived event: order_a · order_b · ignored i32 · slots
# slots     per slot from the first declared one that is present: slot u16 · tag u8 · 8 bytes, or a text
# text      width of a character u8 (1, 2 or 4 bytes) · number of characters u32 · characters
# block     version u8 (1) · per event: length u32 · whether it was accepted u8 · record
#
# All numbers are little-endian. A key that is spelled as it was sent is kept once. Records of version 1 had order_a and order_b always, and
# behind `ignored` u8 whether the digest of the content follows, and its 16 bytes; they are read too.

cdef enum:
    RECORD_VERSION = 2
    BLOCK_VERSION = 1
    BLOCK_EVENTS_MAX = 512           # fewer than places in an index can tell apart
    BLOCK_BYTES = 65_536             # a block is closed once it has so many
    SAME_AS_RAW = 15                 # in place of a tag: the key is the text in its raw slot


@cython.final
@cython.internal
cdef class Reader:
    """Reads what a Writer wrote; ValueError where the bytes end early."""

    cdef const unsigned char *data
    cdef Py_ssize_t n, at
    cdef bytes source
    cdef str before                  # the last text that was asked for as one that often comes again

    def __cinit__(self, bytes source):
        self.source = source
        self.data = <const unsigned char *> PyBytes_AS_STRING(source)
        self.n = PyBytes_GET_SIZE(source)
        self.before = ""

    cdef inline const unsigned char *take(self, Py_ssize_t more) except NULL:
        if more < 0 or more > self.n - self.at:
            raise ValueError("the record of an event ends early")
        self.at += more
        return self.data + self.at - more

    cdef inline long long whole(self, int width) except? -1:
        cdef long long value = 0
        memcpy(&value, self.take(width), width)
        return value

    cdef str text(self):
        cdef int width = <int> self.whole(1)
        cdef Py_ssize_t i, n = self.whole(4)
        cdef const unsigned char *letters
        cdef unsigned int letter
        if width != 1 and width != 2 and width != 4:
            raise ValueError("the record of an event is damaged")
        letters = self.take(n * width)
        for i in range(n if width == 4 else 0):
            memcpy(&letter, letters + 4 * i, 4)
            if letter > 0x10FFFF:
                raise ValueError("the record of an event is damaged")
        return PyUnicode_FromKindAndData(width, letters, n)

    cdef str same_text(self):
        """A text that is mostly the one before: then it is the same object."""
        cdef str before = self.before
        cdef Py_ssize_t size = 5 + PyUnicode_GET_LENGTH(before) * PyUnicode_KIND(before)
        cdef unsigned int n
        if size <= self.n - self.at and self.data[self.at] == PyUnicode_KIND(before):
            memcpy(&n, self.data + self.at + 1, 4)
            if n == PyUnicode_GET_LENGTH(before) and not memcmp(self.data + self.at + 5, PyUnicode_DATA(before), size - 5):
                self.at += size
                return before
        self.before = self.text()
        return self.before


cdef Writer WRITER = Writer()


cdef int write_value(Writer writer, const Value *value) except -1:
    writer.whole(value.tag, 1)
    if value.tag == TEXT:
        writer.text(<str> value.v.s)
    else:
        memcpy(writer.room(8), &value.v, 8)
    return 0


cdef int write_record(Machine machine, Event event) except -1:
    """Write the event as a store keeps it."""
    cdef TypePlan plan = <TypePlan> machine.layouts[event.type]
    cdef FieldPlan *field
    cdef Value *value
    cdef int i
    WRITER.whole(RECORD_VERSION, 1)
    WRITER.whole(event.rank, 1)
    WRITER.whole(event.type, 2)
    WRITER.whole(event.time, 8)
    WRITER.text(event.source)
    WRITER.text(event.id)
    if event.rank:
        WRITER.text(event.order_a)
        WRITER.text(event.order_b)
    WRITER.whole(event.ignored, 4)
    for i in range(plan.n):
        field = &plan.fields[i]
        value = &event.slots[field.slot]
        if field.raw_slot >= 0:
            write_slot(event, field.raw_slot)
            if value.tag == TEXT and value.v.s == event.slots[field.raw_slot].v.s:
                WRITER.whole(field.slot, 2)
                WRITER.whole(SAME_AS_RAW, 1)
                WRITER.whole(field.raw_slot, 2)
                continue
        write_slot(event, field.slot)
    return 0


cdef bytes record_of(Machine machine, Event event):
    """The event as a store keeps it."""
    WRITER.n = 0
    write_record(machine, event)
    return WRITER.taken()


cdef inline int write_slot(Event event, int slot) except -1:
    cdef Value *value = &event.slots[slot]
    cdef unsigned char *room
    cdef short number = <short> slot
    if value.tag == MISSING:
        return 0
    if value.tag == TEXT:
        WRITER.whole(slot, 2)
        WRITER.whole(TEXT, 1)
        return WRITER.text(<str> value.v.s)
    room = WRITER.room(11)
    memcpy(room, &number, 2)
    room[2] = <unsigned char> value.tag
    memcpy(room + 3, &value.v, 8)
    return 0


cdef list blocks_of(Machine machine, list events, set named):
    """Events as blocks: [(block, how many events it has)]. `named`: the places of those that were not accepted, and of which only the
    names are known."""
    cdef list blocks = []
    cdef Event event
    cdef Py_ssize_t i, start
    cdef unsigned int length
    cdef int n = 0
    WRITER.n = 0
    for i in range(len(events)):
        event = <Event?> events[i]
        if n == 0:
            WRITER.whole(BLOCK_VERSION, 1)
        WRITER.room(4)
        start = WRITER.n
        WRITER.whole(i not in named if named else 1, 1)
        write_record(machine, event)
        length = <unsigned int> (WRITER.n - start)
        memcpy(WRITER.data + start - 4, &length, 4)
        n += 1
        if n == BLOCK_EVENTS_MAX or WRITER.n >= BLOCK_BYTES or i + 1 == len(events):
            blocks.append((WRITER.taken(), n))
            n = 0
    return blocks


cdef Reader reader_of_block(bytes block):
    cdef Reader reader = Reader(block)
    if reader.whole(1) != BLOCK_VERSION:
        raise ValueError("the block of records of events has another version")
    return reader


cdef list events_of(Machine machine, bytes block):
    """The events of a block, each with whether it was accepted. Raises ValueError where the bytes are none of this program's."""
    cdef Reader reader = reader_of_block(block)
    cdef Py_ssize_t end, whole = reader.n
    cdef list events = []
    cdef bint accepted
    while reader.at < whole:
        end = reader.whole(4)
        end += reader.at
        if end > whole:
            raise ValueError("the block of records of events ends early")
        accepted = reader.whole(1)
        reader.n = end
        events.append((read_record(machine, reader), accepted))
        reader.n = whole
    return events


cdef Event event_of(Machine machine, bytes record):
    """The event that a store kept. Raises ValueError where the bytes are none of this program's."""
    return read_record(machine, Reader(record))


cdef Event read_record(Machine machine, Reader reader):
    """The event whose record is the rest of what is to be read."""
    cdef Event event = Event.__new__(Event)
    cdef TypePlan plan
    cdef int slot, other, tag, version = <int> reader.whole(1)
    if version != 1 and version != RECORD_VERSION:
        raise ValueError("the record of an event has another version")
    event.rank = <int> reader.whole(1)
    event.type = <int> reader.whole(2)
    if event.type >= len(machine.layouts):
        raise ValueError("the record of an event has a type that the program does not know")
    plan = <TypePlan> machine.layouts[event.type]
    event.allocate(plan, plan.slots)
    event.time = reader.whole(8)
    event.source = reader.same_text()
    event.id = reader.text()
    event.order_a = event.source
    event.order_b = event.id
    if event.rank or version == 1:
        event.order_a = reader.text()
        event.order_b = reader.text()
    event.ignored = <int> reader.whole(4)
    if version == 1 and reader.whole(1):
        event.known_digest = PyBytes_FromStringAndSize(<const char *> reader.take(16), 16)
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
