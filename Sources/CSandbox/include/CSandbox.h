// The C side of demarc-sandbox: one Lua state in a private heap, the walls around the process, and the loop
// that feeds rows to a script.
//
// It is C because a Lua error is a longjmp and a longjmp must never cross a Swift frame. The Swift side
// therefore offers leaf functions (`sandbox_host`) which never call back into Lua, and everything between
// two Lua calls is C. One process holds one state, so the state is global here.
#ifndef CSANDBOX_H
#define CSANDBOX_H

#include <stddef.h>
#include <stdint.h>

// A value on its way into or out of a script.
enum sandbox_kind {
  SANDBOX_NIL = 0,
  SANDBOX_INTEGER = 1,
  SANDBOX_NUMBER = 2,
  SANDBOX_BOOLEAN = 3,
  SANDBOX_TEXT = 4,
  SANDBOX_OTHER = 5,  // only out: a table, function or thread; bytes name its type
};

typedef struct sandbox_cell {
  int kind;
  int boolean;
  int64_t integer;
  double number;
  const uint8_t *bytes;
  size_t count;
} sandbox_cell;

// How a breach or failure is called on the line written to descriptor 2, and the process's exit status.
enum sandbox_failure {
  SANDBOX_FAIL_SCRIPT = 10,
  SANDBOX_FAIL_MEMORY = 11,
  SANDBOX_FAIL_CPU = 12,
  SANDBOX_FAIL_OUTPUT = 13,
  SANDBOX_FAIL_DENIED = 14,
  SANDBOX_FAIL_INVALID = 15,
  SANDBOX_FAIL_INTERNAL = 16,
};

// What the Swift side answers. None of these may call a function of this header but sandbox_fail.
typedef struct sandbox_host {
  void *context;
  // Judges a declaration (see declare.c for the tree): 0 = accepted, otherwise `problem` holds a sentence.
  int (*declare)(void *context, const uint8_t *tree, size_t count, char *problem, size_t room);
  // The name and value of parameter `index`: 1 = there is one, 0 = no more.
  int (*parameter)(void *context, int index, sandbox_cell *name, sandbox_cell *value);
  void (*log)(void *context, int level, const char *text, size_t count);
  // Adds to a counter: 0 = done, -1 = too many counters or a bad name.
  int (*count)(void *context, const char *name, size_t count, int64_t by);
} sandbox_host;

// Heap and limits -----------------------------------------------------------------------------------------

// Maps the private heap at its fixed address. `budget` is the most live bytes a state may hold. 0 or errno.
int sandbox_heap_map(size_t budget);
// The most live bytes since the heap was mapped.
size_t sandbox_heap_peak(void);
// Arms the 50 ms profile timer. 0 or errno. Must come before the seccomp filter.
int sandbox_timer_arm(void);
// The CPU time that a piece may take; the piece's clock starts now. 0 means no limit.
void sandbox_cpu_budget(uint64_t milliseconds);
// Periods of 50 ms of CPU time that this process has used since the timer was armed.
uint64_t sandbox_cpu_ticks(void);
// Piece number and seed for random(); 32 bytes.
void sandbox_seed(const uint8_t *seed, uint64_t piece);

// Failures ------------------------------------------------------------------------------------------------

typedef struct sandbox_report {
  int kind;             // enum sandbox_failure
  int64_t script_line;  // 0 = unknown
  int64_t row;          // within the piece, from 1; 0 = none
  int64_t input_line;   // within the piece, from 1; 0 = none
  const char *message;
  size_t message_count;
  const char *column;
  size_t column_count;
  const char *masked;
  size_t masked_count;
} sandbox_report;

// Writes one JSON line to descriptor 2 and ends the process with the kind as its status.
void sandbox_fail(const sandbox_report *report) __attribute__((noreturn));
// The same for a plain sentence.
void sandbox_fail_plain(int kind, const char *message) __attribute__((noreturn));

// The state -----------------------------------------------------------------------------------------------

// Throws the old state away, resets the heap and opens a new one. 0, or -1 if the memory limit is too small.
int sandbox_open(const sandbox_host *host);
// Loads the script and runs its main chunk; fails the process on an error. Afterwards new globals are refused.
void sandbox_load(const uint8_t *script, size_t count);
// Which entry points the script defined.
enum { SANDBOX_HAS_ROW = 1, SANDBOX_HAS_BATCH = 2, SANDBOX_HAS_LINE = 4, SANDBOX_HAS_CHUNK = 8, SANDBOX_HAS_RUN = 16 };
int sandbox_entry_points(void);

// Names the cells of a row. The first `inputs` are read from the table, all may be written to the output.
// The arrays stay the caller's and must outlive the state.
typedef struct sandbox_columns {
  int inputs;
  int known;
  const char *const *names;
  const size_t *name_counts;
  sandbox_cell *in;   // `inputs` cells, filled by `next`
  sandbox_cell *out;  // `known` cells, read by `emit`
  void *context;
  // Fills the input cells with the next row: 1 = a row, 0 = no more rows.
  int (*next)(void *context);
  // Writes the row held in the output cells.
  void (*emit)(void *context);
} sandbox_columns;

// Runs row() over everything `next` gives; fails the process on an error.
void sandbox_rows(const sandbox_columns *columns);

// NULL, or why this build of Lua cannot be trusted to be deterministic. Opens and drops a state.
const char *sandbox_self_test(void);
// Runs the golden script and returns its transcript (static storage).
const uint8_t *sandbox_golden(size_t *count);
// The archive of liblua this program was linked with, for its digest.
const uint8_t *sandbox_lua_archive(size_t *count);
const char *sandbox_lua_release(void);

// Walls ---------------------------------------------------------------------------------------------------

enum sandbox_wall {
  SANDBOX_WALL_UID = 1,         // not root (dropped if it was)
  SANDBOX_WALL_NAMESPACES = 2,  // own user, net, mount, ipc, uts, cgroup namespaces
  SANDBOX_WALL_DESCRIPTORS = 4,
  SANDBOX_WALL_LANDLOCK = 8,
  SANDBOX_WALL_LIMITS = 16,
  SANDBOX_WALL_PRIVILEGES = 32,  // no_new_privs, not dumpable
  SANDBOX_WALL_SECCOMP = 64,
};
// Raises all walls in order; the mask of those in force. `address_space` is RLIMIT_AS.
// `without_seccomp` serves the probes of the other walls only.
int sandbox_walls(size_t address_space, int without_seccomp);

// Tries escape number `probe`. Returns 0 if the escape worked, an errno if it was refused, -1 if there is no such
// probe; a filtered one does not return.
int sandbox_probe(int probe);
const char *sandbox_probe_name(int probe);

#endif
