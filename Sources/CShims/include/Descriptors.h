#pragma once

#include <spawn.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Reads a range of a file only if that needs no disk: the bytes read, 0 at the end of the file, or a negated errno
/// (-EAGAIN when the pages are cold, -EOPNOTSUPP where the file system cannot tell). For the loop's thread, which
/// must not wait for a disk.
ssize_t demarc_pread_nowait(int fd, void *buffer, size_t count, int64_t offset);

/// Who is at the other end of a connected Unix socket, as the kernel recorded it when it connected.
struct demarc_peer {
  int32_t process;
  uint32_t user;
  uint32_t group;
  /// How many entries of `groups` are filled in; the supplementary groups, beyond 256 they are not told.
  uint32_t group_count;
  uint32_t groups[256];
};

/// Fills in `peer` (SO_PEERCRED and SO_PEERGROUPS); 0, or a negated errno.
int demarc_peer_credentials(int fd, struct demarc_peer *peer);

/// Makes the next close of a TCP socket a reset: RST on the wire, unsent bytes in the kernel dropped.
void demarc_reset_on_close(int fd);

/// Lets the allocator keep up to `bytes` that were freed, instead of returning them to the kernel at once, and take
/// blocks up to half of that from what it keeps. Buffers of 64 to 256 KiB come and go with every read: by default each
/// costs a system call and its page faults, more than decrypting its content does.
void demarc_keep_freed_memory(int bytes);

/// A descriptor that becomes readable when the process ends (pidfd_open); negative with errno set when there is none.
int demarc_process_descriptor(int32_t process);

/// Asks for room for `bytes` in a pipe; the kernel may refuse, and then it stays as it is.
void demarc_widen_pipe(int fd, int bytes);

/// GNU's extensions to posix_spawn, which Swift does not see: a child without the descriptors from `first` on, and in
/// `directory`. 0, or an errno.
int demarc_spawn_close_from(posix_spawn_file_actions_t *actions, int first);
int demarc_spawn_directory(posix_spawn_file_actions_t *actions, const char *directory);
