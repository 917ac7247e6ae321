// transform { … }: hands the declaration to Swift as a tree of bytes and makes `params` from what it answers.
//
// The tree (integers little-endian):
//   'n' | 't' | 'f'                      nil, true, false
//   'i' int64 · 'd' binary64             numbers
//   's' uint32 bytes                     a string
//   'm' uint32 (key value)…              a table, keys in the order of pairs
// At most 8 levels, 20,000 values and 1 MiB. The host process parses the same bytes, as hostile ones.
#include <stdlib.h>
#include <string.h>

#include "internal.h"

#define DEPTH_MAX 8
#define VALUES_MAX 20000
#define TREE_MAX ((size_t)1 << 20)

static uint8_t tree[TREE_MAX];
static size_t tree_count;
static int values;

static void append(lua_State *L, const void *bytes, size_t count) {
  if (count > TREE_MAX - tree_count) luaL_error(L, "transform: the declaration is larger than 1 MiB");
  memcpy(tree + tree_count, bytes, count);
  tree_count += count;
}

static void append_count(lua_State *L, size_t n) {
  uint8_t bytes[4] = {(uint8_t)n, (uint8_t)(n >> 8), (uint8_t)(n >> 16), (uint8_t)(n >> 24)};
  append(L, bytes, 4);
}

static void append_word(lua_State *L, uint64_t word) {
  uint8_t bytes[8];
  for (int i = 0; i < 8; i++) bytes[i] = (uint8_t)(word >> (8 * i));
  append(L, bytes, 8);
}

static void append_value(lua_State *L, int index, int depth) {
  index = lua_absindex(L, index);
  if (++values > VALUES_MAX) luaL_error(L, "transform: the declaration holds more than %d values", VALUES_MAX);
  switch (lua_type(L, index)) {
    case LUA_TNIL:
      append(L, "n", 1);
      break;
    case LUA_TBOOLEAN:
      append(L, lua_toboolean(L, index) ? "t" : "f", 1);
      break;
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) {
        append(L, "i", 1);
        append_word(L, (uint64_t)lua_tointeger(L, index));
      } else {
        double number = lua_tonumber(L, index);
        uint64_t word;
        memcpy(&word, &number, 8);
        append(L, "d", 1);
        append_word(L, word);
      }
      break;
    case LUA_TSTRING: {
      size_t count;
      const char *text = lua_tolstring(L, index, &count);
      append(L, "s", 1);
      append_count(L, count > TREE_MAX ? TREE_MAX + 1 : count);
      append(L, text, count);
      break;
    }
    case LUA_TTABLE: {
      if (depth >= DEPTH_MAX) luaL_error(L, "transform: the declaration is nested deeper than %d levels", DEPTH_MAX);
      sandbox_push_sorted_keys(L, index);
      lua_Integer n = (lua_Integer)lua_rawlen(L, -1);
      append(L, "m", 1);
      append_count(L, (size_t)n);
      for (lua_Integer i = 1; i <= n; i++) {
        lua_rawgeti(L, -1, i);
        append_value(L, -1, depth + 1);
        lua_rawget(L, index);
        append_value(L, -1, depth + 1);
        lua_pop(L, 1);
      }
      lua_pop(L, 1);
      break;
    }
    default:
      luaL_error(L, "transform: a declaration is data; it cannot hold a %s", luaL_typename(L, index));
  }
}

// __index of params: a name that was not declared. Upvalue 1 is the table of values.
static int unknown_parameter(lua_State *L) {
  const char *name = lua_type(L, 2) == LUA_TSTRING ? lua_tostring(L, 2) : "?";
  sandbox_push_hint(L, name, lua_upvalueindex(1));
  return luaL_error(L, "the parameter '%s' is not declared in transform { params = … }%s", name, lua_tostring(L, -1));
}

static int no_parameter(lua_State *L) { return luaL_error(L, "params cannot be changed: declare the parameter in transform { params = … }"); }

static void push_cell(lua_State *L, const sandbox_cell *cell) {
  switch (cell->kind) {
    case SANDBOX_INTEGER: lua_pushinteger(L, cell->integer); break;
    case SANDBOX_NUMBER: lua_pushnumber(L, cell->number); break;
    case SANDBOX_BOOLEAN: lua_pushboolean(L, cell->boolean); break;
    case SANDBOX_TEXT: lua_pushlstring(L, (const char *)cell->bytes, cell->count); break;
    default: lua_pushnil(L);
  }
}

static void make_parameters(lua_State *L) {
  sandbox_cell name, value;
  lua_newtable(L);
  for (int i = 0; sandbox.host->parameter(sandbox.host->context, i, &name, &value); i++) {
    push_cell(L, &name);
    push_cell(L, &value);
    lua_rawset(L, -3);
  }
  lua_createtable(L, 0, 3);
  lua_pushvalue(L, -2);
  lua_pushcclosure(L, unknown_parameter, 1);
  lua_setfield(L, -2, "__index");
  lua_pushcfunction(L, no_parameter);
  lua_setfield(L, -2, "__newindex");
  lua_pushboolean(L, 0);
  lua_setfield(L, -2, "__metatable");
  lua_setmetatable(L, -2);
  lua_pushglobaltable(L);
  lua_insert(L, -2);
  lua_pushliteral(L, "params");
  lua_insert(L, -2);
  lua_rawset(L, -3);
  lua_pop(L, 1);
}

static int transform(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  if (sandbox.loaded) return luaL_error(L, "transform belongs at the top of the script, not in a function");
  if (sandbox.declared) return luaL_error(L, "transform was called before; a script declares itself once");
  char problem[512] = "";
  tree_count = 0;
  values = 0;
  append_value(L, 1, 0);
  if (sandbox.host->declare(sandbox.host->context, tree, tree_count, problem, sizeof problem) != 0)
    return luaL_error(L, "%s", problem);
  make_parameters(L);
  sandbox.declared = 1;
  return 0;
}

// table_in { … } and table_out { … }: the same table under the name of its form.
static int form(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_createtable(L, 0, 2);
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_setfield(L, -2, "form");
  lua_pushvalue(L, 1);
  lua_setfield(L, -2, "fields");
  return 1;
}

void sandbox_open_declare(lua_State *L) {
  lua_pushcfunction(L, transform);
  lua_setglobal(L, "transform");
  static const char *const forms[] = {"table_in", "table_out", NULL};
  for (int i = 0; forms[i]; i++) {
    lua_pushstring(L, forms[i]);
    lua_pushcclosure(L, form, 1);
    lua_setglobal(L, forms[i]);
  }
}
