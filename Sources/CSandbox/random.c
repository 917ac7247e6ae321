// random numbers that any machine draws alike: xoshiro256** (Blackman and Vigna, 2018), seeded for each row
// from the run's seed, the piece and the row within it. A script that calls math.randomseed(n) takes over for
// the rest of the piece.
#include <string.h>

#include "internal.h"

static uint64_t state[4];
static int64_t seeded_row;  // the row that the state belongs to; -1 = the script's own seed
static int stale;

static uint64_t rotate(uint64_t x, int k) { return (x << k) | (x >> (64 - k)); }

static uint64_t draw(void) {
  uint64_t result = rotate(state[1] * 5, 7) * 9, t = state[1] << 17;
  state[2] ^= state[0];
  state[3] ^= state[1];
  state[1] ^= state[2];
  state[0] ^= state[3];
  state[2] ^= t;
  state[3] = rotate(state[3], 45);
  return result;
}

// splitmix64, the seeding that xoshiro's authors recommend.
static uint64_t split(uint64_t *x) {
  uint64_t z = (*x += 0x9e3779b97f4a7c15u);
  z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9u;
  z = (z ^ (z >> 27)) * 0x94d049bb133111ebu;
  return z ^ (z >> 31);
}

void sandbox_seed(const uint8_t *seed, uint64_t piece) {
  memcpy(sandbox.seed, seed, sizeof sandbox.seed);
  sandbox.piece = piece;
  stale = 1;
  seeded_row = 0;
}

void sandbox_random_row(void) { stale = seeded_row >= 0; }

static void refresh(void) {
  if (!stale) return;
  stale = 0;
  seeded_row = sandbox.row;
  uint64_t x = sandbox.piece * 0x9e3779b97f4a7c15u + (uint64_t)sandbox.row;
  for (int i = 0; i < 4; i++) {
    uint64_t word = 0;
    for (int b = 7; b >= 0; b--) word = word << 8 | sandbox.seed[i * 8 + b];
    state[i] = split(&x) ^ word;
    x ^= word;
  }
  if ((state[0] | state[1] | state[2] | state[3]) == 0) state[0] = 1;
  for (int i = 0; i < 8; i++) draw();
}

// An unbiased number in [0, most].
static uint64_t below(uint64_t most) {
  if (most == UINT64_MAX) return draw();
  uint64_t bound = most + 1, threshold = (0 - bound) % bound, x;
  do x = draw();
  while (x < threshold);
  return x % bound;
}

static int random_number(lua_State *L) {
  refresh();
  lua_Integer low = 1, high;
  switch (lua_gettop(L)) {
    case 0:
      lua_pushnumber(L, (double)(draw() >> 11) * 0x1p-53);
      return 1;
    case 1:
      high = luaL_checkinteger(L, 1);
      if (high == 0) {
        lua_pushinteger(L, (lua_Integer)draw());
        return 1;
      }
      break;
    case 2:
      low = luaL_checkinteger(L, 1);
      high = luaL_checkinteger(L, 2);
      break;
    default:
      return luaL_error(L, "wrong number of arguments");
  }
  luaL_argcheck(L, low <= high, lua_gettop(L), "interval is empty");
  lua_pushinteger(L, (lua_Integer)(below((uint64_t)high - (uint64_t)low) + (uint64_t)low));
  return 1;
}

static int random_seed(lua_State *L) {
  if (lua_gettop(L) == 0) return luaL_error(L, "math.randomseed needs a number: there is no clock to draw one from");
  lua_Number n = luaL_checknumber(L, 1);
  lua_Integer i;
  uint64_t x;
  if (lua_numbertointeger(n, &i) && (lua_Number)i == n)
    x = lua_isinteger(L, 1) ? (uint64_t)lua_tointeger(L, 1) : (uint64_t)i;
  else
    memcpy(&x, &n, sizeof x);
  if (lua_isinteger(L, 2)) x ^= rotate((uint64_t)lua_tointeger(L, 2), 32);
  for (int k = 0; k < 4; k++) state[k] = split(&x);
  seeded_row = -1;
  stale = 0;
  return 0;
}

void sandbox_open_random(lua_State *L) {
  lua_getglobal(L, "math");
  lua_pushcfunction(L, random_number);
  lua_setfield(L, -2, "random");
  lua_pushcfunction(L, random_seed);
  lua_setfield(L, -2, "randomseed");
  lua_pop(L, 1);
  lua_pushcfunction(L, random_number);
  lua_setglobal(L, "random");
}
