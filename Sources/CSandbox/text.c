// Values as text, without addresses: a table, function or thread is called by its kind and the order in which
// it was first named (`table: #1`). NaN has no sign, also in packed bytes.
#include <string.h>

#include "internal.h"

static char ordinals_key, ordinals_count;

static void push_ordinal(lua_State *L, int index, const char *kind) {
  index = lua_absindex(L, index);
  if (lua_rawgetp(L, LUA_REGISTRYINDEX, &ordinals_key) != LUA_TTABLE) {
    lua_pop(L, 1);
    lua_newtable(L);  // weak keys: naming a table does not keep it
    lua_newtable(L);
    lua_pushliteral(L, "k");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    lua_pushvalue(L, -1);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &ordinals_key);
  }
  lua_pushvalue(L, index);
  if (lua_rawget(L, -2) == LUA_TNIL) {
    lua_pop(L, 1);
    lua_rawgetp(L, LUA_REGISTRYINDEX, &ordinals_count);
    lua_Integer n = lua_tointeger(L, -1) + 1;
    lua_pop(L, 1);
    lua_pushinteger(L, n);
    lua_rawsetp(L, LUA_REGISTRYINDEX, &ordinals_count);
    lua_pushvalue(L, index);
    lua_pushinteger(L, n);
    lua_rawset(L, -3);
    lua_pushinteger(L, n);
  }
  lua_Integer n = lua_tointeger(L, -1);
  lua_pop(L, 2);
  lua_pushfstring(L, "%s: #%I", kind, (LUAI_UACINT)n);
}

const char *sandbox_tostring(lua_State *L, int index, size_t *count) {
  index = lua_absindex(L, index);
  luaL_checkstack(L, 8, "too many levels");
  int type = lua_type(L, index);
  if (type == LUA_TTABLE || type == LUA_TFUNCTION || type == LUA_TTHREAD || type == LUA_TUSERDATA ||
      type == LUA_TLIGHTUSERDATA) {
    if (luaL_callmeta(L, index, "__tostring")) {
      if (!lua_isstring(L, -1)) luaL_error(L, "'__tostring' must return a string");
    } else {
      int named = luaL_getmetafield(L, index, "__name");
      const char *kind = named == LUA_TSTRING ? lua_tostring(L, -1) : lua_typename(L, type);
      push_ordinal(L, index, kind);
      if (named != LUA_TNIL) lua_remove(L, -2);
    }
    return lua_tolstring(L, -1, count);
  }
  return luaL_tolstring(L, index, count);
}

static int text_of(lua_State *L) {
  luaL_checkany(L, 1);
  sandbox_tostring(L, 1, NULL);
  return 1;
}

// Makes the arguments of a format or pack the same on every machine, then calls the stock function (upvalue 1).
static int format(lua_State *L) {
  size_t count;
  const char *f = luaL_checklstring(L, 1, &count), *end = f + count;
  int top = lua_gettop(L), argument = 1;
  while (f < end) {
    if (*f++ != '%') continue;
    if (f < end && *f == '%') {
      f++;
      continue;
    }
    while (f < end && strchr("-+ #0123456789.", *f) && *f) f++;
    if (f >= end || ++argument > top) break;
    if (*f == 'p') return luaL_error(L, "'%%p' prints addresses, which differ between machines; use '%%s'");
    if (*f == 's' && lua_type(L, argument) != LUA_TSTRING) {
      sandbox_tostring(L, argument, NULL);
      lua_replace(L, argument);
    }
    f++;
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, top, 1);
  return 1;
}

static int pack(lua_State *L) {
  int top = lua_gettop(L);
  for (int i = 2; i <= top; i++) {
    if (lua_type(L, i) != LUA_TNUMBER || lua_isinteger(L, i)) continue;
    lua_Number n = lua_tonumber(L, i);
    if (n == n) continue;
    lua_pushnumber(L, __builtin_nan(""));
    lua_replace(L, i);
  }
  lua_pushvalue(L, lua_upvalueindex(1));
  lua_insert(L, 1);
  lua_call(L, top, 1);
  return 1;
}

static void wrap(lua_State *L, const char *name, lua_CFunction function) {
  lua_getfield(L, -1, name);
  lua_pushcclosure(L, function, 1);
  lua_setfield(L, -2, name);
}

void sandbox_open_text(lua_State *L) {
  lua_pushcfunction(L, text_of);
  lua_setglobal(L, "tostring");
  lua_getglobal(L, "string");
  wrap(L, "format", format);
  wrap(L, "pack", pack);
  lua_pop(L, 1);
}
