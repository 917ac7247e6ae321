#pragma once

#include <stddef.h>
#include <stdint.h>

// The calls by which this process changes files, seen from inside: this target defines pwrite, fsync, rename and their
// like for the whole test process, so that the program's own writes and SQLite's go through one place. It passes them on
// to the kernel; between start and stop it also remembers those below one directory, and lets them fail on request.

enum test_disk_operation {
  TEST_DISK_CREATE = 1,
  TEST_DISK_WRITE = 2,
  TEST_DISK_TRUNCATE = 3,
  TEST_DISK_SYNC = 4,
  TEST_DISK_SYNC_DIRECTORY = 5,
  TEST_DISK_RENAME = 6,
  TEST_DISK_UNLINK = 7,
  TEST_DISK_MAKE_DIRECTORY = 8
};

struct test_disk_event {
  enum test_disk_operation operation;
  char *path;
  char *target;  // of a rename
  int64_t offset;
  uint8_t *bytes;
  size_t count;  // of bytes; the length for a truncation
};

/// Remembers what is done below `directory` from now on.
void test_disk_start(const char *directory);
/// Ends that; the events stay until the next start.
void test_disk_stop(void);
size_t test_disk_count(void);
const struct test_disk_event *test_disk_at(size_t index);

/// Lets every write, truncation, creation and sync below `directory` fail with `error` after `spared` more of them.
void test_disk_fail(const char *directory, int error, int spared);
/// Ends that.
void test_disk_heal(void);
