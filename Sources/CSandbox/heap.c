// The private heap.
//
// One mapping at a fixed address, so that no address differs between runs or machines. Small blocks (up to
// 32 KiB) come from size classes: multiples of 16 up to 1 KiB, then four steps per doubling; they are carved
// from 256 KiB slabs and go back to their class's free list. Large blocks are runs of pages, first fit by
// address, coalesced when freed. The budget counts live bytes rounded to their class; the mapping is twice the
// budget plus 16 MiB, the most that fragmentation may cost before the heap counts as full.
//
// Lua's string hash seed comes from the clock and from addresses. It is overwritten here: lua_newstate sets it
// between its first and its second allocation, and the second allocation passes through this file. The seed
// stands 96 bytes after the allocator's own address in the first block (Lua 5.4.4; a self-test guards it).
//
// A refused allocation gives Lua one chance to collect garbage and ask again. If it asks again in vain, or goes
// on to ask for something else (luaL_Buffer raises an error that a script could catch), the process ends.
#define _GNU_SOURCE
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "internal.h"

#define HEAP_ADDRESS ((void *)0x200000000000)
#define PAGE ((size_t)4096)
#define SMALL_MAX ((size_t)32768)
#define SLAB ((size_t)262144)
#define CLASSES (64 + 20)
#define SEED_OFFSET 96
#define SEED 0x6d726144u
#define RETURN_TO_KERNEL ((size_t)1 << 20)

struct run {  // a free run of pages, in address order
  struct run *next;
  size_t size;
};

static struct {
  uint8_t *base;
  size_t size, budget, used, peak;
  void *classes[CLASSES];
  uint8_t *slab, *slab_end;
  struct run *runs;
  size_t touched;  // highest offset ever handed out
  int calls;       // since the last reset, up to 2
  void *first;
  size_t first_size;
  int seeded;
  int starved;  // the last request was refused
  void *starved_block;
  size_t starved_size;
} heap;

int sandbox_heap_map(size_t budget) {
  size_t size = (2 * budget + ((size_t)16 << 20) + PAGE - 1) & ~(PAGE - 1);
  void *p = mmap(HEAP_ADDRESS, size, PROT_READ | PROT_WRITE,
                 MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | MAP_FIXED_NOREPLACE, -1, 0);
  if (p == MAP_FAILED) return errno;
  if (p != HEAP_ADDRESS) return EEXIST;
  heap.base = p;
  heap.size = size;
  heap.budget = budget;
  heap.peak = 0;
  sandbox_heap_reset();
  return 0;
}

void *sandbox_heap_state(void) { return &heap; }
size_t sandbox_heap_peak(void) { return heap.peak; }
size_t sandbox_heap_used(void) { return heap.used; }
size_t sandbox_heap_budget(void) { return heap.budget; }
int sandbox_heap_seeded(void) { return heap.seeded; }
int sandbox_heap_starved(void) { return heap.starved; }

void sandbox_heap_reset(void) {
  memset(heap.classes, 0, sizeof heap.classes);
  heap.slab = heap.slab_end = NULL;
  heap.used = 0;
  heap.calls = 0;
  heap.seeded = 0;
  heap.starved = 0;
  // A large piece leaves its pages behind; what the next one is likely to need stays.
  size_t keep = (size_t)32 << 20;
  if (heap.touched > keep) madvise(heap.base + keep, heap.touched - keep, MADV_DONTNEED);
  heap.touched = 0;
  heap.runs = (struct run *)heap.base;
  heap.runs->next = NULL;
  heap.runs->size = heap.size;
}

static int class_of(size_t n) {
  if (n <= 1024) return n == 0 ? 0 : (int)((n - 1) >> 4);
  int shift = 63 - __builtin_clzll((unsigned long long)(n - 1));  // 2^shift <= n-1 < 2^(shift+1)
  int step = (int)(((n - 1) >> (shift - 2)) & 3);
  return 64 + (shift - 10) * 4 + step;
}

static size_t class_size(int c) {
  if (c < 64) return (size_t)(c + 1) << 4;
  int shift = 10 + (c - 64) / 4, step = (c - 64) % 4;
  return ((size_t)1 << shift) + ((size_t)(step + 1) << (shift - 2));
}

static size_t rounded(size_t n) {
  return n <= SMALL_MAX ? class_size(class_of(n)) : (n + PAGE - 1) & ~(PAGE - 1);
}

