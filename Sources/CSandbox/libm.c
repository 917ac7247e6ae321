// The mathematics that scripts see.
//
// glibc's double functions choose between code with and without fused multiply-add by CPU, and the results
// differ in the last bit. Its 128-bit functions are software throughout: computed there and rounded once, a
// result is the same on every CPU (and right in all but one case in 2^50). 0.9 to 2.8 microseconds a call.
// sqrt, floor, ceil, fmod, frexp and ldexp are exact by definition and stay glibc's.
//
// Lua's archive binds to these symbols because this object precedes it at link time.
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "internal.h"

#if defined(__x86_64__)
typedef __float128 quad;
#else
typedef long double quad;
#endif

#define QUAD1(name)             \
  extern quad name##f128(quad); \
  double name(double x) { return (double)name##f128((quad)x); }
#define QUAD2(name)                   \
  extern quad name##f128(quad, quad); \
  double name(double x, double y) { return (double)name##f128((quad)x, (quad)y); }

QUAD1(exp)
QUAD1(log)
QUAD1(log2)
QUAD1(log10)
QUAD1(sin)
QUAD1(cos)
QUAD1(tan)
QUAD1(asin)
QUAD1(acos)
QUAD1(sinh)
QUAD1(cosh)
QUAD1(tanh)
QUAD2(atan2)
QUAD2(pow)

// Lua draws seeds and pivots from the clock; here there is none, and no system call for one.
time_t time(time_t *out) {
  if (out) *out = 0;
  return 0;
}
clock_t clock(void) { return 0; }

// Collation by bytes whatever the locale.
int strcoll(const char *a, const char *b) { return strcmp(a, b); }

// The sign of a NaN depends on the CPU, so numbers are printed without it. Lua's archive was compiled with
// checked string functions and prints every number through this one.
int __snprintf_chk(char *out, size_t room, int flag, size_t object, const char *format, ...) {
  (void)flag;
  if (room > object) abort();
  va_list arguments;
  va_start(arguments, format);
  size_t n = strlen(format);
  int written;
  if (n > 1 && strchr("aAeEfFgG", format[n - 1]) && strchr(format + 1, '%') == NULL) {
    double value = va_arg(arguments, double);
    if (value != value) value = __builtin_nan("");
#pragma clang diagnostic push
#pragma clang diagnostic ignored "-Wformat-nonliteral"
    written = snprintf(out, room, format, value);
#pragma clang diagnostic pop
  } else {
    written = vsnprintf(out, room, format, arguments);
  }
  va_end(arguments);
  return written;
}
