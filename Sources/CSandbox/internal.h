// What the C files of the sandbox share.
#ifndef SANDBOX_INTERNAL_H
#define SANDBOX_INTERNAL_H

#include <lua5.4/lauxlib.h>
#include <lua5.4/lua.h>
#include <lua5.4/lualib.h>

#include "CSandbox.h"

_Static_assert(LUA_VERSION_RELEASE_NUM == 50404, "the seed's offset in heap.c is that of Lua 5.4.4");

struct sandbox {
  lua_State *main;
  lua_State *volatile running;  // the coroutine that runs now; the CPU limit hooks this one
  const sandbox_host *host;
  int loaded;     // the main chunk has ended
  int declared;   // transform{} was accepted
  int64_t row;    // within the piece, from 1
  int64_t row_line;  // where row() begins: the place of what is wrong with a value that it gave
  uint64_t piece;
  uint8_t seed[32];
};
extern struct sandbox sandbox;

// heap.c
void *sandbox_allocate(void *unused, void *block, size_t old_size, size_t new_size);
void sandbox_heap_reset(void);
void *sandbox_heap_state(void);  // the allocator's argument
int sandbox_heap_seeded(void);   // the seed was found and set
size_t sandbox_heap_used(void);
size_t sandbox_heap_budget(void);
int sandbox_heap_starved(void);  // an allocation was refused and the script was told

// order.c
void sandbox_push_sorted_keys(lua_State *L, int table);  // pushes an array of the table's keys in order
void sandbox_open_order(lua_State *L);

// rowtable.c
enum { SANDBOX_COLUMNS = 1000 };  // that a script may name
// Makes the table that rows are copies of, from the keys on the stack, and leaves it there: it must stay as long as rows
// are pushed.
void sandbox_row_table_model(lua_State *L, int first_key, int columns, int metatable);
// Pushes a fresh row with the first `count` columns as in `cells`. Needs count + 1 places on the stack.
void sandbox_row_table_push(lua_State *L, const sandbox_cell *cells, int count);
// Sets the cells of what the table on top of the stack holds. 0 if it holds anything but plain values under names of
// columns: the caller looks again, through Lua's functions.
int sandbox_row_table_read(lua_State *L, sandbox_cell *cells);
int sandbox_row_table_test(lua_State *L);

// text.c, sort.c, random.c, coroutine.c, globals.c, declare.c
void sandbox_open_text(lua_State *L);
void sandbox_open_sort(lua_State *L);
void sandbox_open_random(lua_State *L);
void sandbox_open_coroutine(lua_State *L);
void sandbox_open_globals(lua_State *L);
void sandbox_open_declare(lua_State *L);
void sandbox_random_row(void);
const char *sandbox_tostring(lua_State *L, int index, size_t *count);  // pushes the text
// Pushes ", did you mean 'x'?" for the key of the table at `index` nearest to `name`, or "".
void sandbox_push_hint(lua_State *L, const char *name, int index);
// The script line that runs now, 0 if none.
int64_t sandbox_current_line(lua_State *L);
int sandbox_on_error(lua_State *L);  // message handler: keeps message and line
void sandbox_fail_lua(lua_State *L, int status) __attribute__((noreturn));

#endif
