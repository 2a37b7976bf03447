# What a glance at a condition's code shows, so that most events cost no run of the machine.
#
# At load the code of a condition is read as a tree. Comparisons of a field or an aggregate with a constant, joined by
# `and`, become `Test`s. A test that fails settles the whole: `false and unknown` is false. What no test settles is left to
# the machine; nothing is found here that it would not find.


cdef enum:
    IS_TRUE = -1                         # besides the machine's instructions: the value itself is the condition
    IS_FALSE = -2


cdef enum Verdict:
    NO                                   # false
    UNKNOWN                              # neither true nor false
    PERHAPS                              # not settled


cdef struct Test:
    int op                               # an instruction that compares, or IS_TRUE, IS_FALSE
    int slot                             # of the event's field; -1: its type has none
    PyObject *aggregate                  # or an aggregate: of the plan, that outlives the test
    PyObject *pattern                    # or a pattern (IS_TRUE)
    Py_ssize_t needed                    # count, distinct, share: with fewer entries in the window it fails, or is unknown
    bint unknown                         # share
    bint counts                          # count: the window holds so many or it does not, and that is all
    bint sums                            # a sum that has to be so much: the less it is, the more entries are missing
    int track                            # of the aggregate's taking, and of that one's base, among the tracks of a log
    int base
    long long length_us                  # of the window, where it is the sliding one up to now; else 0
    Value constant                       # owned by the machine


cdef dict MIRRORED = {
    EQUAL_INTEGER: EQUAL_INTEGER, UNEQUAL_INTEGER: UNEQUAL_INTEGER,
    LESS_INTEGER: GREATER_INTEGER, LESS_EQUAL_INTEGER: GREATER_EQUAL_INTEGER,
    GREATER_INTEGER: LESS_INTEGER, GREATER_EQUAL_INTEGER: LESS_EQUAL_INTEGER,
    EQUAL_NUMBER: EQUAL_NUMBER, UNEQUAL_NUMBER: UNEQUAL_NUMBER,
    LESS_NUMBER: GREATER_NUMBER, LESS_EQUAL_NUMBER: GREATER_EQUAL_NUMBER,
    GREATER_NUMBER: LESS_NUMBER, GREATER_EQUAL_NUMBER: LESS_EQUAL_NUMBER,
    EQUAL_TEXT: EQUAL_TEXT, UNEQUAL_TEXT: UNEQUAL_TEXT,
}


cdef dict DIRECTIONS = {
    GREATER_INTEGER: 1, GREATER_EQUAL_INTEGER: 1, GREATER_NUMBER: 1, GREATER_EQUAL_NUMBER: 1,
    LESS_INTEGER: -1, LESS_EQUAL_INTEGER: -1, LESS_NUMBER: -1, LESS_EQUAL_NUMBER: -1,
}
"""1: the more the left side is, the sooner it holds; -1: the less it is."""

cdef tuple OTHER = ("other",)


cdef tuple tree_of(Machine machine, int code):
    """The code of an expression as a tree: ("field" | "this" | "constant" | "aggregate" | "pattern", number), ("moment",), ("not", a),
    ("and", a, b), ("compare", op, a, b), ("other", …) of what it reads, or OTHER. Memos are what is computed for them."""
    cdef int pc = machine.codes[code].start, op
    stack = []
    while True:
        op = machine.code[pc]
        instruction = INSTRUCTIONS[op]
        if op == RETURN:
            return stack[0]
        if instruction.by_table:
            return OTHER
        if instruction.jumps or op == MEMO_SET:
            pass  # a jump only skips what cannot change the value at its target
        elif op == CONSTANT:
            stack.append(("constant", machine.code[pc + 1]))
        elif op == FIELD:
            stack.append(("field", machine.code[pc + 1]))
        elif op == THIS_FIELD:
            stack.append(("this", machine.code[pc + 1]))
        elif op == AGGREGATE:
            stack.append(("aggregate", machine.code[pc + 1]))
        elif op == PATTERN:
            stack.append(("pattern", machine.code[pc + 1]))
        elif op == MOMENT:
            stack.append(("moment",))
        else:
            taken = tuple(stack[len(stack) - instruction.taken:])
            del stack[len(stack) - instruction.taken:]
            if op == AND:
                stack.append(("and", *taken))
            elif op == NOT:
                stack.append(("not", *taken))
            elif op in MIRRORED:
                stack.append(("compare", op, *taken))
            else:
                stack.append(("other", *taken))
        pc += 1 + len(instruction.operands)


cdef list conjuncts(tuple tree):
    """The parts that must all be true."""
    return conjuncts(tree[1]) + conjuncts(tree[2]) if tree[0] == "and" else [tree]


cdef tuple comparison(tuple tree):
    """(op, what is compared, number of the constant or None); None: it is no comparison with a constant."""
    if tree[0] == "compare":
        op, left, right = tree[1:]
        if right[0] == "constant":
            return op, left, right[1]
        return (MIRRORED[op], right, left[1]) if left[0] == "constant" else None
    if tree[0] == "not":
        return IS_FALSE, tree[1], None
    return IS_TRUE, tree, None


cdef int test_of_field(Machine machine, tuple tree, int type, Test *test) except -1:
    """1 where the condition is a test of one field of this event type (then `test` is it), else 0."""
    found = comparison(tree)
    if found is None or found[1][0] not in ("field", "this"):
        return 0
    op, operand, constant = found
    test.op = op
    test.slot = machine.accesses[<int> operand[1] * machine.types_n + type]
    test.constant.tag = MISSING
    if constant is not None:
        test.constant = machine.constants[<int> constant]
        if test.constant.tag == MISSING:
            return 0
    return 1


cdef inline bint fulfils(Test *test, Value *value) except -1:
    """Whether a value, which is present, passes."""
    cdef int op = test.op
    if op == IS_TRUE:
        return value.v.i != 0
    if op == IS_FALSE:
        return value.v.i == 0
    if op == GREATER_NUMBER:
        return value.v.n > test.constant.v.n
    if op == GREATER_EQUAL_NUMBER:
        return value.v.n >= test.constant.v.n
    if op == LESS_NUMBER:
        return value.v.n < test.constant.v.n
    if op == LESS_EQUAL_NUMBER:
        return value.v.n <= test.constant.v.n
    if op == GREATER_INTEGER:
        return value.v.i > test.constant.v.i
    if op == GREATER_EQUAL_INTEGER:
        return value.v.i >= test.constant.v.i
    if op == LESS_INTEGER:
        return value.v.i < test.constant.v.i
    if op == LESS_EQUAL_INTEGER:
        return value.v.i <= test.constant.v.i
    if op == EQUAL_INTEGER:
        return value.v.i == test.constant.v.i
    if op == UNEQUAL_INTEGER:
        return value.v.i != test.constant.v.i
    if op == EQUAL_NUMBER:
        return value.v.n == test.constant.v.n
    if op == UNEQUAL_NUMBER:
        return value.v.n != test.constant.v.n
    if op == EQUAL_TEXT:
        return value.v.s == test.constant.v.s or <object> value.v.s == <object> test.constant.v.s
    return not (value.v.s == test.constant.v.s or <object> value.v.s == <object> test.constant.v.s)
