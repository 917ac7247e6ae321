#define _GNU_SOURCE
#include "Disk.h"

#include <fcntl.h>

void demarc_start_writing(int descriptor, int64_t offset, int64_t count) {
  sync_file_range(descriptor, offset, count, SYNC_FILE_RANGE_WRITE);
}

void demarc_forget(int descriptor, int64_t offset, int64_t count) {
  posix_fadvise(descriptor, offset, count, POSIX_FADV_DONTNEED);
}

int demarc_open_direct(const char *path) { return open(path, O_WRONLY | O_DIRECT | O_CLOEXEC | O_NOFOLLOW); }
