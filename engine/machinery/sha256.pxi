# SHA-256 by the instructions that most processors have for it, and by `hashlib` on those that have none. An id is a hash of about a hundred
# bytes; of what `hashlib` takes for one, five sixths are for making an object that could take more.

cdef extern from *:
    """
    #if defined(__x86_64__) && defined(__GNUC__)
    #include <cpuid.h>
    #include <immintrin.h>

    static int rl_has_sha256(void)
    {
        unsigned int a, b, c, d;
        if (!__get_cpuid(1, &a, &b, &c, &d) || !(c & bit_SSSE3) || !(c & bit_SSE4_1)) return 0;
        return __get_cpuid_count(7, 0, &a, &b, &c, &d) && (b >> 29 & 1);
    }

    static const uint32_t rl_sha256_rounds[64] = {
        0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5,
        0xd807aa98, 0x12835b01, 0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174,
        0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc, 0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da,
        0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147, 0x06ca6351, 0x14292967,
        0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
        0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070,
        0x19a4c116, 0x1e376c08, 0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3,
        0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208, 0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2,
    };

    /* `abef` and `cdgh` hold the state as the instructions want it. */
    __attribute__((target("sha,sse4.1,ssse3")))
    static void rl_sha256_block(__m128i *abef, __m128i *cdgh, const unsigned char *block)
    {
        const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0bLL, 0x0405060700010203LL);
        const __m128i abef_before = *abef, cdgh_before = *cdgh;
        __m128i w[4], four;
        int i;
        for (i = 0; i < 4; i++) w[i] = _mm_shuffle_epi8(_mm_loadu_si128((const __m128i *) (block + 16 * i)), swap);
        #pragma GCC unroll 16
        for (i = 0; i < 16; i++) {
            if (i >= 4) {
                four = _mm_add_epi32(_mm_sha256msg1_epu32(w[i & 3], w[(i + 1) & 3]), _mm_alignr_epi8(w[(i + 3) & 3], w[(i + 2) & 3], 4));
                w[i & 3] = _mm_sha256msg2_epu32(four, w[(i + 3) & 3]);
            }
            four = _mm_add_epi32(w[i & 3], _mm_loadu_si128((const __m128i *) (rl_sha256_rounds + 4 * i)));
            *cdgh = _mm_sha256rnds2_epu32(*cdgh, *abef, four);
            *abef = _mm_sha256rnds2_epu32(*abef, *cdgh, _mm_shuffle_epi32(four, 0x0E));
        }
        *abef = _mm_add_epi32(*abef, abef_before);
        *cdgh = _mm_add_epi32(*cdgh, cdgh_before);
    }

    /* The first half of the hash. */
    __attribute__((target("sha,sse4.1,ssse3")))
    static void rl_sha256_half(const unsigned char *x, size_t n, unsigned char *half)
    {
        __m128i abef = _mm_set_epi32(0x6a09e667, 0xbb67ae85, 0x510e527f, 0x9b05688c);
        __m128i cdgh = _mm_set_epi32(0x3c6ef372, 0xa54ff53a, 0x1f83d9ab, 0x5be0cd19);
        unsigned char tail[128] = {0};
        uint64_t bits = (uint64_t) n << 3;
        uint32_t words[8];
        size_t left, i;
        for (; n >= 64; n -= 64, x += 64) rl_sha256_block(&abef, &cdgh, x);
        memcpy(tail, x, n);
        tail[n] = 0x80;
        left = n < 56 ? 64 : 128;
        for (i = 0; i < 8; i++) tail[left - 1 - i] = (unsigned char) (bits >> 8 * i);
        for (i = 0; i < left; i += 64) rl_sha256_block(&abef, &cdgh, tail + i);
        _mm_storeu_si128((__m128i *) words, abef);
        _mm_storeu_si128((__m128i *) (words + 4), cdgh);
        for (i = 0; i < 4; i++) {
            uint32_t word = words[(i < 2 ? 3 : 9) - i];
            half[4 * i] = word >> 24;
            half[4 * i + 1] = word >> 16;
            half[4 * i + 2] = word >> 8;
            half[4 * i + 3] = word;
        }
    }
    #else
    static int rl_has_sha256(void) { return 0; }
    static void rl_sha256_half(const unsigned char *x, size_t n, unsigned char *half) {}
    #endif
    """
    bint has_sha256 "rl_has_sha256"() noexcept
    void sha256_half "rl_sha256_half"(const unsigned char *x, size_t n, unsigned char *half) noexcept

cdef bint AT_HAND = has_sha256()
cdef const char *HEX = b"0123456789abcdef"


cdef str half_hex(const unsigned char *x, Py_ssize_t n):
    """The first 32 hex digits of SHA-256 over so many bytes."""
    cdef unsigned char[16] half
    cdef char[32] digits
    cdef int i
    if not AT_HAND:
        return SHA256(PyBytes_FromStringAndSize(<const char *> x, n)).hexdigest()[:32]
    sha256_half(x, n, half)
    for i in range(16):
        digits[2 * i] = HEX[half[i] >> 4]
        digits[2 * i + 1] = HEX[half[i] & 15]
    return PyUnicode_DecodeASCII(digits, 32, NULL)
