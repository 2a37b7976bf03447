"""Texts and JSON, as the compiled modules write them into a `Writer`. What puts something gives True, but for `put_json`: see there."""

from engine.values cimport Writer

cpdef str time_text(object time_us)
cpdef str identity_at(str rule, object key, long long moment, str source, str id)
cdef bint put_ascii(Writer out, bytes plain) except -1
cdef bint put_whole(Writer out, long long number) except -1
cdef bint put_time(Writer out, long long time_us) except -1      # `time_text`, in quotes
cdef bint put_quoted(Writer out, str text) except -1
cdef bint put_json(Writer out, object value, int depth) except -1
