#define _GNU_SOURCE
#include "CTestDisk.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static char recorded[4096], failing[4096];
static bool is_recording, is_failing;
static int failure, spared;
static struct test_disk_event *events;
static size_t count, capacity;

static bool is_below(const char *path, const char *directory) {
  size_t length = strlen(directory);
  return strncmp(path, directory, length) == 0 && (path[length] == '/' || path[length] == 0);
}

static bool name_of(int descriptor, char *path) {
  char link[64];
  snprintf(link, sizeof link, "/proc/self/fd/%d", descriptor);
  ssize_t length = readlink(link, path, 4095);
  if (length < 0) return false;
  path[length] = 0;
  char *deleted = strstr(path, " (deleted)");
  if (deleted) *deleted = 0;
  return true;
}

// True if the call must fail; errno is set then.
static bool fails(const char *path) {
  if (!is_failing || !is_below(path, failing)) return false;
  pthread_mutex_lock(&guard);
  bool now = spared <= 0;
  if (!now) spared--;
  pthread_mutex_unlock(&guard);
  if (now) errno = failure;
  return now;
}

static void record(enum test_disk_operation operation, const char *path, const char *target, int64_t offset,
                   const void *bytes, size_t size) {
  if (!is_recording || !is_below(path, recorded)) return;
  pthread_mutex_lock(&guard);
  if (count == capacity) {
    capacity = capacity ? capacity * 2 : 1024;
    events = realloc(events, capacity * sizeof *events);
  }
  struct test_disk_event *event = &events[count++];
  *event = (struct test_disk_event){operation, strdup(path), target ? strdup(target) : NULL, offset, NULL, size};
  if (bytes) {
    event->bytes = malloc(size ? size : 1);
    memcpy(event->bytes, bytes, size);
  }
  pthread_mutex_unlock(&guard);
}

void test_disk_start(const char *directory) {
  pthread_mutex_lock(&guard);
  for (size_t i = 0; i < count; i++) {
    free(events[i].path);
    free(events[i].target);
    free(events[i].bytes);
  }
  count = 0;
  snprintf(recorded, sizeof recorded, "%s", directory);
  is_recording = true;
  pthread_mutex_unlock(&guard);
}

void test_disk_stop(void) { is_recording = false; }
size_t test_disk_count(void) { return count; }
const struct test_disk_event *test_disk_at(size_t index) { return index < count ? &events[index] : NULL; }

void test_disk_fail(const char *directory, int error, int more) {
  snprintf(failing, sizeof failing, "%s", directory);
  failure = error;
  spared = more;
  is_failing = true;
}

void test_disk_heal(void) { is_failing = false; }

// What the program calls.

static int open_file(const char *path, int flags, mode_t mode) {
  if (is_recording || is_failing) {
    bool is_new = (flags & O_CREAT) && syscall(SYS_faccessat, AT_FDCWD, path, F_OK) != 0;
    if (is_new && fails(path)) return -1;
    int descriptor = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
    if (descriptor >= 0 && is_new) record(TEST_DISK_CREATE, path, NULL, 0, NULL, 0);
    return descriptor;
  }
  return (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
}

int open(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return open_file(path, flags, mode);
}

int open64(const char *path, int flags, ...) {
  va_list arguments;
  va_start(arguments, flags);
  mode_t mode = va_arg(arguments, mode_t);
  va_end(arguments);
  return open_file(path, flags | O_LARGEFILE, mode);
}

static ssize_t write_at(int descriptor, const void *bytes, size_t size, int64_t offset) {
  char path[4096];
  bool is_watched = (is_recording || is_failing) && name_of(descriptor, path);
  if (is_watched && fails(path)) return -1;
  ssize_t written = syscall(SYS_pwrite64, descriptor, bytes, size, offset);
  if (is_watched && written > 0) record(TEST_DISK_WRITE, path, NULL, offset, bytes, (size_t)written);
  return written;
}

ssize_t pwrite(int descriptor, const void *bytes, size_t size, off_t offset) {
  return write_at(descriptor, bytes, size, offset);
}
ssize_t pwrite64(int descriptor, const void *bytes, size_t size, off64_t offset) {
  return write_at(descriptor, bytes, size, offset);
}

static int sync_file(int descriptor, long call) {
  char path[4096];
  bool is_watched = (is_recording || is_failing) && name_of(descriptor, path);
  if (is_watched && fails(path)) return -1;
  int result = (int)syscall(call, descriptor);
  if (is_watched && result == 0) {
    struct stat facts;
    bool is_directory = fstat(descriptor, &facts) == 0 && S_ISDIR(facts.st_mode);
    record(is_directory ? TEST_DISK_SYNC_DIRECTORY : TEST_DISK_SYNC, path, NULL, 0, NULL, 0);
  }
  return result;
}

int fsync(int descriptor) { return sync_file(descriptor, SYS_fsync); }
int fdatasync(int descriptor) { return sync_file(descriptor, SYS_fdatasync); }

static int cut(int descriptor, int64_t length) {
  char path[4096];
  bool is_watched = (is_recording || is_failing) && name_of(descriptor, path);
  int result = (int)syscall(SYS_ftruncate, descriptor, length);
  if (is_watched && result == 0) record(TEST_DISK_TRUNCATE, path, NULL, 0, NULL, (size_t)length);
  return result;
}

int ftruncate(int descriptor, off_t length) { return cut(descriptor, length); }
int ftruncate64(int descriptor, off64_t length) { return cut(descriptor, length); }

int rename(const char *from, const char *to) {
  if (fails(from)) return -1;
  int result = (int)syscall(SYS_rename, from, to);
  if (result == 0) record(TEST_DISK_RENAME, from, to, 0, NULL, 0);
  return result;
}

int unlink(const char *path) {
  int result = (int)syscall(SYS_unlink, path);
  if (result == 0) record(TEST_DISK_UNLINK, path, NULL, 0, NULL, 0);
  return result;
}

int mkdir(const char *path, mode_t mode) {
  if (fails(path)) return -1;
  int result = (int)syscall(SYS_mkdir, path, mode);
  if (result == 0) record(TEST_DISK_MAKE_DIRECTORY, path, NULL, 0, NULL, 0);
  return result;
}
