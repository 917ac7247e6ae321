// The archive of liblua that this program was linked with, so that its digest can be part of the engine's id.
#include "internal.h"

#if defined(__x86_64__)
#define ARCHIVE "/usr/lib/x86_64-linux-gnu/liblua5.4.a"
#else
#define ARCHIVE "/usr/lib/aarch64-linux-gnu/liblua5.4.a"
#endif

__asm__(
  ".section .rodata\n"
  ".balign 16\n"
  "sandbox_archive_start:\n"
  ".incbin \"" ARCHIVE "\"\n"
  "sandbox_archive_end:\n"
  ".byte 0\n"
  ".text\n");
extern const uint8_t sandbox_archive_start[], sandbox_archive_end[];

const uint8_t *sandbox_lua_archive(size_t *count) {
  *count = (size_t)(sandbox_archive_end - sandbox_archive_start);
  return sandbox_archive_start;
}
