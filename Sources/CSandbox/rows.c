// The loop that feeds rows to row().
//
// One protected call surrounds the whole piece. Each row is a fresh table (scripts may keep it) with the declared
// columns only; its metatable exists to refuse misspelt columns. The result is read by walking the returned
// table once (rowtable.c), so that a key that is no column shows itself; a table with anything unusual in it is walked
// again through Lua's functions, which finds what to say.
#include <stdlib.h>
#include <string.h>

#include "internal.h"

static const sandbox_columns *columns;

enum { FUNCTION = 1, META = 2, NAMES = 3, KEYS = 3 };  // stack of `body`: the key of column k is at KEYS + 1 + k

// The column whose key stands at the index -2 of the stack, or -1.
static int column_of_key(lua_State *L) {
  if (lua_type(L, -2) != LUA_TSTRING) return -1;
  size_t count;
  const char *name = lua_tolstring(L, -2, &count);
  for (int k = 0; k < columns->known; k++)
    if (columns->name_counts[k] == count && memcmp(columns->names[k], name, count) == 0) return k;
  return -1;
}

static int unknown_column(lua_State *L) {
  if (lua_type(L, 2) == LUA_TSTRING) {
    lua_pushvalue(L, 2);
    if (lua_rawget(L, lua_upvalueindex(1)) != LUA_TNIL) {  // a known column whose cell is missing
      lua_pushnil(L);
      return 1;
    }
    const char *name = lua_tostring(L, 2);
    sandbox_push_hint(L, name, lua_upvalueindex(1));
    const char *hint = lua_tostring(L, -1);
    return luaL_error(L, "unknown column '%s'%s", name,
                      *hint ? hint : ": declare it in table_in { columns = … } to read it");
  }
  return luaL_error(L, "a row has named columns; there is no column of type %s", luaL_typename(L, 2));
}

static int no_such_output(lua_State *L, int names) {
  if (lua_type(L, -2) != LUA_TSTRING)
    return luaL_error(L, "row() must return nil, a row or a list of rows; this table has a %s as a key",
                      luaL_typename(L, -2));
  const char *name = lua_tostring(L, -2);
  sandbox_push_hint(L, name, names);
  const char *hint = lua_tostring(L, -1);
  return luaL_error(L, "the row has a column '%s' that the output does not%s", name,
                    *hint ? hint : ": declare it in table_out { add = … }");
}

static void read_output(lua_State *L, int index, sandbox_cell *cell) {
  switch (lua_type(L, index)) {
    case LUA_TNIL:
      cell->kind = SANDBOX_NIL;
      break;
    case LUA_TNUMBER:
      if (lua_isinteger(L, index)) {
        cell->kind = SANDBOX_INTEGER;
        cell->integer = lua_tointegerx(L, index, NULL);
      } else {
        cell->kind = SANDBOX_NUMBER;
        cell->number = lua_tonumber(L, index);
      }
      break;
    case LUA_TBOOLEAN:
      cell->kind = SANDBOX_BOOLEAN;
      cell->boolean = lua_toboolean(L, index);
      break;
    case LUA_TSTRING:
      cell->kind = SANDBOX_TEXT;
      cell->bytes = (const uint8_t *)lua_tolstring(L, index, &cell->count);
      break;
    default:
      cell->kind = SANDBOX_OTHER;
      cell->bytes = (const uint8_t *)luaL_typename(L, index);
      cell->count = strlen((const char *)cell->bytes);
  }
}

// Writes the table on top of the stack as one row.
static void emit_row(lua_State *L) {
  const sandbox_columns *c = columns;
  for (int k = 0; k < c->known; k++) c->out[k].kind = SANDBOX_NIL;
  if (sandbox_row_table_read(L, c->out)) {
    c->emit(c->context);
    return;
  }
  int table = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) {
    int k = column_of_key(L);
    if (k < 0) no_such_output(L, NAMES);
    read_output(L, -1, &c->out[k]);
  }
  c->emit(c->context);
}

// The value on top of the stack is what row() gave for the row below it.
static void emit_result(lua_State *L) {
  int type = lua_type(L, -1);
  if (type == LUA_TNIL || (type == LUA_TBOOLEAN && !lua_toboolean(L, -1))) return;
  if (type != LUA_TTABLE)
    luaL_error(L, "row() must return nil, a row or a list of rows, not a %s", luaL_typename(L, -1));
  if (lua_rawequal(L, -1, -2)) {
    emit_row(L);
    return;
  }
  int list = lua_gettop(L);
  if (lua_rawgeti(L, list, 1) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_pushnil(L);
    if (!lua_next(L, list)) return;  // an empty list
    lua_pop(L, 2);
    emit_row(L);
    return;
  }
  for (lua_Integer i = 1; !lua_isnil(L, -1); i++) {
    if (!lua_istable(L, -1))
      luaL_error(L, "row() returned a list whose element %I is a %s, not a row", (LUAI_UACINT)i, luaL_typename(L, -1));
    emit_row(L);
    lua_pop(L, 1);
    lua_rawgeti(L, list, i + 1);
  }
}

static int body(lua_State *L) {
  const sandbox_columns *c = columns;
  luaL_checkstack(L, 2 * c->known + 32, "too many columns");
  lua_pushglobaltable(L);
  lua_pushliteral(L, "row");
  lua_rawget(L, -2);
  lua_remove(L, -2);  // FUNCTION
  lua_Debug row;
  lua_pushvalue(L, FUNCTION);
  lua_getinfo(L, ">S", &row);
  sandbox.row_line = row.linedefined > 0 ? row.linedefined : 0;  // a library function has none
  lua_createtable(L, 0, 2);  // META
  lua_createtable(L, 0, c->known);  // NAMES
  for (int k = 0; k < c->known; k++) {
    lua_pushlstring(L, c->names[k], c->name_counts[k]);
    lua_pushvalue(L, -1);
    lua_pushboolean(L, 1);
    lua_rawset(L, NAMES);
  }
  lua_pushvalue(L, NAMES);
  lua_pushcclosure(L, unknown_column, 1);
  lua_setfield(L, META, "__index");
  lua_pushboolean(L, 0);
  lua_setfield(L, META, "__metatable");
  sandbox_row_table_model(L, KEYS + 1, c->known, META);
  int base = lua_gettop(L);

  // Rows are short-lived: while little is live, collecting at ten times that costs a third of collecting at twice.
  int patient = 1;
  lua_gc(L, LUA_GCSETPAUSE, 1000);
  while (c->next(c->context)) {
    sandbox.row++;
    sandbox_random_row();
    if (patient && sandbox_heap_used() > sandbox_heap_budget() / 16) {
      patient = 0;
      lua_gc(L, LUA_GCSETPAUSE, 200);
    }
    sandbox_row_table_push(L, c->in, c->inputs);
    lua_pushvalue(L, FUNCTION);
    lua_pushvalue(L, base + 1);
    lua_call(L, 1, 1);
    emit_result(L);
    lua_settop(L, base);
  }
  return 0;
}

void sandbox_rows(const sandbox_columns *named) {
  lua_State *L = sandbox.main;
  columns = named;
  lua_settop(L, 0);
  lua_pushcfunction(L, sandbox_on_error);
  lua_pushcfunction(L, body);
  int status = lua_pcall(L, 0, 0, 1);
  if (status != LUA_OK) sandbox_fail_lua(L, status);
  if (sandbox_heap_starved())
    sandbox_fail_plain(SANDBOX_FAIL_MEMORY, "the script needs more memory than its limit");
}
