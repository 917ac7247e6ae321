// What a script finds under which name, and what it is told when a name is not there.
#include <string.h>

#include "internal.h"

// Names whose use ends the run as denied: they reach for files, processes, network, clock or the engine itself.
static const struct {
  const char *name, *why;
} denied[] = {
  {"os", "a script has no clock, environment, files or processes; pass dates and settings as params"},
  {"io", "a script has no files; data comes through row() and leaves by returning rows"},
  {"debug", "the debug library could step around the sandbox"},
  {"package", "modules cannot be loaded from files"},
  {"require", "modules come later; for now a transformation is one script"},
  {"dofile", "a script has no files"},
  {"loadfile", "a script has no files"},
  {"collectgarbage", "memory is managed for you, and looking at it would differ between machines"},
  {NULL, NULL},
};

static const char *const removed[] = {"collectgarbage", "dofile", "loadfile", "warn", "print", NULL};
static const char *const mathematics[] = {"cosh", "sinh", "tanh", "pow", "frexp", "ldexp", "log10", NULL};

// Levenshtein distance of two short names, at most `limit` + 1.
static int distance(const char *a, size_t m, const char *b, size_t n, int limit) {
  int row[33];
  if (m > 32 || n > 32) return limit + 1;
  for (size_t j = 0; j <= n; j++) row[j] = (int)j;
  for (size_t i = 1; i <= m; i++) {
    int diagonal = row[0];
    row[0] = (int)i;
    for (size_t j = 1; j <= n; j++) {
      int up = row[j], cost = diagonal + (a[i - 1] != b[j - 1]);
      if (row[j - 1] + 1 < cost) cost = row[j - 1] + 1;
      if (up + 1 < cost) cost = up + 1;
      diagonal = up;
      row[j] = cost;
    }
  }
  return row[n] > limit ? limit + 1 : row[n];
}

void sandbox_push_hint(lua_State *L, const char *name, int index) {
  index = lua_absindex(L, index);
  size_t length = strlen(name), n;
  int limit = length < 4 ? 1 : 2, best = limit + 1;
  lua_pushliteral(L, "");
  for (lua_pushnil(L); lua_next(L, index); lua_pop(L, 1)) {
    if (lua_type(L, -2) != LUA_TSTRING) continue;
    const char *other = lua_tolstring(L, -2, &n);
    int d = distance(name, length, other, n, limit);
    // Of equally near names the first by bytes, whatever the order of the table.
    if (d > best || d == 0 || d > limit) continue;
    if (d == best && strcmp(other, lua_tostring(L, -3)) >= 0) continue;
    best = d;
    lua_pushvalue(L, -2);
    lua_replace(L, -4);
  }
  if (best <= limit) {
    lua_pushfstring(L, ", did you mean '%s'?", lua_tostring(L, -1));
    lua_remove(L, -2);
  }
}

// __index of the globals; upvalue 1 is the table of globals.
static int unknown_global(lua_State *L) {
  if (lua_type(L, 2) != LUA_TSTRING) {
    lua_pushnil(L);
    return 1;
  }
  const char *name = lua_tostring(L, 2);
  for (int i = 0; denied[i].name; i++) {
    if (strcmp(name, denied[i].name) != 0) continue;
    lua_pushfstring(L, "'%s' is not available: %s", name, denied[i].why);
    sandbox_report report = {0};
    report.kind = SANDBOX_FAIL_DENIED;
    report.message = lua_tolstring(L, -1, &report.message_count);
    report.row = sandbox.row;
    report.script_line = sandbox_current_line(L);
    sandbox_fail(&report);
  }
  if (strcmp(name, "params") == 0) return luaL_error(L, "'params' exists only after transform { … }");
  sandbox_push_hint(L, name, lua_upvalueindex(1));
  return luaL_error(L, "unknown name '%s'%s", name, lua_tostring(L, -1));
}

static int new_global(lua_State *L) {
  if (sandbox.loaded) {
    const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
    return luaL_error(L, "assignment to the undeclared name '%s': write 'local %s = …', or define it at the top of the script",
                      name, name);
  }
  lua_settop(L, 3);
  lua_rawset(L, 1);
  return 0;
}

