// pairs and next in an order that a reader can predict: numbers ascending, then strings by bytes, then false,
// then true. Any other key type is an error, because its order would be that of addresses.
//
// Up to 32 keys are kept as upvalues of one closure (2.1 times the time of stock pairs for 5 keys); more go
// through an array. As with stock pairs, a key removed during the traversal is not visited; unlike it, adding
// keys is allowed and they are not visited either.
#include <string.h>

#include "internal.h"

#define FEW 32

struct key {
  int rank;  // 0 number, 1 string, 2 false, 3 true
  int is_integer;
  union {
    lua_Integer integer;
    lua_Number number;
    const char *text;
  } value;
  size_t count;
  int index;  // where the key itself is held
};

static void read_key(lua_State *L, int at, struct key *key) {
  switch (lua_type(L, at)) {
    case LUA_TNUMBER:
      key->rank = 0;
      key->is_integer = lua_isinteger(L, at);
      if (key->is_integer)
        key->value.integer = lua_tointeger(L, at);
      else
        key->value.number = lua_tonumber(L, at);
      break;
    case LUA_TSTRING:
      key->rank = 1;
      key->value.text = lua_tolstring(L, at, &key->count);
      break;
    case LUA_TBOOLEAN:
      key->rank = lua_toboolean(L, at) ? 3 : 2;
      break;
    default:
      luaL_error(L, "a table with a %s as a key has no order: pairs and next take numbers, strings and booleans",
                 luaL_typename(L, at));
  }
}

// Integer against float without rounding: floats that are integers have been made integer keys by Lua.
static int integer_before_number(lua_Integer i, lua_Number n) {
  if (n >= 9223372036854775808.0) return 1;
  if (n < -9223372036854775808.0) return 0;
  lua_Integer whole = (lua_Integer)n;  // towards zero; n has a fraction here
  return i < whole || (i == whole && n > (lua_Number)whole);
}

static int before(const struct key *a, const struct key *b) {
  if (a->rank != b->rank) return a->rank < b->rank;
  if (a->rank == 1) {
    size_t n = a->count < b->count ? a->count : b->count;
    int order = memcmp(a->value.text, b->value.text, n);
    return order != 0 ? order < 0 : a->count < b->count;
  }
  if (a->rank != 0) return 0;
  if (a->is_integer && b->is_integer) return a->value.integer < b->value.integer;
  if (a->is_integer) return integer_before_number(a->value.integer, b->value.number);
  if (b->is_integer) return !integer_before_number(b->value.integer, a->value.number);
  return a->value.number < b->value.number;
}

static void insertion_sort(struct key *keys, int n) {
  for (int i = 1; i < n; i++) {
    struct key moving = keys[i];
    int at = i;
    while (at > 0 && before(&moving, &keys[at - 1])) {
      keys[at] = keys[at - 1];
      at--;
    }
    keys[at] = moving;
  }
}

static void merge_sort(struct key *keys, struct key *spare, size_t n) {
  for (size_t i = 0; i < n; i += FEW) insertion_sort(keys + i, (int)(n - i < FEW ? n - i : FEW));
  struct key *from = keys, *to = spare;
  for (size_t width = FEW; width < n; width *= 2) {
    for (size_t low = 0; low < n; low += 2 * width) {
      size_t middle = low + width < n ? low + width : n, high = low + 2 * width < n ? low + 2 * width : n;
      size_t a = low, b = middle;
      for (size_t out = low; out < high; out++)
        to[out] = b >= high || (a < middle && !before(&from[b], &from[a])) ? from[a++] : from[b++];
    }
    struct key *swap = from;
    from = to;
    to = swap;
  }
  if (from != keys) memcpy(keys, from, n * sizeof *keys);
}

