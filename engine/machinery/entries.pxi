# Events of an entry of the journal, one behind the other (engine/entries.py): the length of each as u32, little-endian, then its bytes.


def are_objects(list events not None):
    """Whether all of these are JSON, which begins with `{`: no message of the wire does."""
    for event in events:
        if PyBytes_GET_SIZE(<bytes?> event) == 0 or PyBytes_AS_STRING(event)[0] != c"{":
            return False
    return True


def join_events(bytes head not None, list events not None):
    """The head, and then the events."""
    cdef Py_ssize_t n = PyBytes_GET_SIZE(head)
    cdef unsigned int length
    cdef bytes joined
    cdef char *at
    for event in events:
        if PyBytes_GET_SIZE(<bytes?> event) > 0xFFFFFFFF:
            raise ValueError("an event has more bytes than an entry of the journal can say")
        n += 4 + PyBytes_GET_SIZE(event)
    joined = PyBytes_FromStringAndSize(NULL, n)
    at = PyBytes_AS_STRING(joined)
    memcpy(at, PyBytes_AS_STRING(head), PyBytes_GET_SIZE(head))
    at += PyBytes_GET_SIZE(head)
    for event in events:
        length = <unsigned int> PyBytes_GET_SIZE(event)
        memcpy(at, &length, 4)
        memcpy(at + 4, PyBytes_AS_STRING(event), length)
        at += 4 + <Py_ssize_t> length
    return joined


def cut_events(bytes entry not None, Py_ssize_t at):
    """The events of an entry, which begin at this place. Raises ValueError where it ends early."""
    cdef list events = []
    cdef Py_ssize_t n = PyBytes_GET_SIZE(entry)
    cdef unsigned int length
    while at < n:
        if at < 0 or n - at < 4:
            raise ValueError("an entry of the journal ends early")
        memcpy(&length, PyBytes_AS_STRING(entry) + at, 4)
        at += 4
        if length > n - at:
            raise ValueError("an entry of the journal ends early")
        events.append(PyBytes_FromStringAndSize(PyBytes_AS_STRING(entry) + at, length))
        at += length
    return events
