// Definitions in the executable win over glibc's, for libraries that are linked statically and for shared ones alike. What a block is
// freed by is whatever would have been found without them: glibc's, or an allocator that somebody loads before it.
#define _GNU_SOURCE
#include "CFreedMemory.h"
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>

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
typedef void (*Free)(void *);
typedef void *(*Realloc)(void *, size_t);

static _Atomic(Free) next_free;
static _Atomic(Realloc) next_realloc;

// By the version that callers are linked with: glibc's own debugging heap has the name in no other.
static void *next(const char *name) {
#if defined(__x86_64__)
    void *function = dlvsym(RTLD_NEXT, name, "GLIBC_2.2.5");
    if (function) return function;
#endif
    return dlsym(RTLD_NEXT, name);
}

static void release(void *memory) {
    Free function = atomic_load_explicit(&next_free, memory_order_relaxed);
    if (!function) {
        function = (Free)next("free");
        atomic_store_explicit(&next_free, function, memory_order_relaxed);
    }
    function(memory);
}

static void *resize(void *memory, size_t count) {
    Realloc function = atomic_load_explicit(&next_realloc, memory_order_relaxed);
    if (!function) {
        function = (Realloc)next("realloc");
        atomic_store_explicit(&next_realloc, function, memory_order_relaxed);
    }
    return function(memory, count);
}

static int must_overwrite(void) { return atomic_load_explicit(&overwrites, memory_order_relaxed); }

// From here on whole pages are given back to the kernel, which hands out none but empty ones: overwriting what was never touched would
// take the memory that it never had.
enum { LARGE = 1 << 18, PAGE = 4096 };

static void overwrite(void *memory) {
    size_t size = malloc_usable_size(memory);
    if (size < LARGE) {
        explicit_bzero(memory, size);
        return;
    }
    char *start = (char *)(((uintptr_t)memory + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
    char *end = (char *)(((uintptr_t)memory + size) & ~(uintptr_t)(PAGE - 1));
    int saved = errno;  // which free leaves as it is
    if (madvise(start, (size_t)(end - start), MADV_DONTNEED) != 0) {
        errno = saved;
        explicit_bzero(memory, size);
        return;
    }
    explicit_bzero(memory, (size_t)(start - (char *)memory));
    explicit_bzero(end, (size_t)((char *)memory + size - end));
}

void free(void *memory) {
    if (memory && must_overwrite()) overwrite(memory);
    release(memory);
}

void *realloc(void *memory, size_t count) {
    if (!memory || count == 0 || !must_overwrite()) {
        if (memory && count == 0 && must_overwrite()) overwrite(memory);
        return resize(memory, count);
    }
    size_t size = malloc_usable_size(memory);
    // What fits stays where it is; its end is overwritten by whoever frees it.
    if (count <= size && count >= size / 2) return memory;
    // What grows will grow again: with room to spare it isn't copied each time.
    size_t wanted = count;
    if (count > size && count <= SIZE_MAX / 2) wanted = count + count / 4;
    void *moved = malloc(wanted);
    if (!moved && wanted > count) moved = malloc(count);
    if (!moved) return NULL;
    memcpy(moved, memory, count < size ? count : size);
    free(memory);
    return moved;
}
#endif
