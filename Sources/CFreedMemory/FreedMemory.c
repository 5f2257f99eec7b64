// Definitions in the executable win over glibc's, for libraries that are linked statically and for shared ones alike.
#define _GNU_SOURCE
#include "CFreedMemory.h"
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <string.h>

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
#define HAS_OWN_HEAP 1
#elif defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer) || __has_feature(memory_sanitizer)
#define HAS_OWN_HEAP 1
#endif
#endif

static atomic_int overwrites;

void cfreedmemory_overwrite(void) { atomic_store(&overwrites, 1); }

#ifndef HAS_OWN_HEAP
extern void *__libc_malloc(size_t count);
extern void *__libc_realloc(void *memory, size_t count);
extern void __libc_free(void *memory);

static int must_overwrite(void) { return atomic_load_explicit(&overwrites, memory_order_relaxed); }

void free(void *memory) {
    if (memory && must_overwrite()) explicit_bzero(memory, malloc_usable_size(memory));
    __libc_free(memory);
}

void *realloc(void *memory, size_t count) {
    if (!memory || !must_overwrite()) return __libc_realloc(memory, count);
    size_t size = malloc_usable_size(memory);
    // What fits stays where it is, as glibc's own would have it, and its end is overwritten by whoever frees it.
    if (count > 0 && count <= size && count >= size / 2) return memory;
    if (count == 0) {
        free(memory);
        return NULL;
    }
    void *moved = __libc_malloc(count);
    if (!moved) return NULL;
    memcpy(moved, memory, count < size ? count : size);
    free(memory);
    return moved;
}
#endif
