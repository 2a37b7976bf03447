# cython: cdivision=True, auto_pickle=False, autotestdict=False
"""The machine: runs the compiled expressions of a program over events.

In: a loaded program (`engine.program.Program`), events as dicts, and a `Frame` that says what an expression is read in.
Out: values, decoded events, the names of unscoped rules that hold.  No clock, no I/O, no history.

It is a stack machine. An expression is a stretch of 32-bit words, an instruction being its number and then its operands.
Each instruction is one commented block of `execute` below: its name and operands, what it takes from the stack and
what it leaves there (top at the right), and what it does. The enum, the checker's tables and docs/bytecode.md are made
of these comments by tools/generate_instructions.py. What they have in common:

- Every value may be *missing*; a missing boolean is *unknown*. Unless it is said otherwise, missing in, missing out.
- Operands of an instruction have the kinds it is written for: `integer` instructions take integers, times, durations,
  dates and booleans alike, all being 64-bit integers inside; the checker of the rule files has seen to units and types.
- Whatever does not fit (overflow of 64 bits, division by zero, infinity, not-a-number) is missing. Nothing raises because of data.
- A jump only ever skips what cannot change the value left by the instruction at its target, so a trace may ignore all jumps.

    a and b      a  JUMP_FALSE end  b  AND  end:
    a or b       a  JUMP_TRUE end  b  OR  end:
    x or else y  x  JUMP_PRESENT end  y  OR_ELSE  end:
    shared e     MEMO_GET m end  e  MEMO_SET m  end:
"""

from cpython.bytes cimport PyBytes_AS_STRING, PyBytes_FromStringAndSize, PyBytes_GET_SIZE
from cpython.dict cimport PyDict_Next
from cpython.float cimport PyFloat_AS_DOUBLE
from cpython.long cimport PyLong_AsLongLongAndOverflow
from cpython.object cimport PyObject
from cpython.ref cimport Py_INCREF, Py_XDECREF
from libc.math cimport ceil, fabs, floor, fmod, isfinite
from libc.math cimport round as round_away
from libc.stdlib cimport calloc, free, malloc
from libc.string cimport memcmp, memcpy, memset

cimport cython

from engine.values cimport (
    BOOL,
    DATE,
    DURATION,
    INT,
    MISSING,
    NUMBER,
    TEXT,
    TIME,
    Event,
    Layout,
    Value,
    Writer,
    copy_value,
    release,
    set_value,
    value_object,
)
from engine.writing cimport begin_message, end_message, put_moment, put_number, put_optional, put_plain, put_points, put_text

import sys
from collections.abc import Mapping
from datetime import datetime, timedelta, timezone
from difflib import get_close_matches
from json import JSONEncoder
from re import compile as re_compile
from unicodedata import category
from unicodedata import normalize as unicode_normal

import re2

from engine.texts import plain_json


cdef extern from "Python.h":
    PyObject *PyDict_GetItemWithError(object mapping, object key) except? NULL
    int PyUnicode_Compare(object left, object right) except? -1
    int PyUnicode_Contains(object text, object part) except -1
    Py_ssize_t PyUnicode_Tailmatch(object text, object part, Py_ssize_t start, Py_ssize_t end, int direction) except -1
    str PyUnicode_FromKindAndData(int kind, const void *data, Py_ssize_t n)
    Py_ssize_t PyUnicode_GET_LENGTH(object text) noexcept
    bint PyUnicode_IS_ASCII(object text) noexcept
    bint PyUnicode_IS_COMPACT_ASCII(object text) noexcept
    int PyUnicode_KIND(object text) noexcept
    void *PyUnicode_DATA(object text) noexcept
    Py_ssize_t PyUnicode_FindChar(object text, Py_UCS4 c, Py_ssize_t start, Py_ssize_t end, int direction) except -2
    Py_UCS4 PyUnicode_READ(int kind, void *data, Py_ssize_t at) noexcept
    bint PyUnicode_CheckExact(object value) noexcept
    bint PyFloat_CheckExact(object value) noexcept
    bint PyLong_CheckExact(object value) noexcept
    const char *PyUnicode_AsUTF8AndSize(object text, Py_ssize_t *n) except NULL
    PyObject *PyList_GET_ITEM(object values, Py_ssize_t at) noexcept
    PyObject *Py_None
    PyObject *Py_True
    PyObject *Py_False

