// How a run ends that must not go on.
//
// CPU time is measured by a periodic profile timer (50 ms of CPU time), armed before the seccomp filter. Each
// tick compares with the piece's starting tick. On the first tick over the budget the running coroutine gets a
// hook on every instruction, which names script and line; three ticks later, if the hook never came because a
// library function loops in C, the signal handler itself ends the process.
//
// A breach writes one JSON line on descriptor 2 and calls _exit: there is nothing for pcall to catch. All of it
// is safe inside a signal handler.
#define _GNU_SOURCE
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

#include "internal.h"

#define TICK_MICROSECONDS 50000
#define GRACE_TICKS 3
#define MESSAGE_MAX 2048
#define NAME_MAX_BYTES 256

static volatile uint64_t ticks, piece_start, piece_budget;

struct line {
  char text[16384];
  size_t count;
};

static void put(struct line *out, char c) {
  if (out->count + 2 < sizeof out->text) out->text[out->count++] = c;
}

static void put_text(struct line *out, const char *text) {
  while (*text) put(out, *text++);
}

static void put_number(struct line *out, int64_t value) {
  char digits[24];
  int n = 0;
  uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
  do digits[n++] = (char)('0' + rest % 10);
  while ((rest /= 10) != 0);
  if (value < 0) put(out, '-');
  while (n > 0) put(out, digits[--n]);
}

// The length of the UTF-8 sequence at `text`, 0 if it is not one (RFC 3629).
static size_t sequence(const uint8_t *text, size_t left) {
  uint8_t a = text[0];
  size_t n = a < 0x80 ? 1 : a >= 0xC2 && a <= 0xDF ? 2 : (a & 0xF0) == 0xE0 ? 3 : a >= 0xF0 && a <= 0xF4 ? 4 : 0;
  if (n == 0 || n > left) return 0;
  for (size_t i = 1; i < n; i++)
    if ((text[i] & 0xC0) != 0x80) return 0;
  if ((a == 0xE0 && text[1] < 0xA0) || (a == 0xED && text[1] > 0x9F)) return 0;
  if ((a == 0xF0 && text[1] < 0x90) || (a == 0xF4 && text[1] > 0x8F)) return 0;
  return n;
}

static void put_string(struct line *out, const char *name, const char *value, size_t count, size_t most) {
  if (value == NULL) return;
  put_text(out, ",\"");
  put_text(out, name);
  put_text(out, "\":\"");
  const uint8_t *text = (const uint8_t *)value;
  size_t room = count < most ? count : most;
  for (size_t i = 0; i < room;) {
    size_t n = sequence(text + i, room - i);
    if (n == 0) {
      put(out, '?');
      i++;
    } else if (n > 1) {
      while (n-- > 0) put(out, (char)text[i++]);
    } else {
      char c = (char)text[i++];
      if (c == '"' || c == '\\') {
        put(out, '\\');
        put(out, c);
      } else if (c == '\n') {
        put_text(out, "\\n");
      } else if (c == '\t') {
        put(out, ' ');
      } else {
        put(out, c < 32 || c == 127 ? '?' : c);
      }
    }
  }
  put(out, '"');
}

static void put_field(struct line *out, const char *name, int64_t value) {
  if (value == 0) return;
  put_text(out, ",\"");
  put_text(out, name);
  put_text(out, "\":");
  put_number(out, value);
}

static const char *kind_name(int kind) {
  switch (kind) {
    case SANDBOX_FAIL_SCRIPT: return "script";
    case SANDBOX_FAIL_MEMORY: return "memory";
    case SANDBOX_FAIL_CPU: return "cpu";
    case SANDBOX_FAIL_OUTPUT: return "output";
    case SANDBOX_FAIL_DENIED: return "denied";
    case SANDBOX_FAIL_INVALID: return "invalid";
    default: return "internal";
  }
}

