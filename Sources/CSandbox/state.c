// The life of a state: open, load the script, fail.
#include <stdio.h>
#include <string.h>

#include "internal.h"

struct sandbox sandbox;

// What the last error was, kept by the message handler while the stack still shows where.
static char error_text[2048];
static size_t error_count;
static int64_t error_line;

static int open_libraries(lua_State *L) {
  static const luaL_Reg libraries[] = {{LUA_GNAME, luaopen_base},         {LUA_COLIBNAME, luaopen_coroutine},
                                       {LUA_TABLIBNAME, luaopen_table},   {LUA_STRLIBNAME, luaopen_string},
                                       {LUA_MATHLIBNAME, luaopen_math},   {LUA_UTF8LIBNAME, luaopen_utf8},
                                       {NULL, NULL}};
  for (const luaL_Reg *library = libraries; library->name; library++) {
    luaL_requiref(L, library->name, library->func, 1);
    lua_pop(L, 1);
  }
  sandbox_open_order(L);
  sandbox_open_text(L);
  sandbox_open_sort(L);
  sandbox_open_random(L);
  sandbox_open_coroutine(L);
  sandbox_open_declare(L);
  sandbox_open_globals(L);
  return 0;
}

int sandbox_open(const sandbox_host *host) {
  // The old state is not closed: without finalizers there is nothing to run, and its heap goes as a whole.
  sandbox.main = NULL;
  sandbox.running = NULL;
  sandbox.host = host;
  sandbox.loaded = sandbox.declared = 0;
  sandbox.row = sandbox.row_line = 0;
  sandbox_heap_reset();
  lua_State *L = lua_newstate(sandbox_allocate, sandbox_heap_state());
  if (L == NULL) return -1;
  if (!sandbox_heap_seeded()) sandbox_fail_plain(SANDBOX_FAIL_INTERNAL, "the seed of this build of Lua was not found");
  lua_pushcfunction(L, open_libraries);
  if (lua_pcall(L, 0, 0, 0) != LUA_OK) return -1;
  sandbox.main = L;
  sandbox.running = L;
  return 0;
}

int sandbox_on_error(lua_State *L) {
  size_t count = 0;
  const char *text;
  if (lua_type(L, 1) == LUA_TSTRING || lua_type(L, 1) == LUA_TNUMBER)
    text = lua_tolstring(L, 1, &count);
  else if (luaL_getmetafield(L, 1, "__tostring") != LUA_TNIL)
    text = sandbox_tostring(L, 1, &count);
  else
    text = lua_pushfstring(L, "the error object is a %s", luaL_typename(L, 1)), count = strlen(text);
  error_line = sandbox_current_line(L);
  // "script:12: what" → line 12, "what"
  static const char prefix[] = "script:";
  size_t at = sizeof prefix - 1;
  if (count > at && memcmp(text, prefix, at) == 0) {
    int64_t line = 0;
    while (at < count && at < 18 && text[at] >= '0' && text[at] <= '9') line = line * 10 + (text[at++] - '0');
    if (line > 0 && at + 1 < count && text[at] == ':' && text[at + 1] == ' ') {
      error_line = line;
      text += at + 2;
      count -= at + 2;
    }
  }
  error_count = count < sizeof error_text ? count : sizeof error_text;
  memcpy(error_text, text, error_count);
  lua_settop(L, 1);
  return 1;
}

void sandbox_fail_lua(lua_State *L, int status) {
  static const char memory[] = "not enough memory", handler[] = "error in the error handler";
  sandbox_report report = {0};
  report.kind = SANDBOX_FAIL_SCRIPT;
  report.row = sandbox.row;
  report.script_line = error_line;
  if (error_count == 0 && lua_type(L, -1) == LUA_TSTRING) {  // the handler did not run
    report.message = lua_tolstring(L, -1, &report.message_count);
  } else {
    report.message = error_text;
    report.message_count = error_count;
  }
  if (status == LUA_ERRERR && report.message_count == 0) {
    report.message = handler;
    report.message_count = sizeof handler - 1;
  }
  size_t n = sizeof memory - 1;
  if (status == LUA_ERRMEM || (report.message_count >= n && sandbox_heap_starved() &&
                               memcmp(report.message + report.message_count - n, memory, n) == 0)) {
    report.kind = SANDBOX_FAIL_MEMORY;
    report.message = "the script needs more memory than its limit";
    report.message_count = strlen(report.message);
  }
  sandbox_fail(&report);
}

static void run_main_chunk(const uint8_t *script, size_t count) {
  lua_State *L = sandbox.main;
  error_count = 0;
  error_line = 0;
  lua_settop(L, 0);
  lua_pushcfunction(L, sandbox_on_error);
  // As the stand-alone interpreter does for files: a byte order mark and a first line that begins with # are no Lua. The
  // line's end stays, so that line numbers hold.
  size_t start = count >= 3 && memcmp(script, "\xef\xbb\xbf", 3) == 0 ? 3 : 0;
  if (start < count && script[start] == '#') {
    while (start < count && script[start] != '\n') start++;
  }
  int status = luaL_loadbufferx(L, (const char *)script + start, count - start, "=script", "t");
  if (status != LUA_OK) {  // a syntax error: the message says where
    lua_replace(L, 1);
    lua_settop(L, 1);
    sandbox_on_error(L);
    sandbox_fail_lua(L, status);
  }
  status = lua_pcall(L, 0, 0, 1);
  if (status != LUA_OK) sandbox_fail_lua(L, status);
  lua_settop(L, 0);
}

void sandbox_load(const uint8_t *script, size_t count) {
  run_main_chunk(script, count);
  sandbox.loaded = 1;
  if (!sandbox.declared)
    sandbox_fail_plain(SANDBOX_FAIL_SCRIPT, "the script does not call transform { input = …, output = … }");
}

int sandbox_entry_points(void) {
  static const char *const names[] = {"row", "batch", "line", "chunk", "run", NULL};
  lua_State *L = sandbox.main;
  int found = 0;
  lua_pushglobaltable(L);
  for (int i = 0; names[i]; i++) {
    lua_pushstring(L, names[i]);
    if (lua_rawget(L, -2) == LUA_TFUNCTION) found |= 1 << i;
    lua_pop(L, 1);
  }
  lua_settop(L, 0);
  return found;
}

const char *sandbox_lua_release(void) { return LUA_RELEASE; }
