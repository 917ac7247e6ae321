// The walls around the worker, raised before it reads a byte that anybody else wrote (the script itself is read,
// but not looked at, before).
//
// Each layer is independent: without user namespaces or Landlock the worker runs and says so; without seccomp it
// refuses to start. The filter is written out as a BPF program: ten system calls with checked arguments.
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <sched.h>
#include <signal.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "CSandbox.h"

#define NOBODY 65534

#if defined(__x86_64__)
#define ARCHITECTURE AUDIT_ARCH_X86_64
#elif defined(__aarch64__)
#define ARCHITECTURE AUDIT_ARCH_AARCH64
#else
#error "the system call filter knows x86-64 and arm64 only"
#endif

static int drop_root(void) {
  if (geteuid() != 0 && getuid() != 0) return 1;
  if (setgroups(0, NULL) != 0 || setresgid(NOBODY, NOBODY, NOBODY) != 0 || setresuid(NOBODY, NOBODY, NOBODY) != 0) return 0;
  return getuid() == NOBODY && geteuid() == NOBODY;
}

static int leave_namespaces(void) {
  int others = CLONE_NEWNET | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;
  if (unshare(CLONE_NEWUSER | others) == 0) return 1;
  return 0;
}

static int close_others(void) {
#ifdef SYS_close_range
  if (syscall(SYS_close_range, 3u, ~0u, 0u) == 0) return 1;
#endif
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  for (rlim_t fd = 3; fd < limit.rlim_cur && fd < 65536; fd++) close((int)fd);
  return 1;
}

// Landlock, by number: the header of Debian 12 is older than the kernels it may run on.
static int forbid_files(void) {
  struct {
    uint64_t files, network, scopes;
  } rules = {0, 0, 0};
  long abi = syscall(444, NULL, 0, 1u);  // landlock_create_ruleset, LANDLOCK_CREATE_RULESET_VERSION
  if (abi < 1) return 0;
  rules.files = (1u << 13) - 1;
  if (abi >= 2) rules.files |= 1u << 13;  // refer
  if (abi >= 3) rules.files |= 1u << 14;  // truncate
  if (abi >= 5) rules.files |= 1u << 15;  // ioctl on devices
  if (abi >= 4) rules.network = 3;        // bind and connect TCP
  if (abi >= 6) rules.scopes = 3;         // abstract sockets, signals
  size_t size = abi >= 6 ? 24 : abi >= 4 ? 16 : 8;
  long fd = syscall(444, &rules, size, 0u);
  if (fd < 0) return 0;
  long done = syscall(446, (int)fd, 0u);  // landlock_restrict_self
  close((int)fd);
  return done == 0;
}

static int set_limit(int which, rlim_t value) {
  struct rlimit limit = {value, value}, now;
  if (getrlimit(which, &now) == 0 && now.rlim_max < value) limit.rlim_cur = limit.rlim_max = now.rlim_max;
  return setrlimit(which, &limit) == 0;
}

static int set_limits(size_t address_space) {
  int done = set_limit(RLIMIT_FSIZE, 0) & set_limit(RLIMIT_NOFILE, 3) & set_limit(RLIMIT_NPROC, 0) &
             set_limit(RLIMIT_CORE, 0) & set_limit(RLIMIT_MEMLOCK, 0) & set_limit(RLIMIT_MSGQUEUE, 0) &
             set_limit(RLIMIT_CPU, 86400);
  if (address_space != 0) done &= set_limit(RLIMIT_AS, address_space);
  return done;
}

static int renounce_privileges(void) {
  // Dies with its host, also while a script spins. After the change of uid, which would clear it.
  prctl(PR_SET_PDEATHSIG, SIGKILL, 0, 0, 0);
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 && prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) == 0;
}

#define LOAD(field) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, field))
// Arguments are 64 bits wide; BPF loads 32. Both Debian architectures are little-endian.
#define LOAD_LOW(n) BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args) + 8 * (n))
#define EQUAL(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, (value), (yes), (no))
#define ANY_BIT(value, yes, no) BPF_JUMP(BPF_JMP | BPF_JSET | BPF_K, (value), (yes), (no))
#define ALLOW BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW)
#define KILL BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_KILL_PROCESS)

static int filter_calls(void) {
  // Each check is a block that ends in a verdict, so that no jump leaves its block.
  struct sock_filter checks[64];
  unsigned n = 0;
#define EMIT(...)                                   \
  do {                                              \
    struct sock_filter block[] = {__VA_ARGS__};     \
    for (unsigned i = 0; i < sizeof block / sizeof *block; i++) checks[n++] = block[i]; \
  } while (0)
  EMIT(LOAD(arch), EQUAL(ARCHITECTURE, 1, 0), KILL);
  const unsigned plain[] = {SYS_exit_group, SYS_rt_sigreturn, SYS_brk, SYS_munmap, SYS_mremap, SYS_madvise};
  for (unsigned k = 0; k < sizeof plain / sizeof *plain; k++) EMIT(LOAD(nr), EQUAL(plain[k], 0, 1), ALLOW);
  EMIT(LOAD(nr), EQUAL(SYS_read, 0, 4), LOAD_LOW(0), EQUAL(0, 0, 1), ALLOW, KILL);
  EMIT(LOAD(nr), EQUAL(SYS_write, 0, 5), LOAD_LOW(0), EQUAL(1, 1, 0), EQUAL(2, 0, 1), ALLOW, KILL);
  EMIT(LOAD(nr), EQUAL(SYS_mmap, 0, 7), LOAD_LOW(2), ANY_BIT(PROT_EXEC, 4, 0), LOAD_LOW(3),
       EQUAL(MAP_PRIVATE | MAP_ANONYMOUS, 1, 0), EQUAL(MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, 0, 1), ALLOW, KILL);
  EMIT(KILL);
#undef EMIT
  struct sock_fprog filter = {(unsigned short)n, checks};
  return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0u, &filter) == 0;
}

int sandbox_walls(size_t address_space, int without_seccomp) {
  int walls = 0;
  if (drop_root()) walls |= SANDBOX_WALL_UID;
  if (leave_namespaces()) walls |= SANDBOX_WALL_NAMESPACES;
  if (close_others()) walls |= SANDBOX_WALL_DESCRIPTORS;
  if (renounce_privileges()) walls |= SANDBOX_WALL_PRIVILEGES;
  if (forbid_files()) walls |= SANDBOX_WALL_LANDLOCK;
  if (set_limits(address_space)) walls |= SANDBOX_WALL_LIMITS;
  if (!without_seccomp && filter_calls()) walls |= SANDBOX_WALL_SECCOMP;
  return walls;
}