void sandbox_fail(const sandbox_report *report) {
  static struct line out;
  piece_budget = 0;  // a tick must not write a second line into the middle of this one
  out.count = 0;
  put_text(&out, "{\"kind\":\"");
  put_text(&out, kind_name(report->kind));
  put(&out, '"');
  put_field(&out, "piece", (int64_t)sandbox.piece + 1);
  int64_t line = report->script_line;
  if (line == 0 && report->kind == SANDBOX_FAIL_SCRIPT) line = sandbox.row_line;
  put_field(&out, "script_line", line);
  put_field(&out, "row", report->row);
  put_field(&out, "input_line", report->input_line);
  put_string(&out, "column", report->column, report->column_count, NAME_MAX_BYTES);
  put_string(&out, "masked", report->masked, report->masked_count, NAME_MAX_BYTES);
  put_string(&out, "message", report->message, report->message_count, MESSAGE_MAX);
  put_text(&out, "}");
  out.text[out.count++] = '\n';
  size_t done = 0;
  while (done < out.count) {
    ssize_t n = write(2, out.text + done, out.count - done);
    if (n < 0 && errno == EINTR) continue;
    if (n <= 0) break;
    done += (size_t)n;
  }
  _exit(report->kind);
}

void sandbox_fail_plain(int kind, const char *message) {
  sandbox_report report = {0};
  report.kind = kind;
  report.message = message;
  report.message_count = strlen(message);
  report.row = sandbox.row;
  if (kind == SANDBOX_FAIL_MEMORY && sandbox.running) report.script_line = sandbox_current_line(sandbox.running);
  sandbox_fail(&report);
}

int64_t sandbox_current_line(lua_State *L) {
  lua_Debug frame;
  for (int level = 0; level < 64 && lua_getstack(L, level, &frame); level++) {
    lua_getinfo(L, "Sl", &frame);
    if (frame.currentline > 0 && strcmp(frame.short_src, "script") == 0) return frame.currentline;
  }
  return 0;
}

static void over_budget(lua_State *L, lua_Debug *unused) {
  (void)unused;
  static const char message[] = "the script used more CPU time than its limit";
  sandbox_report report = {0};
  report.kind = SANDBOX_FAIL_CPU;
  report.message = message;
  report.message_count = sizeof message - 1;
  report.row = sandbox.row;
  report.script_line = sandbox_current_line(L);
  sandbox_fail(&report);
}

static void tick(int signal) {
  (void)signal;
  ticks = ticks + 1;
  uint64_t used = ticks - piece_start;
  if (piece_budget == 0 || used <= piece_budget) return;
  if (used > piece_budget + GRACE_TICKS) {
    static const char message[] = "the script used more CPU time than its limit, inside a library function";
    sandbox_report report = {0};
    report.kind = SANDBOX_FAIL_CPU;
    report.message = message;
    report.message_count = sizeof message - 1;
    report.row = sandbox.row;
    sandbox_fail(&report);
  }
  if (sandbox.running) lua_sethook(sandbox.running, over_budget, LUA_MASKCALL | LUA_MASKRET | LUA_MASKLINE | LUA_MASKCOUNT, 1);
}

int sandbox_timer_arm(void) {
  struct sigaction action;
  memset(&action, 0, sizeof action);
  action.sa_handler = tick;
  action.sa_flags = SA_RESTART;
  sigfillset(&action.sa_mask);
  if (sigaction(SIGPROF, &action, NULL) != 0) return errno;
  struct itimerval period = {{0, TICK_MICROSECONDS}, {0, TICK_MICROSECONDS}};
  if (setitimer(ITIMER_PROF, &period, NULL) != 0) return errno;
  return 0;
}

void sandbox_cpu_budget(uint64_t milliseconds) {
  piece_budget = 0;
  piece_start = ticks;
  piece_budget = milliseconds == 0 ? 0 : (milliseconds * 1000 + TICK_MICROSECONDS - 1) / TICK_MICROSECONDS;
}

uint64_t sandbox_cpu_ticks(void) { return ticks; }
