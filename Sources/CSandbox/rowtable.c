// The table of a row, written and read as memory.
//
// All rows of a piece have the same keys. Through Lua's functions each key would be hashed into each new table, and
// looked up again, key after key, to walk the result: a quarter of the time per row. Instead one model table is made
// through those functions; a row begins as a copy of its nodes, values are put into the places of their keys, and a
// result is read node by node.
//
// The structures are those of Lua 5.4.4, the one release this program is linked with, statically. `sandbox_row_table_test`
// compares them at every start with what Lua's own functions write and read; a worker where they differ does not run.
//
// The collector cannot see these writes. None is needed to be seen: nothing is allocated between the creation of a row
// and the last write to it, and what is written lies on the same stack as the row. So whenever the row is marked
// already, what it is given is marked as well.
#include <string.h>

#include "internal.h"

#define OBJECT_HEAD \
  void *next;       \
  uint8_t type;     \
  uint8_t marked

struct text {  // TString; its bytes follow
  OBJECT_HEAD;
  uint8_t extra;
  uint8_t short_count;
  uint32_t hash;
  size_t long_count;
};

union value {
  void *object;
  lua_Integer integer;
  lua_Number number;
};

struct node {
  union value value;
  uint8_t type;
  uint8_t key_type;
  int32_t next;
  union value key;
};

struct table {
  OBJECT_HEAD;
  uint8_t flags;
  uint8_t log_nodes;
  uint32_t array_count;
  void *array;
  struct node *nodes;
  struct node *last_free;
  void *metatable;
  void *gray;
};

_Static_assert(sizeof(struct text) == 24 && sizeof(struct node) == 24 && sizeof(struct table) == 56, "as Lua 5.4.4");

enum {
  NIL = 0x00,
  FALSE_ = 0x01,
  TRUE_ = 0x11,
  INTEGER = 0x03,
  NUMBER = 0x13,
  SHORT_TEXT = 0x44,
  LONG_TEXT = 0x54,
};

static struct {
  const struct table *model;
  void *metatable;
  int columns;
  int16_t node_of[SANDBOX_COLUMNS];        // column → node of the model
  int16_t column_of[2 * SANDBOX_COLUMNS];  // node of the model → column, -1
} rows;

static int nodes_of(const struct table *table) { return 1 << table->log_nodes; }

void sandbox_row_table_model(lua_State *L, int first_key, int columns, int metatable) {
  lua_createtable(L, 0, columns);
  for (int k = 0; k < columns; k++) {
    lua_pushvalue(L, first_key + k);
    lua_pushboolean(L, 1);
    lua_rawset(L, -3);
  }
  const struct table *model = lua_topointer(L, -1);
  rows.model = model;
  rows.metatable = (void *)lua_topointer(L, metatable);
  rows.columns = columns;
  for (int n = 0; n < nodes_of(model); n++) {
    rows.column_of[n] = -1;
    if (model->nodes[n].type != TRUE_) continue;
    for (int k = 0; k < columns; k++) {
      if (model->nodes[n].key.object != lua_topointer(L, first_key + k)) continue;
      rows.column_of[n] = (int16_t)k;
      rows.node_of[k] = (int16_t)n;
    }
  }
}

void sandbox_row_table_push(lua_State *L, const sandbox_cell *cells, int count) {
  // Strings first: they may allocate, and from the table's creation on nothing may.
  int base = lua_gettop(L);
  for (int k = 0; k < count; k++)
    if (cells[k].kind == SANDBOX_TEXT) lua_pushlstring(L, (const char *)cells[k].bytes, cells[k].count);
  lua_createtable(L, 0, rows.columns);
  const struct table *model = rows.model;
  struct table *row = (struct table *)lua_topointer(L, -1);
  row->metatable = rows.metatable;
  if (rows.columns == 0) return;  // its nodes are Lua's constant for none
  for (int n = 0; n < nodes_of(model); n++) {
    row->nodes[n] = model->nodes[n];
    row->nodes[n].type = NIL;
  }
  row->last_free = row->nodes + (model->last_free - model->nodes);
  int text = base;
  for (int k = 0; k < count; k++) {
    struct node *node = &row->nodes[rows.node_of[k]];
    switch (cells[k].kind) {
      case SANDBOX_INTEGER:
        node->value.integer = cells[k].integer;
        node->type = INTEGER;
        break;
      case SANDBOX_NUMBER:
        node->value.number = cells[k].number;
        node->type = NUMBER;
        break;
      case SANDBOX_BOOLEAN: node->type = cells[k].boolean ? TRUE_ : FALSE_; break;
      case SANDBOX_TEXT:
        node->value.object = (void *)lua_topointer(L, ++text);
        node->type = ((struct text *)node->value.object)->type | 0x40;
        break;
    }
  }
  if (text > base) {
    lua_replace(L, base + 1);
    lua_settop(L, base + 1);
  }
}

