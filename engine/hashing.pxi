# SipHash-2-4 with 128 bits (Aumasson and Bernstein), under a key of this process: nobody can send what collides.
#
# Such hashes never leave the process: what is kept in a store, or said, has a digest that is the same everywhere.


cdef uint64_t[2] KEY
cdef bytes DRAWN = os.urandom(sizeof(KEY))
memcpy(KEY, <const char *> DRAWN, sizeof(KEY))


cdef inline uint64_t rotated(uint64_t x, int bits) noexcept nogil:
    return (x << bits) | (x >> (64 - bits))


cdef inline void sip_rounds(uint64_t *v, int n) noexcept nogil:
    cdef uint64_t a = v[0], b = v[1], c = v[2], d = v[3]
    cdef int i
    for i in range(n):
        a += b
        b = rotated(b, 13) ^ a
        a = rotated(a, 32)
        c += d
        d = rotated(d, 16) ^ c
        a += d
        d = rotated(d, 21) ^ a
        c += b
        b = rotated(b, 17) ^ c
        c = rotated(c, 32)
    v[0] = a
    v[1] = b
    v[2] = c
    v[3] = d


cdef void siphash(const uint64_t *key, const unsigned char *data, Py_ssize_t n, uint64_t *two) noexcept nogil:
    """128 bits over n bytes. `key`: as two numbers, little-endian as all machines are that this is built for."""
    cdef uint64_t[4] v
    cdef uint64_t word
    cdef Py_ssize_t i, whole = n & ~<Py_ssize_t> 7
    v[0] = key[0] ^ 0x736F6D6570736575ULL
    v[1] = key[1] ^ 0x646F72616E646F6DULL ^ 0xEEULL
    v[2] = key[0] ^ 0x6C7967656E657261ULL
    v[3] = key[1] ^ 0x7465646279746573ULL
    for i in range(0, whole, 8):
        memcpy(&word, data + i, 8)
        v[3] ^= word
        sip_rounds(v, 2)
        v[0] ^= word
    word = 0
    memcpy(&word, data + whole, n - whole)
    word |= <uint64_t> (n & 0xFF) << 56
    v[3] ^= word
    sip_rounds(v, 2)
    v[0] ^= word
    v[2] ^= 0xEEULL
    sip_rounds(v, 4)
    two[0] = v[0] ^ v[1] ^ v[2] ^ v[3]
    v[1] ^= 0xDDULL
    sip_rounds(v, 4)
    two[1] = v[0] ^ v[1] ^ v[2] ^ v[3]


cdef inline void keyed_hash(const unsigned char *data, Py_ssize_t n, uint64_t *two) noexcept nogil:
    siphash(KEY, data, n, two)


def sip_hash(bytes key not None, bytes data not None):
    """SipHash-2-4-128 of the data under a key of 16 bytes, as its authors write it: 16 bytes."""
    cdef uint64_t[2] two
    if len(key) != 16:
        raise ValueError("the key has 16 bytes")
    siphash(<const uint64_t *> <const char *> key, <const unsigned char *> <const char *> data, len(data), two)
    return PyBytes_FromStringAndSize(<const char *> two, 16)