static void *take_run(size_t size) {
  struct run **link = &heap.runs;
  for (struct run *r = heap.runs; r; link = &r->next, r = r->next) {
    if (r->size < size) continue;
    if (r->size == size) {
      *link = r->next;
    } else {
      struct run *rest = (struct run *)((uint8_t *)r + size);
      size_t left = r->size - size;
      struct run *next = r->next;
      rest->next = next;
      rest->size = left;
      *link = rest;
    }
    size_t end = (size_t)((uint8_t *)r - heap.base) + size;
    if (end > heap.touched) heap.touched = end;
    return r;
  }
  return NULL;
}

static void give_run(void *block, size_t size) {
  if (size >= RETURN_TO_KERNEL) madvise((uint8_t *)block, size, MADV_DONTNEED);
  struct run *r = block, *before = NULL, *after = heap.runs;
  while (after && after < r) {
    before = after;
    after = after->next;
  }
  r->size = size;
  r->next = after;
  if (after && (uint8_t *)r + r->size == (uint8_t *)after) {
    r->size += after->size;
    r->next = after->next;
  }
  if (before == NULL) {
    heap.runs = r;
  } else if ((uint8_t *)before + before->size == (uint8_t *)r) {
    before->size += r->size;
    before->next = r->next;
  } else {
    before->next = r;
  }
}

static void *take(size_t n) {
  if (n > heap.budget) return NULL;
  size_t size = rounded(n);
  if (heap.used + size > heap.budget) return NULL;
  void *block;
  if (n > SMALL_MAX) {
    block = take_run(size);
    if (block == NULL) return NULL;
  } else {
    int c = class_of(n);
    block = heap.classes[c];
    if (block) {
      memcpy(&heap.classes[c], block, sizeof(void *));
    } else {
      if ((size_t)(heap.slab_end - heap.slab) < size) {
        uint8_t *slab = take_run(SLAB);
        if (slab == NULL) return NULL;
        heap.slab = slab;
        heap.slab_end = slab + SLAB;
      }
      block = heap.slab;
      heap.slab += size;
    }
  }
  heap.used += size;
  if (heap.used > heap.peak) heap.peak = heap.used;
  return block;
}

static void give(void *block, size_t n) {
  heap.used -= rounded(n);
  if (n > SMALL_MAX) {
    give_run(block, rounded(n));
  } else {
    int c = class_of(n);
    memcpy(block, &heap.classes[c], sizeof(void *));
    heap.classes[c] = block;
  }
}

// Finds {allocator, its argument} in the first block and sets the seed behind it.
static void patch_seed(void) {
  void *pattern[2] = {(void *)sandbox_allocate, &heap};
  for (size_t at = 0; at + SEED_OFFSET + sizeof(uint32_t) <= heap.first_size; at += sizeof(void *)) {
    uint8_t *p = (uint8_t *)heap.first + at;
    if (memcmp(p, pattern, sizeof pattern) != 0) continue;
    uint32_t seed = SEED;
    memcpy(p + SEED_OFFSET, &seed, sizeof seed);
    heap.seeded = 1;
    return;
  }
}

static void refused(void *block, size_t size) {
  if (heap.starved && sandbox.main) sandbox_fail_plain(SANDBOX_FAIL_MEMORY, "the script needs more memory than its limit");
  heap.starved = 1;
  heap.starved_block = block;
  heap.starved_size = size;
}

void *sandbox_allocate(void *unused, void *block, size_t old_size, size_t new_size) {
  (void)unused;
  if (new_size == 0) {
    if (block) give(block, old_size);
    return NULL;
  }
  if (heap.calls < 2 && ++heap.calls == 2) patch_seed();
  if (heap.starved && (heap.starved_block != block || heap.starved_size != new_size)) refused(block, new_size);
  void *fresh;
  if (block == NULL) {
    fresh = take(new_size);
  } else {
    size_t was = rounded(old_size), is = rounded(new_size);
    if (was == is && (old_size > SMALL_MAX) == (new_size > SMALL_MAX)) {
      heap.starved = 0;
      return block;
    }
    fresh = take(new_size);
    if (fresh) {
      memcpy(fresh, block, old_size < new_size ? old_size : new_size);
      give(block, old_size);
    } else if (is < was) {  // Lua takes it for granted that a block can shrink
      if (old_size <= SMALL_MAX || new_size > SMALL_MAX) {
        if (old_size > SMALL_MAX) give_run((uint8_t *)block + is, was - is);
      }
      heap.used -= was - is;
      return block;
    }
  }
  if (fresh == NULL) {
    refused(block, new_size);
    return NULL;
  }
  heap.starved = 0;
  if (heap.calls == 1) {
    heap.first = fresh;
    heap.first_size = new_size;
  }
  return fresh;
}
