// table.sort as a stable merge sort: stock Lua draws a pivot from the clock for large arrays and leaves the
// order of equals open. A comparison that contradicts itself gives some order, never an error or a fault.
#include <limits.h>

#include "internal.h"

// Stack: 1 table, 2 comparison or nil.
static int less(lua_State *L, int a, int b) {
  if (lua_isnil(L, 2)) return lua_compare(L, a, b, LUA_OPLT);
  a = lua_absindex(L, a);
  b = lua_absindex(L, b);
  lua_pushvalue(L, 2);
  lua_pushvalue(L, a);
  lua_pushvalue(L, b);
  lua_call(L, 2, 1);
  int result = lua_toboolean(L, -1);
  lua_pop(L, 1);
  return result;
}

static int stable_sort(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  if (!lua_isnoneornil(L, 2)) luaL_checktype(L, 2, LUA_TFUNCTION);
  lua_settop(L, 2);
  lua_Integer n = luaL_len(L, 1);
  if (n < 2) return 0;
  luaL_argcheck(L, n < INT_MAX, 1, "array too big");
  lua_createtable(L, 0, 0);  // 3: from
  lua_createtable(L, 0, 0);  // 4: to
  for (lua_Integer i = 1; i <= n; i++) {
    lua_geti(L, 1, i);
    lua_rawseti(L, 3, i);
  }
  int from = 3, to = 4;
  for (lua_Integer width = 1; width < n; width *= 2) {
    for (lua_Integer low = 1; low <= n; low += 2 * width) {
      lua_Integer middle = low + width <= n ? low + width : n + 1;
      lua_Integer high = low + 2 * width <= n ? low + 2 * width : n + 1;
      lua_Integer a = low, b = middle;
      for (lua_Integer out = low; out < high; out++) {
        int first;
        if (b >= high) {
          first = 1;
        } else if (a >= middle) {
          first = 0;
        } else {
          lua_rawgeti(L, from, a);
          lua_rawgeti(L, from, b);
          first = !less(L, -1, -2);
          lua_pop(L, 2);
        }
        lua_rawgeti(L, from, first ? a++ : b++);
        lua_rawseti(L, to, out);
      }
    }
    int swap = from;
    from = to;
    to = swap;
  }
  for (lua_Integer i = 1; i <= n; i++) {
    lua_rawgeti(L, from, i);
    lua_seti(L, 1, i);
  }
  return 0;
}

void sandbox_open_sort(lua_State *L) {
  lua_getglobal(L, "table");
  lua_pushcfunction(L, stable_sort);
  lua_setfield(L, -2, "sort");
  lua_pop(L, 1);
}
