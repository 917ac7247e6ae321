#define _GNU_SOURCE
#include "Descriptors.h"

#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <sys/pidfd.h>
#include <sys/socket.h>
#include <sys/uio.h>

ssize_t demarc_pread_nowait(int fd, void *buffer, size_t count, int64_t offset) {
  struct iovec range = {.iov_base = buffer, .iov_len = count};
  ssize_t got;
  do {
    got = preadv2(fd, &range, 1, offset, RWF_NOWAIT);
  } while (got < 0 && errno == EINTR);
  return got < 0 ? -errno : got;
}

int demarc_peer_credentials(int fd, struct demarc_peer *peer) {
  struct ucred who;
  socklen_t length = sizeof who;
  if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &who, &length) != 0) return -errno;
  peer->process = who.pid;
  peer->user = who.uid;
  peer->group = who.gid;
  length = sizeof peer->groups;
  // ERANGE: more groups than there is room for. None are told then, which can only take rights away.
  if (getsockopt(fd, SOL_SOCKET, SO_PEERGROUPS, peer->groups, &length) != 0) {
    if (errno != ERANGE) return -errno;
    length = 0;
  }
  peer->group_count = length / sizeof peer->groups[0];
  return 0;
}

void demarc_reset_on_close(int fd) {
  struct linger at_once = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
}

void demarc_keep_freed_memory(int bytes) {
  mallopt(M_TRIM_THRESHOLD, bytes);
  mallopt(M_MMAP_THRESHOLD, bytes / 2);
}

int demarc_process_descriptor(int32_t process) { return pidfd_open(process, 0); }

void demarc_widen_pipe(int fd, int bytes) { fcntl(fd, F_SETPIPE_SZ, bytes); }

int demarc_spawn_close_from(posix_spawn_file_actions_t *actions, int first) {
  return posix_spawn_file_actions_addclosefrom_np(actions, first);
}

int demarc_spawn_directory(posix_spawn_file_actions_t *actions, const char *directory) {
  return posix_spawn_file_actions_addchdir_np(actions, directory);
}
