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


cdef int execute(Machine machine, int start, Frame frame, Value *out) except -1:
        if op == CONSTANT:
            # == CONSTANT constant ( -- x )
            # A constant of the program.
            pass
        elif op == FIELD:
            # == FIELD access ( -- x )
            # A field of the current event: the access names the slot for each event type. Missing for any other type.
            pass
        elif op == THIS_FIELD:
            # == THIS_FIELD access ( -- x )
            # A field of the anchor event (for a deadline: of the event that set it). Missing where there is none.
            pass
        elif op == MOMENT:
            # == MOMENT ( -- time )
            # The moment looked at.
            pass
        elif op == AGGREGATE:
            # == AGGREGATE aggregate ( -- x )
            # What the frame says of an aggregate of the plan.
            pass
        elif op == PATTERN:
            # == PATTERN pattern ( -- boolean )
            # What the frame says of a pattern of the plan.
            pass
        elif op == MEMO_GET:
            # == MEMO_GET memo jump ( -- x ) jumps
            # If the memo was set for this same anchor event, leave its value and jump; else go on, leaving nothing.
            pass
        elif op == MEMO_SET:
            # == MEMO_SET memo ( x -- x )
            # Remember the value for this anchor event. Only for what reads nothing but the anchor event.
            pass
        elif op == RETURN:
            # == RETURN ( x -- ) ends
            # The end: the one value left is the expression's.
            pass
        elif op == JUMP_FALSE:
            # == JUMP_FALSE jump ( a -- a ) jumps
            # Go to the target if a is false; it stays on the stack either way.
            pass
        elif op == JUMP_TRUE:
            # == JUMP_TRUE jump ( a -- a ) jumps
            # Go to the target if a is true; it stays on the stack either way.
            pass
        elif op == JUMP_PRESENT:
            # == JUMP_PRESENT jump ( x -- x ) jumps
            # Go to the target if x is present; it stays on the stack either way.
            pass
        elif op == AND:
            # == AND ( a b -- boolean )
            # Three-valued: false if either is false, else unknown if either is unknown, else true.
            pass
        elif op == OR:
            # == OR ( a b -- boolean )
            # Three-valued: true if either is true, else unknown if either is unknown, else false.
            pass
        elif op == NOT:
            # == NOT ( a -- boolean )
            # Unknown stays unknown.
            pass
        elif op == OR_ELSE:
            # == OR_ELSE ( x y -- x|y )
            # x if it is present, else y.
            pass
        elif op == IS_PRESENT:
            # == IS_PRESENT ( x -- boolean )
            # Never unknown.
            pass
        elif op == IS_MISSING:
            # == IS_MISSING ( x -- boolean )
            # Never unknown.
            pass
        elif op == EQUAL_INTEGER:
            # == EQUAL_INTEGER ( a b -- boolean )
            # a == b
            pass
        elif op == UNEQUAL_INTEGER:
            # == UNEQUAL_INTEGER ( a b -- boolean )
            # a != b
            pass
        elif op == LESS_INTEGER:
            # == LESS_INTEGER ( a b -- boolean )
            # a < b
            pass
        elif op == LESS_EQUAL_INTEGER:
            # == LESS_EQUAL_INTEGER ( a b -- boolean )
            # a <= b
            pass
        elif op == GREATER_INTEGER:
            # == GREATER_INTEGER ( a b -- boolean )
            # a > b
            pass
        elif op == GREATER_EQUAL_INTEGER:
            # == GREATER_EQUAL_INTEGER ( a b -- boolean )
            # a >= b
            pass
        elif op == EQUAL_NUMBER:
            # == EQUAL_NUMBER ( a b -- boolean )
            # a == b
            pass
        elif op == UNEQUAL_NUMBER:
            # == UNEQUAL_NUMBER ( a b -- boolean )
            # a != b
            pass
        elif op == LESS_NUMBER:
            # == LESS_NUMBER ( a b -- boolean )
            # a < b
            pass
        elif op == LESS_EQUAL_NUMBER:
            # == LESS_EQUAL_NUMBER ( a b -- boolean )
            # a <= b
            pass
        elif op == GREATER_NUMBER:
            # == GREATER_NUMBER ( a b -- boolean )
            # a > b
            pass
        elif op == GREATER_EQUAL_NUMBER:
            # == GREATER_EQUAL_NUMBER ( a b -- boolean )
            # a >= b
            pass
        elif op == EQUAL_TEXT:
            # == EQUAL_TEXT ( a b -- boolean )
            # a == b, by code points; keys are texts.
            pass
        elif op == UNEQUAL_TEXT:
            # == UNEQUAL_TEXT ( a b -- boolean )
            # a != b
            pass
        elif op == LESS_TEXT:
            # == LESS_TEXT ( a b -- boolean )
            # a < b
            pass
        elif op == LESS_EQUAL_TEXT:
            # == LESS_EQUAL_TEXT ( a b -- boolean )
            # a <= b
            pass
        elif op == GREATER_TEXT:
            # == GREATER_TEXT ( a b -- boolean )
            # a > b
            pass
        elif op == GREATER_EQUAL_TEXT:
            # == GREATER_EQUAL_TEXT ( a b -- boolean )
            # a >= b
            pass
        elif op == BETWEEN_INTEGER:
            # == BETWEEN_INTEGER ( x low high -- boolean )
            # low <= x and x <= high, three-valued: false if either half is false.
            pass
        elif op == BETWEEN_NUMBER:
            # == BETWEEN_NUMBER ( x low high -- boolean )
            # low <= x and x <= high, three-valued.
            pass
        elif op == BETWEEN_TEXT:
            # == BETWEEN_TEXT ( x low high -- boolean )
            # low <= x and x <= high, three-valued.
            pass
        elif op == IN_SET:
            # == IN_SET set ( x -- boolean )
            # Whether x is in a set of constants of the program, all of x's kind.
            pass
        elif op == ADD_INTEGER:
            # == ADD_INTEGER kind ( a b -- x )
            # a + b as a value of the kind: integer, time (of a time and a duration) or duration.
            pass
        elif op == SUBTRACT_INTEGER:
            # == SUBTRACT_INTEGER kind ( a b -- x )
            # a - b as a value of the kind: integer, duration (of two times, of two durations) or time.
            pass
        elif op == MULTIPLY_INTEGER:
            # == MULTIPLY_INTEGER ( a b -- integer )
            # a * b
            pass
        elif op == MODULO_INTEGER:
            # == MODULO_INTEGER kind ( a b -- x )
            # What is left of a divided by b, with a's sign: integers or durations.
            pass
        elif op == NEGATE_INTEGER:
            # == NEGATE_INTEGER kind ( a -- x )
            # -a
            pass
        elif op == SUBTRACT_DATE:
            # == SUBTRACT_DATE ( a b -- duration )
            # From date b to date a, a day being 24 hours.
            pass
        elif op == ADD_NUMBER:
            # == ADD_NUMBER ( a b -- number )
            # a + b
            pass
        elif op == SUBTRACT_NUMBER:
            # == SUBTRACT_NUMBER ( a b -- number )
            # a - b
            pass
        elif op == MULTIPLY_NUMBER:
            # == MULTIPLY_NUMBER ( a b -- number )
            # a * b
            pass
        elif op == DIVIDE_NUMBER:
            # == DIVIDE_NUMBER ( a b -- number )
            # a / b
            pass
        elif op == MODULO_NUMBER:
            # == MODULO_NUMBER ( a b -- number )
            # What is left of a divided by b, with a's sign.
            pass
        elif op == NEGATE_NUMBER:
            # == NEGATE_NUMBER ( a -- number )
            # -a
            pass
        elif op == TO_NUMBER:
            # == TO_NUMBER ( integer -- number )
            # The nearest number. Integers meeting a number, or divided by one another, pass through this first.
            pass
        elif op == MULTIPLY_DURATION:
            # == MULTIPLY_DURATION ( duration number -- duration )
            # The product, rounded to the microsecond, half away from zero.
            pass
        elif op == DIVIDE_DURATION:
            # == DIVIDE_DURATION ( duration number -- duration )
            # The quotient, rounded to the microsecond, half away from zero.
            pass
        elif op == RATIO_DURATION:
            # == RATIO_DURATION ( duration duration -- number )
            # How often the second goes into the first: `hours(d)` is d divided by one hour.
            pass
        elif op == ABSOLUTE_INTEGER:
            # == ABSOLUTE_INTEGER kind ( a -- x )
            # The size of an integer or a duration.
            pass
        elif op == ABSOLUTE_NUMBER:
            # == ABSOLUTE_NUMBER ( a -- number )
            # The size of a number.
            pass
        elif op == ROUND:
            # == ROUND ( number -- number )
            # To the nearest whole number, half away from zero. (`round`, `floor`, `ceil` of an integer are the integer: no instruction.)
            pass
        elif op == FLOOR:
            # == FLOOR ( number -- number )
            # The nearest whole number that is not above.
            pass
        elif op == CEILING:
            # == CEILING ( number -- number )
            # The nearest whole number that is not below.
            pass
        elif op == LEAST_INTEGER:
            # == LEAST_INTEGER ( a b -- x )
            # The lesser of two integers, times, durations or dates; missing if either is.
            pass
        elif op == GREATEST_INTEGER:
            # == GREATEST_INTEGER ( a b -- x )
            # The greater of two integers, times, durations or dates; missing if either is.
            pass
        elif op == LEAST_NUMBER:
            # == LEAST_NUMBER ( a b -- number )
            # The lesser of two numbers; missing if either is.
            pass
        elif op == GREATEST_NUMBER:
            # == GREATEST_NUMBER ( a b -- number )
            # The greater of two numbers; missing if either is.
            pass
        elif op == LEAST_TEXT:
            # == LEAST_TEXT ( a b -- text )
            # The first of two texts by code points; missing if either is.
            pass
        elif op == GREATEST_TEXT:
            # == GREATEST_TEXT ( a b -- text )
            # The last of two texts by code points; missing if either is.
            pass
        elif op == LIKE:
            # == LIKE glob ( text -- boolean )
            # Whether the whole text fits a glob of the program: `*` any run of characters, `?` any one, all else itself.
            pass
        elif op == MATCHES:
            # == MATCHES regex ( text -- boolean )
            # Whether a regular expression (RE2) of the program is found anywhere in the text.
            pass
        elif op == STARTS_WITH:
            # == STARTS_WITH ( text part -- boolean )
            # Whether the text begins with the part.
            pass
        elif op == ENDS_WITH:
            # == ENDS_WITH ( text part -- boolean )
            # Whether the text ends with the part.
            pass
        elif op == CONTAINS:
            # == CONTAINS ( text part -- boolean )
            # Whether the part is found anywhere in the text.
            pass
        elif op == LENGTH:
            # == LENGTH ( text -- integer )
            # The number of its code points.
            pass
        elif op == LOWER:
            # == LOWER ( text -- text )
            # In small letters, by Unicode's full case mapping.
            pass
        elif op == UPPER:
            # == UPPER ( text -- text )
            # In capital letters, by Unicode's full case mapping.
            pass
        elif op == TRIM:
            # == TRIM ( text -- text )
            # Without white space at its ends.
            pass
        elif op == NORMALISE:
            # == NORMALISE entity ( text -- text )
            # The text as a key of the entity; missing where nothing remains. Entity -1: as a key of one that is not lookalike (`canonical`).
            pass
        elif op == DAY:
            # == DAY ( time -- date )
            # The local day that contains the time.
            pass
        elif op == HOUR:
            # == HOUR ( time -- integer )
            # The hour on the local clock, 0 to 23.
            pass
        elif op == MINUTE:
            # == MINUTE ( time -- integer )
            # The minute on the local clock, 0 to 59.
            pass
        elif op == WEEKDAY:
            # == WEEKDAY ( time|date -- integer )
            # 1 is Monday, 7 is Sunday, on the local calendar; so for the next three.
            pass
        elif op == DAY_OF_MONTH:
            # == DAY_OF_MONTH ( time|date -- integer )
            # 1 to 31.
            pass
        elif op == MONTH:
            # == MONTH ( time|date -- integer )
            # 1 to 12.
            pass
        elif op == YEAR:
            # == YEAR ( time|date -- integer )
            # The year, such as 2026.
            pass
        elif op == DURING:
            # == DURING calendar ( time -- boolean )
            # Whether the calendar is open then. (`outside` is followed by NOT.)
            pass
        elif op == LOOK_UP:
            # == LOOK_UP table ( key... date -- x )
            # The value in the row of the table for these keys (as many as it has parameters) on this local day; no such row: missing.
            pass