include "instructions.pxi"
include "machinery/localtime.pxi"
include "machinery/times.pxi"
include "machinery/keys.pxi"
include "machinery/letters.pxi"
include "machinery/decode.pxi"
include "machinery/wire.pxi"
include "machinery/record.pxi"
include "machinery/answers.pxi"
include "machinery/entries.pxi"
include "machinery/constants.pxi"
include "machinery/stack.pxi"
include "machinery/matching.pxi"
include "machinery/machine.pxi"

cdef long long HOUR_US = 3_600_000_000
cdef Py_ssize_t TO_THE_END = 0x7FFFFFFFFFFFFFFF


cdef int execute(Machine machine, int start, Frame frame, Value *stack, Value *out, list tracing, dict marks) except -1:
    """Run the code at `start`. The stack is all missing before, and afterwards owns nothing; after an error it may."""
    cdef const int *code = machine.code
    cdef int pc = start, sp = 0, op, here, i
    cdef Value *a
    cdef Value *b
    cdef Value *c
    cdef Value looked_up
    cdef Py_ssize_t length
    cdef bint answer, known, known_too, answer_too
    cdef Table table
    while True:
        here = pc
        op = code[pc]
        pc += 1
        if op == CONSTANT:
            # == CONSTANT constant ( -- x )
            # A constant of the program.
            copy_value(&stack[sp], &machine.constants[code[pc]])
            sp += 1
            pc += 1
        elif op == FIELD:
            # == FIELD access ( -- x )
            # A field of the current event: the access names the slot for each event type. Missing for any other type.
            read_access(machine, code[pc], frame.current, &stack[sp])
            sp += 1
            pc += 1
        elif op == THIS_FIELD:
            # == THIS_FIELD access ( -- x )
            # A field of the anchor event (for a deadline: of the event that set it). Missing where there is none.
            read_access(machine, code[pc], frame.this, &stack[sp])
            sp += 1
            pc += 1
        elif op == MOMENT:
            # == MOMENT ( -- time )
            # The moment looked at.
            stack[sp].v.i = frame.moment
            stack[sp].tag = TIME
            sp += 1
        elif op == AGGREGATE:
            # == AGGREGATE aggregate ( -- x )
            # What the frame says of an aggregate of the plan.
            stack[sp].tag = MISSING
            frame.aggregate(code[pc], &stack[sp])
            sp += 1
            pc += 1
        elif op == PATTERN:
            # == PATTERN pattern ( -- boolean )
            # What the frame says of a pattern of the plan.
            stack[sp].tag = MISSING
            frame.pattern(code[pc], &stack[sp])
            sp += 1
            pc += 1
        elif op == MEMO_GET:
            # == MEMO_GET memo jump ( -- x ) jumps
            # If the memo was set for this same anchor event, leave its value and jump; else go on, leaving nothing.
            if tracing is None and machine.recall(code[pc], frame.this, &stack[sp]):
                sp += 1
                pc = code[pc + 1]
            else:
                pc += 2
        elif op == MEMO_SET:
            # == MEMO_SET memo ( x -- x )
            # Remember the value for this anchor event. Only for what reads nothing but the anchor event.
            machine.remember(code[pc], frame.this, &stack[sp - 1])
            pc += 1
        elif op == RETURN:
            # == RETURN ( x -- ) ends
            # The end: the one value left is the expression's.
            out[0] = stack[0]
            stack[0].tag = MISSING
            return 0
        elif op == JUMP_FALSE:
            # == JUMP_FALSE jump ( a -- a ) jumps
            # Go to the target if a is false; it stays on the stack either way.
            pc = code[pc] if stack[sp - 1].tag == BOOL and stack[sp - 1].v.i == 0 and tracing is None else pc + 1
        elif op == JUMP_TRUE:
            # == JUMP_TRUE jump ( a -- a ) jumps
            # Go to the target if a is true; it stays on the stack either way.
            pc = code[pc] if stack[sp - 1].tag == BOOL and stack[sp - 1].v.i == 1 and tracing is None else pc + 1
        elif op == JUMP_PRESENT:
            # == JUMP_PRESENT jump ( x -- x ) jumps
            # Go to the target if x is present; it stays on the stack either way.
            pc = code[pc] if stack[sp - 1].tag != MISSING and tracing is None else pc + 1
        elif op == AND:
            # == AND ( a b -- boolean )
            # Three-valued: false if either is false, else unknown if either is unknown, else true.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if is_false(a) or is_false(b):
                a.v.i = 0
                a.tag = BOOL
            elif b.tag == MISSING:
                a.tag = MISSING
        elif op == OR:
            # == OR ( a b -- boolean )
            # Three-valued: true if either is true, else unknown if either is unknown, else false.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if is_true(a) or is_true(b):
                a.v.i = 1
                a.tag = BOOL
            elif b.tag == MISSING:
                a.tag = MISSING
        elif op == NOT:
            # == NOT ( a -- boolean )
            # Unknown stays unknown.
            stack[sp - 1].v.i = stack[sp - 1].v.i == 0
        elif op == OR_ELSE:
            # == OR_ELSE ( x y -- x|y )
            # x if it is present, else y.
            sp -= 1
            if stack[sp - 1].tag == MISSING:
                stack[sp - 1] = stack[sp]
                stack[sp].tag = MISSING
            else:
                release(&stack[sp])
        elif op == IS_PRESENT:
            # == IS_PRESENT ( x -- boolean )
            # Never unknown.
            answer = stack[sp - 1].tag != MISSING
            release(&stack[sp - 1])
            set_truth(&stack[sp - 1], answer)
        elif op == IS_MISSING:
            # == IS_MISSING ( x -- boolean )
            # Never unknown.
            answer = stack[sp - 1].tag == MISSING
            release(&stack[sp - 1])
            set_truth(&stack[sp - 1], answer)
        elif op == EQUAL_INTEGER:
            # == EQUAL_INTEGER ( a b -- boolean )
            # a == b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_truth(a, a.v.i == b.v.i)
        elif op == UNEQUAL_INTEGER:
            # == UNEQUAL_INTEGER ( a b -- boolean )
            # a != b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_truth(a, a.v.i != b.v.i)
        elif op == LESS_INTEGER:
            # == LESS_INTEGER ( a b -- boolean )
            # a < b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_truth(a, a.v.i < b.v.i)
        elif op == LESS_EQUAL_INTEGER:
            # == LESS_EQUAL_INTEGER ( a b -- boolean )
            # a <= b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_truth(a, a.v.i <= b.v.i)
        elif op == GREATER_INTEGER:
            # == GREATER_INTEGER ( a b -- boolean )
            # a > b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_truth(a, a.v.i > b.v.i)
        elif op == GREATER_EQUAL_INTEGER:
            # == GREATER_EQUAL_INTEGER ( a b -- boolean )
            # a >= b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_truth(a, a.v.i >= b.v.i)
        elif op == EQUAL_NUMBER:
            # == EQUAL_NUMBER ( a b -- boolean )
            # a == b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_truth(a, a.v.n == b.v.n)
        elif op == UNEQUAL_NUMBER:
            # == UNEQUAL_NUMBER ( a b -- boolean )
            # a != b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_truth(a, a.v.n != b.v.n)
        elif op == LESS_NUMBER:
            # == LESS_NUMBER ( a b -- boolean )
            # a < b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_truth(a, a.v.n < b.v.n)
        elif op == LESS_EQUAL_NUMBER:
            # == LESS_EQUAL_NUMBER ( a b -- boolean )
            # a <= b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_truth(a, a.v.n <= b.v.n)
        elif op == GREATER_NUMBER:
            # == GREATER_NUMBER ( a b -- boolean )
            # a > b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_truth(a, a.v.n > b.v.n)
        elif op == GREATER_EQUAL_NUMBER:
            # == GREATER_EQUAL_NUMBER ( a b -- boolean )
            # a >= b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_truth(a, a.v.n >= b.v.n)
        elif op == EQUAL_TEXT:
            # == EQUAL_TEXT ( a b -- boolean )
            # a == b, by code points; keys are texts.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            answer = present(a, b) and same_text(a, b)
            settle_text(a, b, answer)
        elif op == UNEQUAL_TEXT:
            # == UNEQUAL_TEXT ( a b -- boolean )
            # a != b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            answer = present(a, b) and same_text(a, b)
            settle_text(a, b, answer == 0)
        elif op == LESS_TEXT:
            # == LESS_TEXT ( a b -- boolean )
            # a < b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            settle_text(a, b, text_order(a, b) < 0)
        elif op == LESS_EQUAL_TEXT:
            # == LESS_EQUAL_TEXT ( a b -- boolean )
            # a <= b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            settle_text(a, b, text_order(a, b) <= 0)
        elif op == GREATER_TEXT:
            # == GREATER_TEXT ( a b -- boolean )
            # a > b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            settle_text(a, b, text_order(a, b) > 0)
        elif op == GREATER_EQUAL_TEXT:
            # == GREATER_EQUAL_TEXT ( a b -- boolean )
            # a >= b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            settle_text(a, b, text_order(a, b) >= 0)
        elif op == BETWEEN_INTEGER:
            # == BETWEEN_INTEGER ( x low high -- boolean )
            # low <= x and x <= high, three-valued: false if either half is false.
            sp -= 2
            a, b, c = &stack[sp - 1], &stack[sp], &stack[sp + 1]
            conjoin(a, present(a, b), b.v.i <= a.v.i, present(a, c), a.v.i <= c.v.i)
        elif op == BETWEEN_NUMBER:
            # == BETWEEN_NUMBER ( x low high -- boolean )
            # low <= x and x <= high, three-valued.
            sp -= 2
            a, b, c = &stack[sp - 1], &stack[sp], &stack[sp + 1]
            conjoin(a, present(a, b), b.v.n <= a.v.n, present(a, c), a.v.n <= c.v.n)
        elif op == BETWEEN_TEXT:
            # == BETWEEN_TEXT ( x low high -- boolean )
            # low <= x and x <= high, three-valued.
            sp -= 2
            a, b, c = &stack[sp - 1], &stack[sp], &stack[sp + 1]
            known = present(a, b)
            answer = text_order(b, a) <= 0
            known_too = present(a, c)
            answer_too = text_order(a, c) <= 0
            release(a)
            release(b)
            release(c)
            conjoin(a, known, answer, known_too, answer_too)
        elif op == IN_SET:
            # == IN_SET set ( x -- boolean )
            # Whether x is in a set of constants of the program, all of x's kind.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                answer = (<ConstantSet> machine.sets[code[pc]]).holds(a)
                release(a)
                set_truth(a, answer)
            pc += 1
        elif op == ADD_INTEGER:
            # == ADD_INTEGER kind ( a b -- x )
            # a + b as a value of the kind: integer, time (of a time and a duration) or duration.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                a.tag = MISSING if add_overflows(a.v.i, b.v.i, &a.v.i) else code[pc]
            pc += 1
        elif op == SUBTRACT_INTEGER:
            # == SUBTRACT_INTEGER kind ( a b -- x )
            # a - b as a value of the kind: integer, duration (of two times, of two durations) or time.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                a.tag = MISSING if subtract_overflows(a.v.i, b.v.i, &a.v.i) else code[pc]
            pc += 1
        elif op == MULTIPLY_INTEGER:
            # == MULTIPLY_INTEGER ( a b -- integer )
            # a * b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                a.tag = MISSING if multiply_overflows(a.v.i, b.v.i, &a.v.i) else INT
        elif op == MODULO_INTEGER:
            # == MODULO_INTEGER kind ( a b -- x )
            # What is left of a divided by b, with a's sign: integers or durations.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                if b.v.i == 0:
                    a.tag = MISSING
                else:
                    # The processor faults on the least integer mod -1.
                    a.v.i = 0 if b.v.i == -1 else a.v.i % b.v.i
                    a.tag = code[pc]
            pc += 1
        elif op == NEGATE_INTEGER:
            # == NEGATE_INTEGER kind ( a -- x )
            # -a
            a = &stack[sp - 1]
            if a.tag != MISSING:
                a.tag = MISSING if subtract_overflows(0, a.v.i, &a.v.i) else code[pc]
            pc += 1
        elif op == SUBTRACT_DATE:
            # == SUBTRACT_DATE ( a b -- duration )
            # From date b to date a, a day being 24 hours.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                if subtract_overflows(a.v.i, b.v.i, &a.v.i) or multiply_overflows(a.v.i, DAY_US, &a.v.i):
                    a.tag = MISSING
                else:
                    a.tag = DURATION
        elif op == ADD_NUMBER:
            # == ADD_NUMBER ( a b -- number )
            # a + b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_number(a, a.v.n + b.v.n)
        elif op == SUBTRACT_NUMBER:
            # == SUBTRACT_NUMBER ( a b -- number )
            # a - b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_number(a, a.v.n - b.v.n)
        elif op == MULTIPLY_NUMBER:
            # == MULTIPLY_NUMBER ( a b -- number )
            # a * b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_number(a, a.v.n * b.v.n)
        elif op == DIVIDE_NUMBER:
            # == DIVIDE_NUMBER ( a b -- number )
            # a / b
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                # In C, so by zero infinity or not-a-number: missing.
                set_number(a, a.v.n / b.v.n)
        elif op == MODULO_NUMBER:
            # == MODULO_NUMBER ( a b -- number )
            # What is left of a divided by b, with a's sign.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_number(a, fmod(a.v.n, b.v.n))
        elif op == NEGATE_NUMBER:
            # == NEGATE_NUMBER ( a -- number )
            # -a
            a = &stack[sp - 1]
            a.v.n = 0.0 - a.v.n if a.tag != MISSING else 0.0
        elif op == TO_NUMBER:
            # == TO_NUMBER ( integer -- number )
            # The nearest number. Integers meeting a number, or divided by one another, pass through this first.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                a.v.n = <double> a.v.i
                a.tag = NUMBER
        elif op == MULTIPLY_DURATION:
            # == MULTIPLY_DURATION ( duration number -- duration )
            # The product, rounded to the microsecond, half away from zero.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                a.tag = DURATION if whole(round_away(<double> a.v.i * b.v.n), &a.v.i) else MISSING
        elif op == DIVIDE_DURATION:
            # == DIVIDE_DURATION ( duration number -- duration )
            # The quotient, rounded to the microsecond, half away from zero.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                a.tag = DURATION if whole(round_away(<double> a.v.i / b.v.n), &a.v.i) else MISSING
        elif op == RATIO_DURATION:
            # == RATIO_DURATION ( duration duration -- number )
            # How often the second goes into the first: `hours(d)` is d divided by one hour.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b):
                set_number(a, <double> a.v.i / <double> b.v.i)
        elif op == ABSOLUTE_INTEGER:
            # == ABSOLUTE_INTEGER kind ( a -- x )
            # The size of an integer or a duration.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                a.tag = MISSING if a.v.i < 0 and subtract_overflows(0, a.v.i, &a.v.i) else code[pc]
            pc += 1
        elif op == ABSOLUTE_NUMBER:
            # == ABSOLUTE_NUMBER ( a -- number )
            # The size of a number.
            a = &stack[sp - 1]
            a.v.n = fabs(a.v.n)
        elif op == ROUND:
            # == ROUND ( number -- number )
            # To the nearest whole number, half away from zero. (`round`, `floor`, `ceil` of an integer are the integer: no instruction.)
            a = &stack[sp - 1]
            a.v.n = round_away(a.v.n) + 0.0
        elif op == FLOOR:
            # == FLOOR ( number -- number )
            # The nearest whole number that is not above.
            a = &stack[sp - 1]
            a.v.n = floor(a.v.n)
        elif op == CEILING:
            # == CEILING ( number -- number )
            # The nearest whole number that is not below.
            a = &stack[sp - 1]
            a.v.n = ceil(a.v.n) + 0.0
        elif op == LEAST_INTEGER:
            # == LEAST_INTEGER ( a b -- x )
            # The lesser of two integers, times, durations or dates; missing if either is.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b) and b.v.i < a.v.i:
                a.v.i = b.v.i
        elif op == GREATEST_INTEGER:
            # == GREATEST_INTEGER ( a b -- x )
            # The greater of two integers, times, durations or dates; missing if either is.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b) and b.v.i > a.v.i:
                a.v.i = b.v.i
        elif op == LEAST_NUMBER:
            # == LEAST_NUMBER ( a b -- number )
            # The lesser of two numbers; missing if either is.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b) and b.v.n < a.v.n:
                a.v.n = b.v.n
        elif op == GREATEST_NUMBER:
            # == GREATEST_NUMBER ( a b -- number )
            # The greater of two numbers; missing if either is.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            if both(a, b) and b.v.n > a.v.n:
                a.v.n = b.v.n
        elif op == LEAST_TEXT:
            # == LEAST_TEXT ( a b -- text )
            # The first of two texts by code points; missing if either is.
            sp -= 1
            choose_text(&stack[sp - 1], &stack[sp], text_order(&stack[sp], &stack[sp - 1]) < 0)
        elif op == GREATEST_TEXT:
            # == GREATEST_TEXT ( a b -- text )
            # The last of two texts by code points; missing if either is.
            sp -= 1
            choose_text(&stack[sp - 1], &stack[sp], text_order(&stack[sp], &stack[sp - 1]) > 0)
        elif op == LIKE:
            # == LIKE glob ( text -- boolean )
            # Whether the whole text fits a glob of the program: `*` any run of characters, `?` any one, all else itself.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                answer = fits_glob(<str> a.v.s, <str> machine.globs[code[pc]])
                release(a)
                set_truth(a, answer)
            pc += 1
        elif op == MATCHES:
            # == MATCHES regex ( text -- boolean )
            # Whether a regular expression (RE2) of the program is found anywhere in the text.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                answer = machine.regexes[code[pc]](<str> a.v.s) is not None
                release(a)
                set_truth(a, answer)
            pc += 1
        elif op == STARTS_WITH:
            # == STARTS_WITH ( text part -- boolean )
            # Whether the text begins with the part.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            answer = present(a, b) and PyUnicode_Tailmatch(<str> a.v.s, <str> b.v.s, 0, TO_THE_END, -1)
            settle_text(a, b, answer)
        elif op == ENDS_WITH:
            # == ENDS_WITH ( text part -- boolean )
            # Whether the text ends with the part.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            answer = present(a, b) and PyUnicode_Tailmatch(<str> a.v.s, <str> b.v.s, 0, TO_THE_END, 1)
            settle_text(a, b, answer)
        elif op == CONTAINS:
            # == CONTAINS ( text part -- boolean )
            # Whether the part is found anywhere in the text.
            sp -= 1
            a, b = &stack[sp - 1], &stack[sp]
            answer = present(a, b) and PyUnicode_Contains(<str> a.v.s, <str> b.v.s)
            settle_text(a, b, answer)
        elif op == LENGTH:
            # == LENGTH ( text -- integer )
            # The number of its code points.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                length = PyUnicode_GET_LENGTH(<str> a.v.s)
                release(a)
                a.v.i = length
                a.tag = INT
        elif op == LOWER:
            # == LOWER ( text -- text )
            # In small letters, by Unicode's full case mapping.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                replace_text(a, (<str> a.v.s).lower())
        elif op == UPPER:
            # == UPPER ( text -- text )
            # In capital letters, by Unicode's full case mapping.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                replace_text(a, (<str> a.v.s).upper())
        elif op == TRIM:
            # == TRIM ( text -- text )
            # Without white space (the Unicode property White_Space, as for keys) at its ends.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                replace_text(a, trimmed(<str> a.v.s))
        elif op == NORMALISE:
            # == NORMALISE entity ( text -- text )
            # The text as a key of the entity; missing where nothing remains.
            # Entity -1: as a key of one that is not lookalike (`canonical`).
            a = &stack[sp - 1]
            if a.tag != MISSING:
                replace_text(a, (<Keys> machine.keys).of(<str> a.v.s, code[pc] >= 0 and machine.lookalike[code[pc]]))
            pc += 1
        elif op == DAY:
            # == DAY ( time -- date )
            # The local day that contains the time.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                a.v.i = machine.local.day(a.v.i)
                a.tag = DATE
        elif op == HOUR:
            # == HOUR ( time -- integer )
            # The hour on the local clock, 0 to 23.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                a.v.i = machine.local.since_midnight(a.v.i) // HOUR_US
                a.tag = INT
        elif op == MINUTE:
            # == MINUTE ( time -- integer )
            # The minute on the local clock, 0 to 59.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                a.v.i = machine.local.since_midnight(a.v.i) // MINUTE_US % 60
                a.tag = INT
        elif op == WEEKDAY:
            # == WEEKDAY ( time|date -- integer )
            # 1 is Monday, 7 is Sunday, on the local calendar; so for the next three.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                a.v.i = weekday_of(day_of(machine, a)) + 1
                a.tag = INT
        elif op == DAY_OF_MONTH:
            # == DAY_OF_MONTH ( time|date -- integer )
            # 1 to 31.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                a.v.i = date_part(day_of(machine, a), 2)
                a.tag = INT
        elif op == MONTH:
            # == MONTH ( time|date -- integer )
            # 1 to 12.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                a.v.i = date_part(day_of(machine, a), 1)
                a.tag = INT
        elif op == YEAR:
            # == YEAR ( time|date -- integer )
            # The year, such as 2026.
            a = &stack[sp - 1]
            if a.tag != MISSING:
                a.v.i = date_part(day_of(machine, a), 0)
                a.tag = INT
        elif op == DURING:
            # == DURING calendar ( time -- boolean )
            # Whether the calendar is open then. (`outside` is followed by NOT.)
            a = &stack[sp - 1]
            if a.tag != MISSING:
                set_truth(a, (<OpenHours> machine.hours[code[pc]]).is_open(a.v.i))
            pc += 1
        elif op == LOOK_UP:
            # == LOOK_UP table ( key... date -- x )
            # The value in the row of the table for these keys (as many as it has parameters) on this local day; no such row: missing.
            table = <Table> machine.tables[code[pc]]
            sp -= table.parameters
            answer = True
            for i in range(table.parameters + 1):
                answer = answer and stack[sp - 1 + i].tag != MISSING
            looked_up.tag = MISSING
            if answer:
                table.look_up(&stack[sp - 1], &looked_up)
            for i in range(table.parameters + 1):
                release(&stack[sp - 1 + i])
            stack[sp - 1] = looked_up
            pc += 1
        else:
            raise ValueError(f"no such instruction: {op} at word {here}")
        if tracing is not None:
            note(tracing, marks, here, &stack[sp - 1])
