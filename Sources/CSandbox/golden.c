// The self-test of determinism. `sandbox_self_test` runs at every start: the raw order of a table of strings
// depends on the hash seed alone, so it shows whether the seed was set where this build of Lua keeps it.
// `sandbox_golden` runs a script over everything that could differ between builds and machines; the digest of
// its transcript is part of the engine's id.
#include <stdio.h>
#include <string.h>

#include "internal.h"

static char transcript[65536];
static size_t transcript_count;

static int no_declaration(void *c, const uint8_t *tree, size_t n, char *problem, size_t room) {
  (void)c, (void)tree, (void)n, (void)problem, (void)room;
  return 0;
}
static int no_parameter(void *c, int i, sandbox_cell *name, sandbox_cell *value) {
  (void)c, (void)i, (void)name, (void)value;
  return 0;
}
static void keep(void *c, int level, const char *text, size_t n) {
  (void)c, (void)level;
  if (n + 1 > sizeof transcript - transcript_count) return;
  memcpy(transcript + transcript_count, text, n);
  transcript_count += n;
  transcript[transcript_count++] = '\n';
}
static int no_count(void *c, const char *name, size_t n, int64_t by) {
  (void)c, (void)name, (void)n, (void)by;
  return 0;
}

static const sandbox_host nobody = {NULL, no_declaration, no_parameter, keep, no_count};

// The order in which stock next visits k1 … k40, one byte per key.
static int raw_order(lua_State *L) {
  luaL_Buffer text;
  lua_newtable(L);
  for (int i = 1; i <= 40; i++) {
    lua_pushfstring(L, "k%d", i);
    lua_pushinteger(L, i);
    lua_rawset(L, -3);
  }
  int table = lua_gettop(L);
  char order[41];
  int n = 0;
  for (lua_pushnil(L); lua_next(L, table); lua_pop(L, 1)) order[n++] = (char)('0' + lua_tointeger(L, -1));
  luaL_buffinit(L, &text);
  luaL_addlstring(&text, order, (size_t)n);
  luaL_pushresult(&text);
  return 1;
}

#define GOLDEN_ORDER "G8K@P6<BVIEMHXD7Q9=AU135LFO?SW;CRT>NJ4:2"

static int row_table_test(lua_State *L) {
  lua_pushboolean(L, sandbox_row_table_test(L));
  return 1;
}

const char *sandbox_self_test(void) {
  static char problem[128];
  if (sandbox_open(&nobody) != 0) return "the memory limit is too small for a state";
  lua_State *L = sandbox.main;
  lua_pushcfunction(L, raw_order);
  if (lua_pcall(L, 0, 1, 0) != LUA_OK) return "the self-test did not run";
  if (strcmp(lua_tostring(L, -1), GOLDEN_ORDER) != 0) {
    snprintf(problem, sizeof problem, "this build of Lua is not deterministic here: order %s", lua_tostring(L, -1));
    return problem;
  }
  lua_settop(L, 0);
  lua_pushcfunction(L, row_table_test);
  if (lua_pcall(L, 0, 1, 0) != LUA_OK || !lua_toboolean(L, -1)) return "this build of Lua lays tables out otherwise";
  return NULL;
}

static const char golden_script[] =
  "transform {}\n"
  "local function show(...) print(...) end\n"
  "local values = {0.1, 0.5, 1, 1.5, 2, 3.7, 10, 100.25, 1e-9, 1e9, 1e300, 0.7071067811865476}\n"
  "for _, x in ipairs(values) do\n"
  "  for _, f in ipairs {'exp','log','sin','cos','tan','asin','acos','atan','sqrt','floor','ceil'} do\n"
  "    show(f, string.format('%a %a', x, math[f](x)))\n"
  "  end\n"
  "  show(string.format('%a %a %a', x ^ 0.3, x ^ -1.7, math.log(x, 2)), string.format('%a', math.log(x, 10)))\n"
  "  show(math.atan(x, 3), math.fmod(x, 0.3), x % 0.3, x // 0.3, x)\n"
  "end\n"
  "show(0/0, -(0/0), 1/0, -1/0, string.format('%f %g %a', 0/0, -(0/0), 0/0), string.pack('d', 0/0) == string.pack('d', -(0/0)))\n"
  "show(tostring({}), tostring(print), string.format('%s', {}), tostring(coroutine.create(print)))\n"
  "local t = {b=1, a=2, [3]=3, [1]=4, [2.5]=5, [true]=6, [false]=7}\n"
  "for k, v in pairs(t) do show(k, v) end\n"
  "local k = next(t); while k ~= nil do show(k); k = next(t, k) end\n"
  "local s = {} for i = 1, 200 do s[i] = {i, (i * 7919) % 10} end\n"
  "table.sort(s, function(a, b) return a[2] < b[2] end)\n"
  "local o = {} for i = 1, 200 do o[i] = s[i][1] end show(table.concat(o, ' '))\n"
  "for i = 1, 10 do show(random(), math.random(100), math.random(-5, 5), math.random(0)) end\n"
  "math.randomseed(42) show(math.random(1 << 40))\n"
  "show(pcall(function() local x = nil; x() end))\n"
  "show(pcall(error, {}), pcall(string.rep), #'\\u{20AC}', utf8.len('\\u{20AC}'))\n"
  "local holes = {} for i = 1, 40, 3 do holes[i] = i end show(#holes)\n"
  "show(1e15, 123456789012345678, 2^53, 1/3, -0.0, 1e100, 3.0, 7 // 2, 7.5 // 2, -7 % 3, 5.3 % -2)\n"
  "show(tonumber('0x1p-3'), tonumber('1e1'), tonumber('  12  '), tonumber('z', 36), math.tointeger(3.0))\n"
  "show(string.format('%5.2f|%-8s|%08d|%q|%x', 3.14159, 'ab', 42, 1/3, 255))\n"
  "show(('a,b,c'):gsub(',', ';'), ('key = value'):match('(%w+) = (%w+)'), ('%d'):rep(3, ','))\n";

const uint8_t *sandbox_golden(size_t *count) {
  static const uint8_t seed[32] = "demarc golden transcript";
  transcript_count = 0;
  sandbox_seed(seed, 0);
  if (sandbox_open(&nobody) == 0) sandbox_load((const uint8_t *)golden_script, sizeof golden_script - 1);
  *count = transcript_count;
  return (const uint8_t *)transcript;
}