// The column that a key names, found in the model as Lua would; -1 if it is none or has a long name.
static int column_of(const struct node *node) {
  if (node->key_type != SHORT_TEXT) return -1;
  const struct text *key = node->key.object;
  int n = (int)(key->hash & (unsigned)(nodes_of(rows.model) - 1));
  while (rows.model->nodes[n].key.object != key) {
    if (rows.model->nodes[n].next == 0) return -1;
    n += rows.model->nodes[n].next;
  }
  return rows.column_of[n];
}

int sandbox_row_table_read(lua_State *L, sandbox_cell *cells) {
  const struct table *row = lua_topointer(L, -1);
  if (row->array_count > 0) return 0;
  for (int n = 0; n < nodes_of(row); n++) {
    const struct node *node = &row->nodes[n];
    if ((node->type & 0x0F) == NIL) continue;
    int k = column_of(node);
    if (k < 0) return 0;
    sandbox_cell *cell = &cells[k];
    switch (node->type) {
      case INTEGER:
        cell->kind = SANDBOX_INTEGER;
        cell->integer = node->value.integer;
        break;
      case NUMBER:
        cell->kind = SANDBOX_NUMBER;
        cell->number = node->value.number;
        break;
      case TRUE_:
      case FALSE_:
        cell->kind = SANDBOX_BOOLEAN;
        cell->boolean = node->type == TRUE_;
        break;
      case SHORT_TEXT:
      case LONG_TEXT: {
        const struct text *text = node->value.object;
        cell->kind = SANDBOX_TEXT;
        cell->bytes = (const uint8_t *)(text + 1);
        cell->count = node->type == SHORT_TEXT ? text->short_count : text->long_count;
        break;
      }
      default: return 0;
    }
  }
  return 1;
}

static int is_text(const sandbox_cell *cell, const char *text, size_t count) {
  return cell->kind == SANDBOX_TEXT && cell->count == count && memcmp(cell->bytes, text, count) == 0;
}

// Rows written here must be as Lua's functions read them, and the other way round. Expects an empty stack.
int sandbox_row_table_test(lua_State *L) {
  static const char *const names[] = {"a", "b", "c", "d", "e", "absent"};
  static const char few[] = "short", many[] = "a text that is longer than the forty bytes that Lua interns";
  enum { COLUMNS = 6, CELLS = 5 };
  for (int k = 0; k < COLUMNS; k++) lua_pushstring(L, names[k]);
  lua_newtable(L);
  int metatable = lua_gettop(L);
  sandbox_row_table_model(L, 1, COLUMNS, metatable);
  sandbox_cell cells[COLUMNS] = {
    {.kind = SANDBOX_INTEGER, .integer = -7},
    {.kind = SANDBOX_NUMBER, .number = 2.5},
    {.kind = SANDBOX_TEXT, .bytes = (const uint8_t *)few, .count = sizeof few - 1},
    {.kind = SANDBOX_BOOLEAN, .boolean = 1},
    {.kind = SANDBOX_TEXT, .bytes = (const uint8_t *)many, .count = sizeof many - 1},
  };
  sandbox_row_table_push(L, cells, CELLS);
  int row = lua_gettop(L);
  if (row != metatable + 2 || !lua_istable(L, row) || !lua_getmetatable(L, row)) return 0;
  int good = lua_rawequal(L, -1, metatable);
  for (int k = 0; k < COLUMNS; k++) lua_getfield(L, row, names[k]);
  good = good && lua_isinteger(L, -6) && lua_tointeger(L, -6) == -7 && lua_tonumber(L, -5) == 2.5 &&
         strcmp(lua_tostring(L, -4), few) == 0 && lua_isboolean(L, -3) && lua_toboolean(L, -3) &&
         strcmp(lua_tostring(L, -2), many) == 0 && lua_isnil(L, -1);
  lua_settop(L, row);
  int entries = 0;
  for (lua_pushnil(L); good && lua_next(L, row); lua_pop(L, 1)) entries++;
  lua_pushboolean(L, 0);
  lua_setfield(L, row, "absent");
  lua_pushstring(L, many);
  lua_setfield(L, row, "a");
  memset(cells, 0, sizeof cells);
  good = good && entries == CELLS && sandbox_row_table_read(L, cells) && is_text(&cells[0], many, sizeof many - 1) &&
         cells[1].kind == SANDBOX_NUMBER && cells[1].number == 2.5 && is_text(&cells[2], few, sizeof few - 1) &&
         cells[3].kind == SANDBOX_BOOLEAN && cells[3].boolean == 1 && cells[5].kind == SANDBOX_BOOLEAN &&
         cells[5].boolean == 0;
  for (int i = 0; i < 20; i++) {  // more than the model has room for
    lua_pushinteger(L, i);
    lua_pushfstring(L, "more %d", i);
    lua_insert(L, -2);
    lua_rawset(L, row);
  }
  good = good && !sandbox_row_table_read(L, cells);  // these are no columns
  lua_newtable(L);
  lua_pushinteger(L, 1);
  lua_setfield(L, -2, "absent");
  memset(cells, 0, sizeof cells);
  good = good && sandbox_row_table_read(L, cells) && cells[5].kind == SANDBOX_INTEGER && cells[5].integer == 1;
  lua_settop(L, 0);
  return good;
}
