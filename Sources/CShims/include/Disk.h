#pragma once

#include <stdint.h>

/// Asks the kernel to begin writing a range of a file, without waiting: sync_file_range, which the C library hides from
/// code that does not ask for GNU extensions. Promises nothing about durability.
void demarc_start_writing(int descriptor, int64_t offset, int64_t count);

/// Lets the page cache drop a range of a file. Pages that are not on the disk yet stay.
void demarc_forget(int descriptor, int64_t offset, int64_t count);

/// Opens a file that is there for writing past the page cache (O_DIRECT, which the C library hides likewise); negative
/// where its file system cannot do that.
int demarc_open_direct(const char *path);
