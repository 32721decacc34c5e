// SPDX-License-Identifier: GPL-2.0
/*
 * kmalloc and kmem_cache for user space: plain malloc, so that ASan sees each object, plus failure
 * on demand and a count of what is outstanding. What is not asked to be zeroed is filled with a
 * pattern.
 */
#include "core_user.h"
#include "memory.h"

struct kmem_cache {
	unsigned int size;
	unsigned long objects;
};

int core_user_atomic;
bool core_user_killed;

static unsigned long outstanding;
static unsigned long calls;
static unsigned long fail_at;
static bool fail_all;
static bool failed;

void memory_fail_at(unsigned long n, bool all)
{
	fail_at = n;
	fail_all = all;
	failed = false;
}

bool memory_failed(void)
{
	return failed;
}

unsigned long memory_outstanding(void)
{
	return outstanding;
}

unsigned long memory_calls(void)
{
	return calls;
}

struct memory_place *memory_warn_to;
char memory_warning[200];

void core_user_warn(const char *file, int line, const char *what)
{
	if (memory_warn_to) {
		const char *name = strrchr(file, '/');

		snprintf(memory_warning, sizeof(memory_warning), "%s:%d: %s",
			 name ? name + 1 : file, line, what);
		core_user_atomic = 0;
		longjmp(memory_warn_to->where, 1);
	}
	fflush(stdout);
	fprintf(stderr, "%s:%d: warning: %s\n", file, line, what);
	abort();
}

static bool must_fail(gfp_t gfp)
{
	calls++;
	if (!fail_at || (gfp & __GFP_NOFAIL))
		return false;
	if (fail_at > 1) {
		fail_at--;
		return false;
	}
	if (!fail_all)
		fail_at = 0;
	failed = true;
	return true;
}

void *kmalloc(size_t size, gfp_t gfp)
{
	void *ptr;

	if (gfp & GFP_KERNEL)
		might_sleep();
	if (must_fail(gfp))
		return NULL;
	ptr = malloc(size ? size : 1);
	if (!ptr)
		abort();
	memset(ptr, gfp & __GFP_ZERO ? 0 : 0xa5, size);
	outstanding++;
	return ptr;
}

void kfree(const void *ptr)
{
	if (!ptr)
		return;
	BUG_ON(!outstanding);
	outstanding--;
	free((void *)(uintptr_t)ptr);
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     unsigned int flags, void (*ctor)(void *object))
{
	struct kmem_cache *cache;

	(void)name;
	(void)align;
	(void)flags;
	BUG_ON(ctor);
	cache = kzalloc(sizeof(*cache), GFP_KERNEL);
	if (cache)
		cache->size = size;
	return cache;
}

void kmem_cache_destroy(struct kmem_cache *cache)
{
	if (!cache)
		return;
	BUG_ON(cache->objects);
	kfree(cache);
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	void *ptr = kmalloc(cache->size, gfp);

	if (ptr)
		cache->objects++;
	return ptr;
}

void kmem_cache_free(struct kmem_cache *cache, void *ptr)
{
	BUG_ON(!ptr || !cache->objects);
	cache->objects--;
	kfree(ptr);
}
