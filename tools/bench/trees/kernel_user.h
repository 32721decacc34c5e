/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What lib/maple_tree.c and lib/rbtree.c of the kernel take from its headers, for user space. One
 * thread, so locks and RCU are nothing; memory is that of the core's rows (../core/memory.c).
 */
#ifndef SVMA_BENCH_KERNEL_USER_H
#define SVMA_BENCH_KERNEL_USER_H

#include <errno.h>
#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define CONFIG_64BIT		1
#define BITS_PER_LONG		64

typedef uint64_t u64;
typedef uint32_t u32;
typedef unsigned int gfp_t;
typedef struct {
} spinlock_t;

struct rcu_head {
	void *next;
	void (*func)(struct rcu_head *head);
};

/* Compiler. */
#define __rcu
#define __init
#define __must_check
#define __must_hold(l)
#define __maybe_unused		__attribute__((__unused__))
#ifndef __always_inline
#define __always_inline		inline __attribute__((__always_inline__))
#endif
#define noinline		__attribute__((__noinline__))
#define noinline_for_stack	__attribute__((__noinline__))
#define __cacheline_aligned	__attribute__((__aligned__(64)))
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define fallthrough		__attribute__((__fallthrough__))
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define barrier()		__asm__ __volatile__("" : : : "memory")
/* Of one thread, whose order of loads and stores is that of the program. */
#define smp_rmb()		barrier()
/* The same. */
#define smp_wmb()		barrier()
#define EXPORT_SYMBOL(s)	extern int tree_unused_export_ ## s
#define EXPORT_SYMBOL_GPL(s)	extern int tree_unused_export_ ## s
#define container_of(p, t, m)	((t *)((char *)(p) - offsetof(t, m)))
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define min(x, y)		((x) < (y) ? (x) : (y))
#define max(x, y)		((x) > (y) ? (x) : (y))
#define min_t(t, x, y)		min((t)(x), (t)(y))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define BIT(n)			(1UL << (n))

/* Complaints. */
#define BUG_ON(c)		do { if (c) abort(); } while (0)
#define WARN_ON(c) __extension__ ({ bool warn_c = !!(c); if (warn_c) abort(); warn_c; })
#define WARN_ON_ONCE(c)		WARN_ON(c)
#define pr_err(...)		fprintf(stderr, __VA_ARGS__)
#define pr_info(...)		fprintf(stderr, __VA_ARGS__)

/* Locks and RCU. */
#define spin_lock_init(l)	((void)(l))
#define spin_lock(l)		((void)(l))
#define spin_unlock(l)		((void)(l))
#define spin_lock_bh(l)		((void)(l))
#define spin_unlock_bh(l)	((void)(l))
#define spin_lock_irq(l)	((void)(l))
#define spin_unlock_irq(l)	((void)(l))
#define spin_lock_irqsave(l, f)		((void)(l), (f) = 0)
#define spin_unlock_irqrestore(l, f)	((void)(l), (void)(f))
#define spin_lock_nested(l, s)	((void)(l))
#define __SPIN_LOCK_UNLOCKED(l)	{ }
#define lockdep_is_held(l)	1
#define rcu_read_lock()		((void)0)
#define rcu_read_unlock()	((void)0)
#define rcu_dereference_check(p, c)	READ_ONCE(p)
#define rcu_dereference_raw(p)		READ_ONCE(p)
#define rcu_dereference_protected(p, c)	(p)
#define rcu_assign_pointer(p, v)	do { barrier(); WRITE_ONCE(p, v); } while (0)
#define RCU_INIT_POINTER(p, v)		WRITE_ONCE(p, v)
#define call_rcu(head, f)	f(head)

/* Entries that are no pointers. */
static inline bool xa_is_internal(const void *entry)
{
	return ((unsigned long)entry & 3) == 2;
}

static inline bool xa_is_node(const void *entry)
{
	return xa_is_internal(entry) && (unsigned long)entry > 4096;
}

static inline void *xa_mk_internal(unsigned long v)
{
	return (void *)(v << 2 | 2);
}

static inline unsigned long xa_to_internal(const void *entry)
{
	return (unsigned long)entry >> 2;
}

static inline bool xa_is_value(const void *entry)
{
	return (unsigned long)entry & 1;
}

static inline unsigned long xa_to_value(const void *entry)
{
	return (unsigned long)entry >> 1;
}

static inline bool xa_is_zero(const void *entry)
{
	return entry == xa_mk_internal(257);
}

static inline bool xa_is_advanced(const void *entry)
{
	return xa_is_internal(entry) && entry <= xa_mk_internal(256);
}

static inline bool xa_is_err(const void *entry)
{
	return xa_is_internal(entry) && entry >= xa_mk_internal(-4095UL);
}

static inline int xa_err(void *entry)
{
	return xa_is_err(entry) ? (long)entry >> 2 : 0;
}

#define XA_ZERO_ENTRY		xa_mk_internal(257)

/* Tracepoints. */
#define trace_ma_op(...)	((void)0)
#define trace_ma_read(...)	((void)0)
#define trace_ma_write(...)	((void)0)

/* Memory. */
#define GFP_KERNEL		0x1u
#define GFP_NOWAIT		0x4u
#define __GFP_NOWARN		0x20u
#define SLAB_PANIC		0x4u
#define gfpflags_allow_blocking(gfp)	((gfp) & GFP_KERNEL)

struct kmem_cache;

struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     unsigned int flags, void (*ctor)(void *object));
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *cache, void *object);

static inline int kmem_cache_alloc_bulk(struct kmem_cache *cache, gfp_t gfp, size_t size,
					void **objects)
{
	for (size_t i = 0; i < size; i++)
		objects[i] = kmem_cache_alloc(cache, gfp);
	return size;
}

static inline void kmem_cache_free_bulk(struct kmem_cache *cache, size_t size, void **objects)
{
	for (size_t i = 0; i < size; i++)
		kmem_cache_free(cache, objects[i]);
}

#endif /* SVMA_BENCH_KERNEL_USER_H */