// setmetatable without finalizers and weak tables: both would show when garbage is collected.
static int set_metatable(lua_State *L) {
  int type = lua_type(L, 2);
  luaL_checktype(L, 1, LUA_TTABLE);
  luaL_argexpected(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table");
  if (type == LUA_TTABLE) {
    static const char *const fields[] = {"__gc", "__mode", NULL};
    for (int i = 0; fields[i]; i++) {
      lua_pushstring(L, fields[i]);
      if (lua_rawget(L, 2) != LUA_TNIL) return luaL_error(L, "'%s' is not available in a metatable", fields[i]);
      lua_pop(L, 1);
    }
  }
  if (luaL_getmetafield(L, 1, "__metatable") != LUA_TNIL) return luaL_error(L, "cannot change a protected metatable");
  lua_settop(L, 2);
  lua_setmetatable(L, 1);
  return 1;
}

// load(chunk, name, mode, env) of text only; upvalue 1 is the stock function.
static int load_text(lua_State *L) {
  int top = lua_gettop(L);
  if (top < 2) lua_settop(L, 2);
  if (lua_isnil(L, 2)) {
    lua_pushliteral(L, "=load");
    lua_replace(L, 2);
  }
  if (top < 3) lua_settop(L, 3);
  lua_pushliteral(L, "t");
  lua_replace(L, 3);
  top = lua_gettop(L);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, top, LUA_MULTRET);
  return lua_gettop(L);
}

static int write_log(lua_State *L, int level) {
  int top = lua_gettop(L);
  lua_pushliteral(L, "");
  for (int i = 1; i <= top; i++) {
    if (i > 1) lua_pushliteral(L, "\t");
    sandbox_tostring(L, i, NULL);
    lua_concat(L, i > 1 ? 3 : 2);
  }
  size_t count;
  const char *text = lua_tolstring(L, -1, &count);
  sandbox.host->log(sandbox.host->context, level, text, count);
  return 0;
}

static int log_debug(lua_State *L) { return write_log(L, 0); }
static int log_info(lua_State *L) { return write_log(L, 1); }
static int log_warn(lua_State *L) { return write_log(L, 2); }
static int log_error(lua_State *L) { return write_log(L, 3); }

static int counter(lua_State *L) {
  size_t count;
  const char *name = luaL_checklstring(L, 1, &count);
  lua_Integer by = luaL_optinteger(L, 2, 1);
  if (sandbox.host->count(sandbox.host->context, name, count, by) != 0)
    return luaL_error(L, "a run may have 100 counters with names of 1 to 64 bytes");
  return 0;
}

void sandbox_open_globals(lua_State *L) {
  static const luaL_Reg levels[] = {
    {"debug", log_debug}, {"info", log_info}, {"warn", log_warn}, {"error", log_error}, {NULL, NULL}};
  for (int i = 0; removed[i]; i++) {
    lua_pushnil(L);
    lua_setglobal(L, removed[i]);
  }
  lua_getglobal(L, "load");
  lua_pushcclosure(L, load_text, 1);
  lua_setglobal(L, "load");
  lua_pushcfunction(L, set_metatable);
  lua_setglobal(L, "setmetatable");
  luaL_newlib(L, levels);
  lua_setglobal(L, "log");
  lua_pushcfunction(L, log_info);
  lua_setglobal(L, "print");
  lua_pushcfunction(L, counter);
  lua_setglobal(L, "counter");

  lua_getglobal(L, "math");
  for (int i = 0; mathematics[i]; i++) {
    lua_pushnil(L);
    lua_setfield(L, -2, mathematics[i]);
  }
  lua_getglobal(L, "string");
  lua_pushnil(L);
  lua_setfield(L, -2, "dump");
  lua_pop(L, 2);

  lua_pushliteral(L, "");
  lua_getmetatable(L, -1);
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_pop(L, 2);

  lua_pushglobaltable(L);
  lua_createtable(L, 0, 3);
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, unknown_global, 1);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, new_global);
  lua_setfield(L, -2, "__newindex");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_pop(L, 1);
}
