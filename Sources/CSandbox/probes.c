// Escapes that a native attacker would try after breaking out of Lua. `demarc-sandbox --probe N` raises the
// walls and makes one of them; every one must end the process with SIGSYS. The arguments are harmless where a
// wall should be missing.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CSandbox.h"

static const struct {
  const char *name;
  long number;
  long arguments[6];
} probes[] = {
#ifdef SYS_open
  {"open", SYS_open, {(long)"/etc/passwd", O_RDONLY}},
  {"creat", SYS_creat, {(long)"/tmp/demarc-probe", 0600}},
  {"stat", SYS_stat, {(long)"/", 0}},
  {"access", SYS_access, {(long)"/", 0}},
  {"fork", SYS_fork, {0}},
  {"unlink", SYS_unlink, {(long)"/tmp/demarc-no-such-file"}},
  {"rename", SYS_rename, {(long)"/tmp/demarc-no-such-file", (long)"/tmp/demarc-no-such-other"}},
  {"symlink", SYS_symlink, {(long)"/etc", (long)"/proc/demarc-probe"}},
  {"dup2", SYS_dup2, {0, 7}},
  {"pipe", SYS_pipe, {0}},
  {"poll", SYS_poll, {0, 0, 0}},
  {"time", SYS_time, {0}},
#endif
  {"openat", SYS_openat, {AT_FDCWD, (long)"/etc/passwd", O_RDONLY}},
  {"openat2", 437, {AT_FDCWD, (long)"/etc/passwd", 0, 0}},
  {"getdents", SYS_getdents64, {0, 0, 0}},
  {"mkdirat", SYS_mkdirat, {AT_FDCWD, (long)"/proc/demarc-probe", 0700}},
  {"socket", SYS_socket, {AF_INET, SOCK_STREAM, 0}},
  {"socket unix", SYS_socket, {AF_UNIX, SOCK_STREAM, 0}},
  {"socketpair", SYS_socketpair, {AF_UNIX, SOCK_STREAM, 0, 0}},
  {"sendmsg", SYS_sendmsg, {1, 0, 0}},
  {"sendto", SYS_sendto, {1, 0, 0, 0, 0, 0}},
  {"recvmsg", SYS_recvmsg, {0, 0, 0}},
  {"clone", SYS_clone, {SIGCHLD, 0, 0, 0, 0}},
  {"clone3", SYS_clone3, {0, 0}},
  {"execve", SYS_execve, {(long)"/bin/true", 0, 0}},
  {"execveat", SYS_execveat, {AT_FDCWD, (long)"/bin/true", 0, 0, 0}},
  {"kill parent", SYS_kill, {0, 0}},
  {"tgkill", SYS_tgkill, {1, 1, 0}},
  {"ptrace", SYS_ptrace, {0, 0, 0, 0}},
  {"process_vm_readv", SYS_process_vm_readv, {1, 0, 0, 0, 0, 0}},
  {"pidfd_open", SYS_pidfd_open, {1, 0}},
  {"mmap executable", SYS_mmap, {0, 4096, PROT_READ | PROT_EXEC, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0}},
  {"mmap shared", SYS_mmap, {0, 4096, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0}},
  {"mmap file", SYS_mmap, {0, 4096, PROT_READ, MAP_PRIVATE, 0, 0}},
  {"mprotect", SYS_mprotect, {0, 0, PROT_EXEC}},
  {"memfd_create", SYS_memfd_create, {(long)"probe", 0}},
  {"shmget", SYS_shmget, {0, 4096, 0600}},
  {"io_uring_setup", SYS_io_uring_setup, {1, 0}},
  {"bpf", SYS_bpf, {0, 0, 0}},
  {"perf_event_open", SYS_perf_event_open, {0, 0, -1, -1, 0}},
  {"userfaultfd", 323, {0}},
  {"keyctl", SYS_keyctl, {0, 0, 0, 0, 0}},
  {"mount", SYS_mount, {0, (long)"/proc", 0, 0, 0}},
  {"chroot", SYS_chroot, {(long)"/"}},
  {"setns", SYS_setns, {0, 0}},
  {"unshare", SYS_unshare, {CLONE_NEWUSER}},
  {"setuid", SYS_setuid, {0}},
  {"prctl", SYS_prctl, {PR_SET_DUMPABLE, 1, 0, 0, 0}},
  {"seccomp", SYS_seccomp, {0, 0, 0}},
  {"setrlimit", SYS_prlimit64, {0, 9, 0, 0}},
  {"ioctl", SYS_ioctl, {0, 0x5412, 0}},
  {"fcntl", SYS_fcntl, {0, F_GETFL, 0}},
  {"read elsewhere", SYS_read, {5, 0, 0}},
  {"write elsewhere", SYS_write, {5, 0, 0}},
  {"writev", SYS_writev, {1, 0, 0}},
  {"timer_create", SYS_timer_create, {0, 0, 0}},
  {"setitimer", SYS_setitimer, {2, 0, 0}},
  {"rt_sigaction", SYS_rt_sigaction, {SIGPROF, 0, 0, 8}},
  {"rt_sigprocmask", SYS_rt_sigprocmask, {0, 0, 0, 8}},
  {"nanosleep", SYS_nanosleep, {0, 0}},
  {"getrandom", SYS_getrandom, {0, 0, 0}},
  {"uname", SYS_uname, {0}},
  {"getpid", SYS_getpid, {0}},
#if defined(__x86_64__)
  {"x32 getpid", 0x40000000 | SYS_getpid, {0}},
  {"i386 getpid", -1, {0}},
#endif
};

enum { COUNT = sizeof probes / sizeof *probes };

const char *sandbox_probe_name(int probe) { return probe >= 0 && probe < COUNT ? probes[probe].name : NULL; }

int sandbox_probe(int probe) {
  if (probe < 0 || probe >= COUNT) return -1;
  const long *a = probes[probe].arguments;
#if defined(__x86_64__)
  if (probes[probe].number == -1) {
    long result;
    __asm__ volatile("int $0x80" : "=a"(result) : "a"(20L) : "memory", "r8", "r9", "r10", "r11");
    return result < 0 ? (int)-result : 0;
  }
#endif
  return syscall(probes[probe].number, a[0], a[1], a[2], a[3], a[4], a[5]) < 0 ? errno : 0;
}
