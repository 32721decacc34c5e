// SPDX-License-Identifier: GPL-2.0
/*
 * Memory for the region core in this program: kmem_cache as a list of free objects cut from large
 * pieces, as the kernel's slabs are. The stand-ins of the tests fill and count each object, which
 * would be measured too.
 */
#include "core_user.h"
#include "trees/tree.h"

#define PIECE	(2UL << 20)

struct kmem_cache {
	size_t size;
	size_t align;
	void *free;
	char *piece;
	size_t left;
	size_t used;
};

int core_user_atomic;
bool core_user_killed;

void core_user_warn(const char *file, int line, const char *what)
{
	fprintf(stderr, "%s:%d: warning: %s\n", file, line, what);
	abort();
}

void *kmalloc(size_t size, gfp_t gfp)
{
	return gfp & __GFP_ZERO ? calloc(1, size) : malloc(size);
}

void kfree(const void *ptr)
{
	free((void *)(uintptr_t)ptr);
}

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     unsigned int flags, void (*ctor)(void *object))
{
	struct kmem_cache *cache = calloc(1, sizeof(*cache));

	(void)name;
	(void)flags;
	(void)ctor;
	if (!cache)
		return NULL;
	cache->align = max_t(size_t, align, sizeof(void *));
	cache->size = ALIGN(size, cache->align);
	return cache;
}

/* Pieces are not given back: they last as long as the program. */
void kmem_cache_destroy(struct kmem_cache *cache)
{
	free(cache);
}

void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp)
{
	void *object = cache->free;

	if (object) {
		cache->free = *(void **)object;
	} else {
		if (cache->left < cache->size) {
			cache->piece = aligned_alloc(PIECE, PIECE);
			if (!cache->piece)
				return NULL;
			/* The kernel's own memory is mapped by large pages, too. */
			madvise(cache->piece, PIECE, MADV_HUGEPAGE);
			cache->left = PIECE;
		}
		object = cache->piece;
		cache->piece += cache->size;
		cache->left -= cache->size;
	}
	cache->used++;
	if (gfp & __GFP_ZERO)
		memset(object, 0, cache->size);
	return object;
}

void kmem_cache_free(struct kmem_cache *cache, void *ptr)
{
	*(void **)ptr = cache->free;
	cache->free = ptr;
	cache->used--;
}

/**
 * tree_memory_used() - memory of the objects of a cache that are in use
 * @cache: the cache
 *
 * Return: bytes.
 */
unsigned long tree_memory_used(const struct kmem_cache *cache)
{
	return cache->used * cache->size;
}