void sandbox_push_sorted_keys(lua_State *L, int table) {
  table = lua_absindex(L, table);
  luaL_checkstack(L, 8, "too many levels");
  size_t n = 0;
  lua_newtable(L);
  int held = lua_gettop(L);
  for (lua_pushnil(L); lua_next(L, table);) {
    lua_pop(L, 1);
    lua_pushvalue(L, -1);
    lua_rawseti(L, held, (lua_Integer)++n);
  }
  struct key *keys = lua_newuserdatauv(L, 2 * n * sizeof *keys + 1, 0);
  int sorted = 1;
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, held, (lua_Integer)i + 1);
    read_key(L, -1, &keys[i]);
    keys[i].index = (int)i + 1;
    lua_pop(L, 1);  // the table still holds the string
    if (i > 0 && sorted && before(&keys[i], &keys[i - 1])) sorted = 0;
  }
  if (sorted) {
    lua_pop(L, 1);
    return;
  }
  merge_sort(keys, keys + n, n);
  lua_createtable(L, (int)(n < 1000000 ? n : 1000000), 0);
  for (size_t i = 0; i < n; i++) {
    lua_rawgeti(L, held, keys[i].index);
    lua_rawseti(L, -2, (lua_Integer)i + 1);
  }
  lua_replace(L, held);
  lua_settop(L, held);
}

// Upvalues: 1 position, 2… the keys. A script may call an iterator itself, with anything: lua_rawget checks nothing.
static int step_few(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  int at = (int)lua_tointeger(L, lua_upvalueindex(1));
  for (;;) {
    at++;
    lua_pushinteger(L, at);
    lua_replace(L, lua_upvalueindex(1));
    if (at > FEW || lua_isnone(L, lua_upvalueindex(at + 1))) return 0;
    lua_pushvalue(L, lua_upvalueindex(at + 1));
    lua_pushvalue(L, -1);
    if (lua_rawget(L, 1) != LUA_TNIL) return 2;
    lua_pop(L, 2);
  }
}

// Upvalues: 1 position, 2 array of keys.
static int step_many(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_Integer at = lua_tointeger(L, lua_upvalueindex(1));
  for (;;) {
    at++;
    lua_pushinteger(L, at);
    lua_replace(L, lua_upvalueindex(1));
    if (lua_rawgeti(L, lua_upvalueindex(2), at) == LUA_TNIL) return 0;
    lua_pushvalue(L, -1);
    if (lua_rawget(L, 1) != LUA_TNIL) return 2;
    lua_pop(L, 2);
  }
}

static int ordered_pairs(lua_State *L) {
  luaL_checkany(L, 1);
  if (luaL_getmetafield(L, 1, "__pairs") != LUA_TNIL) {
    lua_pushvalue(L, 1);
    lua_call(L, 1, 3);
    return 3;
  }
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 1);
  luaL_checkstack(L, 2 * FEW + 8, "too many levels");
  struct key keys[FEW];
  int n = 0;
  lua_pushnil(L);
  while (n < FEW && lua_next(L, 1)) {
    lua_pop(L, 1);
    read_key(L, -1, &keys[n]);
    keys[n].index = lua_gettop(L);
    n++;
    lua_pushvalue(L, -1);
  }
  if (n == FEW && lua_next(L, 1)) {  // more than a few
    lua_settop(L, 1);
    lua_pushinteger(L, 0);
    sandbox_push_sorted_keys(L, 1);
    lua_pushcclosure(L, step_many, 2);
  } else {
    insertion_sort(keys, n);
    lua_pushinteger(L, 0);
    for (int i = 0; i < n; i++) lua_pushvalue(L, keys[i].index);
    lua_pushcclosure(L, step_few, n + 1);
  }
  lua_pushvalue(L, 1);
  lua_pushnil(L);
  return 3;
}

// The next key in order after the given one: one pass over the table each time.
static int ordered_next(lua_State *L) {
  luaL_checktype(L, 1, LUA_TTABLE);
  lua_settop(L, 2);
  struct key last, best, one;
  int has_last = !lua_isnil(L, 2), has_best = 0;
  if (has_last) read_key(L, 2, &last);
  lua_pushnil(L);  // 3: the best key
  for (lua_pushnil(L); lua_next(L, 1);) {
    lua_pop(L, 1);
    read_key(L, -1, &one);
    if ((has_last && !before(&last, &one)) || (has_best && !before(&one, &best))) continue;
    best = one;
    has_best = 1;
    lua_pushvalue(L, -1);
    lua_replace(L, 3);
  }
  if (!has_best) {
    lua_pushnil(L);
    return 1;
  }
  lua_settop(L, 3);
  lua_pushvalue(L, 3);
  lua_rawget(L, 1);
  return 2;
}

void sandbox_open_order(lua_State *L) {
  lua_pushcfunction(L, ordered_pairs);
  lua_setglobal(L, "pairs");
  lua_pushcfunction(L, ordered_next);
  lua_setglobal(L, "next");
}
