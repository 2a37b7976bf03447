# Which unscoped rules hold for one event by itself: through an index over what their conditions demand.


@cython.final
@cython.internal
cdef class LoneRule:
    """An unscoped rule that is looked at on each event of its types."""

    cdef readonly int index
    cdef readonly str name
    cdef int condition
    cdef bint plain                  # the condition is all there is to ask
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
        self.plain = not self.dated and all([ALWAYS in codes for codes in self.wheres.values()])

    cdef bint holds(self, Machine machine, Frame frame) except -1:
        """Whether it holds for the event that the frame is about."""
        cdef long long day = 0
        cdef int where
        if self.plain:
            return machine.holds(self.condition, frame)
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
    FEATURES_MAX = 256               # of one event type; the plan's checker refuses more
    WHOLE_WORDS_MAX = 65536          # a feature's bitmaps up to here are kept whole, one for each cell

ctypedef unsigned long long Word

cdef extern from *:
    """
    static inline int rl_lowest_bit(unsigned long long x) { return __builtin_ctzll(x); }
    """
    int lowest_bit "rl_lowest_bit"(Word x) noexcept nogil


@cython.final
@cython.internal
cdef class Feature:
    """A field, or something computed, and the rows that are possible for each of its values.

    The bounds of all demands cut the values into cells; a cell has the bitmap of the rows that a value in it still allows. Where there
    are too many cells to keep all bitmaps, only some are kept, and for the cells after each the rows that change on the way.
    """

    cdef int slot                    # where the event keeps it; -1: it is computed
    cdef int code                    # how it is computed; -1: an event of this type has no such value
    cdef bint text
    cdef bint whole                  # all bitmaps are kept
    cdef int words                   # of a bitmap
    cdef Py_ssize_t cells            # the last is that of a missing value
    cdef double *cuts                # numbers: where each cell but the first begins
    cdef list text_cuts
    cdef Texts points                # texts that are a cell each, where all demands are for single texts; else None
    cdef Word *maps                  # kept bitmaps, one after the other
    cdef int *map_of                 # cell -> its kept bitmap, or the one that its changes start from
    cdef int *first_change           # cell -> into `changes`; those up to the cell's own end are to be applied
    cdef int *end_of_changes
    cdef int *changes                # rows that become possible or impossible
    cdef int *low                    # cell -> the words of its bitmap that are not zero: [low, high)
    cdef int *high

    def __cinit__(self, dict plan, Py_ssize_t rows):
        self.slot = plan["slot"]
        self.code = plan["code"]
        self.text = plan["kind"] == "text"
        self.words = <int> ((rows + 63) // 64)
        self.build(plan["demands"], rows)

    def __dealloc__(self):
        free(self.cuts)
        free(self.maps)
        free(self.map_of)
        free(self.first_change)
        free(self.end_of_changes)
        free(self.changes)
        free(self.low)
        free(self.high)

    cdef int build(self, list demands, Py_ssize_t rows) except -1:
        cdef Py_ssize_t i, cell, kept, total
        cdef Word *current
        cdef Word *missing
        begins = {}
        open_rows = set(range(rows))
        missing_rows = set(range(rows))
        single = self.text
        for row, stretches, missing_too in demands:
            open_rows.discard(row)
            if not missing_too:
                missing_rows.discard(row)
            for low, high in stretches:
                single = single and low is not None and high == low + "\0"
                if low is None:
                    open_rows.add(row)
                else:
                    begins.setdefault(low, []).append(row)
                if high is not None:
                    begins.setdefault(high, []).append(row)
        cuts = sorted(begins)
        self.cells = len(cuts) + 2
        total = sum([len(changed) for changed in begins.values()])
        self.place(cuts, single)
        self.map_of = <int *> malloc(self.cells * sizeof(int))
        self.first_change = <int *> malloc(self.cells * sizeof(int))
        self.end_of_changes = <int *> malloc(self.cells * sizeof(int))
        self.changes = <int *> malloc(max(total, 1) * sizeof(int))
        self.low = <int *> malloc(self.cells * sizeof(int))
        self.high = <int *> malloc(self.cells * sizeof(int))
        cdef bint whole = self.cells * self.words <= WHOLE_WORDS_MAX
        self.whole = whole
        # A kept bitmap for about as many changes as it has words, so that neither costs more than the other.
        cdef Py_ssize_t maps_n = self.cells if whole else 3 + total // self.words
        self.maps = <Word *> calloc(maps_n * self.words, sizeof(Word))
        current = <Word *> calloc(self.words, sizeof(Word))
        if self.map_of == NULL or self.first_change == NULL or self.end_of_changes == NULL or self.changes == NULL or self.low == NULL:
            free(current)
            raise MemoryError
        if self.high == NULL or self.maps == NULL or current == NULL:
            free(current)
            raise MemoryError
        for row in open_rows:
            flip(current, row)
        kept = 0
        cdef int at = 0, start = 0
        for cell in range(self.cells - 1):
            if cell:
                for row in begins[cuts[cell - 1]]:
                    flip(current, row)
                    self.changes[at] = row
                    at += 1
            if cell == 0 or whole or at - start > self.words:
                memcpy(self.maps + kept * self.words, current, self.words * sizeof(Word))
                kept += 1
                start = at
            self.note(cell, kept - 1, start, at, current)
        missing = self.maps + kept * self.words
        for row in missing_rows:
            flip(missing, row)
        self.note(self.cells - 1, kept, at, at, missing)
        free(current)
        return 0

    cdef int place(self, list cuts, bint single) except -1:
        cdef Py_ssize_t i
        if not self.text:
            self.cuts = <double *> malloc(max(len(cuts), 1) * sizeof(double))
            if self.cuts == NULL:
                raise MemoryError
            for i in range(len(cuts)):
                self.cuts[i] = cuts[i]
            return 0
        self.text_cuts = cuts
        # Of single texts every other cut is the end of one, and what lies between two texts is as what lies before the first.
        if single:
            known = set(cuts)
            self.points = Texts({cut: i + 1 for i, cut in enumerate(cuts) if cut + "\0" in known})
        return 0

    cdef int note(self, Py_ssize_t cell, Py_ssize_t kept, int start, int end, const Word *current) except -1:
        cdef int low = 0, high = self.words
        while low < high and current[low] == 0:
            low += 1
        while high > low and current[high - 1] == 0:
            high -= 1
        self.map_of[cell] = <int> kept
        self.first_change[cell] = start
        self.end_of_changes[cell] = end
        self.low[cell] = low
        self.high[cell] = high
        return 0

    cdef Py_ssize_t cell_of(self, const Value *value) except -1:
        """The cell of a value."""
        cdef Py_ssize_t low = 0, high = self.cells - 2, middle
        cdef int found
        if value.tag == MISSING:
            return self.cells - 1
        if not self.text:
            return self.cell_of_number(value.v.n if value.tag == NUMBER else <double> value.v.i)
        if self.points is not None:
            found = self.points.find(value.v.s)
            return 0 if found < 0 else found
        while low < high:
            middle = (low + high) >> 1
            if is_up_to(PyList_GET_ITEM(self.text_cuts, middle), value.v.s):
                low = middle + 1
            else:
                high = middle
        return low

    cdef inline Py_ssize_t cell_of_number(self, double number) noexcept:
        """How many cuts are up to the number. Which way the search goes nobody can foresee, so it goes without a branch."""
        cdef const double *base = self.cuts
        cdef Py_ssize_t n = self.cells - 2, half
        if n == 0:
            return 0
        while n > 1:
            half = n >> 1
            base += half & -<Py_ssize_t> (base[half - 1] <= number)
            n -= half
        return base - self.cuts + (base[0] <= number)

    cdef void intersect(self, Py_ssize_t cell, int low, int high, Word *rows, Word *room) noexcept nogil:
        """Take out of `rows`, between two words, those that this cell does not allow. `room` is for a bitmap that must be made."""
        cdef const Word *allowed = self.maps + <Py_ssize_t> self.map_of[cell] * self.words
        cdef int i, row
        if self.first_change[cell] < self.end_of_changes[cell]:
            memcpy(room + low, allowed + low, (high - low) * sizeof(Word))
            for i in range(self.first_change[cell], self.end_of_changes[cell]):
                row = self.changes[i]
                if low <= row >> 6 < high:
                    room[row >> 6] ^= (<Word> 1) << (row & 63)
            allowed = room
        for i in range(low, high):
            rows[i] &= allowed[i]


cdef inline bint is_up_to(PyObject *cut, PyObject *text) except -1:
    """Whether the one text comes before the other, or is it."""
    cdef Py_ssize_t n, m
    cdef int order
    if PyUnicode_KIND(<object> cut) != 1 or PyUnicode_KIND(<object> text) != 1:
        return PyUnicode_Compare(<object> cut, <object> text) <= 0
    n, m = PyUnicode_GET_LENGTH(<object> cut), PyUnicode_GET_LENGTH(<object> text)
    order = memcmp(PyUnicode_DATA(<object> cut), PyUnicode_DATA(<object> text), n if n < m else m)
    return order < 0 or (order == 0 and n <= m)


cdef inline void flip(Word *bitmap, Py_ssize_t row) noexcept:
    bitmap[row >> 6] ^= (<Word> 1) << (row & 63)


@cython.final
@cython.internal
cdef class TypeIndex:
    """The rules looked at on events of one type, by what their conditions demand."""

    cdef list features
    cdef PyObject **feature          # the same; owned by the list
    cdef Py_ssize_t features_n
    cdef list rules                  # LoneRule by row
    cdef int rows
    cdef int words
    cdef Word all_rows               # of the last word: one bit for each
    cdef bint few                    # a word has a bit for each, and all bitmaps are kept
    cdef bint in_order               # rows stand in the order of their rules
    cdef Word *possible
    cdef Word *room

    def __cinit__(self, dict plan, dict lone):
        cdef Py_ssize_t i
        self.rows = len(plan["rows"])
        self.words = (self.rows + 63) // 64
        self.all_rows = (<Word> 0) - 1 if self.rows & 63 == 0 else ((<Word> 1) << (self.rows & 63)) - 1
        self.rules = [lone[number] for number in plan["rows"]]
        self.in_order = plan["rows"] == sorted(plan["rows"])
        self.possible = <Word *> malloc(max(self.words, 1) * sizeof(Word))
        self.room = <Word *> malloc(max(self.words, 1) * sizeof(Word))
        if self.possible == NULL or self.room == NULL:
            raise MemoryError
        # The most telling first: then an event that meets nothing is known for it early.
        self.features = [Feature(feature, self.rows) for feature in sorted(plan["features"], key=lambda f: -len(f["demands"]))]
        self.features_n = len(self.features)
        self.feature = <PyObject **> malloc(max(self.features_n, 1) * sizeof(PyObject *))
        if self.feature == NULL:
            raise MemoryError
        for i, feature in enumerate(self.features):
            self.feature[i] = <PyObject *> feature
        self.few = self.words == 1 and all([(<Feature> feature).whole for feature in self.features])

    def __dealloc__(self):
        free(self.feature)
        free(self.possible)
        free(self.room)

    cdef list holding(self, Machine machine, Frame frame):
        """The numbers of the rules that hold for the event that the frame is about, in order."""
        cdef Py_ssize_t[FEATURES_MAX] cells
        cdef Feature feature
        cdef Value value
        cdef int low = 0, high = self.words, i, last = -1
        cdef Py_ssize_t n
        cdef list found = []
        if self.rows == 0:
            return found
        if self.few:
            return self.holding_few(machine, frame, found)
        for n in range(self.features_n):
            feature = <Feature> self.feature[n]
            if feature.slot >= 0:
                cells[n] = feature.cell_of(&frame.this.slots[feature.slot])
            elif feature.code >= 0:
                machine.run(feature.code, frame, &value)
                cells[n] = feature.cell_of(&value)
                release(&value)
            else:
                cells[n] = feature.cells - 1
            low = max(low, feature.low[cells[n]])
            high = min(high, feature.high[cells[n]])
            if low >= high:
                return found
        memset(self.possible + low, 0xFF, (high - low) * sizeof(Word))
        if high == self.words:
            self.possible[high - 1] = self.all_rows
        for n in range(self.features_n):
            (<Feature> self.feature[n]).intersect(cells[n], low, high, self.possible, self.room)
        for i in range(low, high):
            last = self.look(machine, frame, self.possible[i], i << 6, last, found)
        return found if self.in_order else sorted(set(found))

    cdef list holding_few(self, Machine machine, Frame frame, list found):
        """The same for no more rows than a word has bits, whose bitmaps are all kept."""
        cdef Feature feature
        cdef Value value
        cdef Py_ssize_t n, cell
        cdef Word rows = self.all_rows
        for n in range(self.features_n):
            feature = <Feature> self.feature[n]
            if feature.slot >= 0:
                cell = feature.cell_of(&frame.this.slots[feature.slot])
            elif feature.code >= 0:
                machine.run(feature.code, frame, &value)
                cell = feature.cell_of(&value)
                release(&value)
            else:
                cell = feature.cells - 1
            rows &= feature.maps[feature.map_of[cell]]
            if rows == 0:
                return found
        self.look(machine, frame, rows, 0, -1, found)
        return found if self.in_order else sorted(set(found))

    cdef int look(self, Machine machine, Frame frame, Word rows, int first, int last, list found) except -2:
        """Look at the rules of rows from `first` on. `last` is the rule that was found last; gives the one that is now."""
        cdef LoneRule rule
        while rows:
            rule = <LoneRule> self.rules[first + lowest_bit(rows)]
            rows &= rows - 1
            # Rows of one rule may all be met; side by side they are seen at once.
            if rule.index != last and rule.holds(machine, frame):
                found.append(rule.index)
                last = rule.index
        return last


cdef list index_of(dict plan):
    """By event type: the index of the rules looked at on it, or None."""
    lone = {
        number: LoneRule(number, rule)
        for number, rule in enumerate(plan["rules"])
        if rule["history"] < 0 and rule["anchors"]["kind"] == "events" and rule["state"] != "disabled"
    }
    found = [None] * len(plan["types"])
    for table in plan["index"]:
        found[table["type"]] = TypeIndex(table, lone)
    return found
