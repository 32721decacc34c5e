/* SPDX-License-Identifier: GPL-2.0 */
/*
 * What module/core takes from the kernel's headers, for user space. The names are the kernel's, the
 * meaning is as narrow as the core needs it, and where the kernel would complain (a lock held
 * twice, an allocation that may sleep under a spinlock, a warning) these abort.
 */
#ifndef SVMA_CORE_USER_H
#define SVMA_CORE_USER_H

#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <errno.h>
#include <limits.h>
#include <linux/mman.h>
#include <linux/types.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

typedef __u8 u8;
typedef __u16 u16;
typedef __u32 u32;
typedef __u64 u64;
typedef __s8 s8;
typedef __s16 s16;
typedef __s32 s32;
typedef __s64 s64;
typedef unsigned int gfp_t;

#define U8_MAX			((u8)~0U)
#define U16_MAX			((u16)~0U)
#define U32_MAX			((u32)~0U)
#define U64_MAX			((u64)~0ULL)
#define S64_MAX			((s64)(U64_MAX >> 1))
#define MAX_ERRNO		4095
#define ENOTSUPP		524

/* Compiler. */
#define likely(x)		__builtin_expect(!!(x), 1)
#define unlikely(x)		__builtin_expect(!!(x), 0)
#define fallthrough		__attribute__((__fallthrough__))
#define __must_check		__attribute__((__warn_unused_result__))
#define __maybe_unused		__attribute__((__unused__))
#define __always_unused		__attribute__((__unused__))
#ifndef __always_inline
#define __always_inline		inline __attribute__((__always_inline__))
#endif
#define noinline		__attribute__((__noinline__))
#define __aligned(x)		__attribute__((__aligned__(x)))
#define __packed		__attribute__((__packed__))
#define __printf(a, b)		__attribute__((__format__(printf, a, b)))
#define __init
#define __exit
#define __user
#define __ro_after_init
#define __read_mostly
#define barrier()		__asm__ __volatile__("" : : : "memory")
#define READ_ONCE(x)		(*(const volatile __typeof__(x) *)&(x))
#define WRITE_ONCE(x, v)	(*(volatile __typeof__(x) *)&(x) = (v))
#define EXPORT_SYMBOL(s)	extern int svma_unused_export_ ## s
#define EXPORT_SYMBOL_GPL(s)	extern int svma_unused_export_ ## s
#define BUILD_BUG_ON(c)		_Static_assert(!(c), #c)
#define BUILD_BUG_ON_MSG(c, m)	_Static_assert(!(c), m)
#ifndef static_assert
#define static_assert(c, ...)	_Static_assert(c, #c)
#endif

/*
 * Numbers. As old as the oldest kernel: min() and max() of two types are refused there, so here
 * too.
 */
#define svma_same_type(x, y)	((void)(&(x) == &(y)))
#define min(x, y) __extension__ ({			\
	__typeof__(x) min_x = (x);			\
	__typeof__(y) min_y = (y);			\
	svma_same_type(min_x, min_y);			\
	min_x < min_y ? min_x : min_y; })
#define max(x, y) __extension__ ({			\
	__typeof__(x) max_x = (x);			\
	__typeof__(y) max_y = (y);			\
	svma_same_type(max_x, max_y);			\
	max_x > max_y ? max_x : max_y; })
#define min_t(t, x, y)		min((t)(x), (t)(y))
#define max_t(t, x, y)		max((t)(x), (t)(y))
#define min3(x, y, z)		min((__typeof__(x))min(x, y), z)
#define max3(x, y, z)		max((__typeof__(x))max(x, y), z)
#define clamp(v, lo, hi)	min((__typeof__(v))max(v, lo), hi)
#define swap(a, b) do { __typeof__(a) swap_t = (a); (a) = (b); (b) = swap_t; } while (0)
#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define container_of(p, t, m)	((t *)((char *)(p) - offsetof(t, m)))
#define sizeof_field(t, m)	sizeof(((t *)0)->m)
#define offsetofend(t, m)	(offsetof(t, m) + sizeof_field(t, m))
#define BIT(n)			(1UL << (n))
#define BIT_ULL(n)		(1ULL << (n))
#define ALIGN_MASK(x, m)	(((x) + (m)) & ~(m))
#define ALIGN(x, a)		ALIGN_MASK(x, (__typeof__(x))(a) - 1)
#define ALIGN_DOWN(x, a)	((x) & ~((__typeof__(x))(a) - 1))
#define IS_ALIGNED(x, a)	(((x) & ((__typeof__(x))(a) - 1)) == 0)
#define round_up(x, y)		((((x) - 1) | ((__typeof__(x))(y) - 1)) + 1)
#define round_down(x, y)	((x) & ~((__typeof__(x))(y) - 1))
#define DIV_ROUND_UP(n, d)	(((n) + (d) - 1) / (d))
#define check_add_overflow(a, b, d)	((bool)__builtin_add_overflow(a, b, d))
#define check_sub_overflow(a, b, d)	((bool)__builtin_sub_overflow(a, b, d))
#define check_mul_overflow(a, b, d)	((bool)__builtin_mul_overflow(a, b, d))
#define struct_size(p, m, n)	(sizeof(*(p)) + sizeof((p)->m[0]) * (n))

static inline u64 div_u64(u64 dividend, u32 divisor)
{
	return dividend / divisor;
}

/* Errors in pointers. */
static inline void *ERR_PTR(long error)
{
	return (void *)error;
}

static inline long PTR_ERR(const void *ptr)
{
	return (long)ptr;
}

#define IS_ERR_VALUE(x)		unlikely((unsigned long)(void *)(x) >= (unsigned long)-MAX_ERRNO)

static inline bool IS_ERR(const void *ptr)
{
	return IS_ERR_VALUE((unsigned long)ptr);
}

static inline bool IS_ERR_OR_NULL(const void *ptr)
{
	return !ptr || IS_ERR(ptr);
}

static inline void *ERR_CAST(const void *ptr)
{
	return (void *)(uintptr_t)ptr;
}

/* Complaints. */
void core_user_warn(const char *file, int line, const char *what) __attribute__((__noreturn__));

#define WARN_ON(c) __extension__ ({					\
	bool warn_c = !!(c);						\
	if (warn_c)							\
		core_user_warn(__FILE__, __LINE__, #c);			\
	warn_c; })
#define WARN_ON_ONCE(c)		WARN_ON(c)
#define WARN_ONCE(c, ...)	WARN_ON(c)
#define WARN(c, ...)		WARN_ON(c)
#define BUG_ON(c)		((void)WARN_ON(c))
#define pr_warn(...)		fprintf(stderr, __VA_ARGS__)
#define pr_err(...)		fprintf(stderr, __VA_ARGS__)
#define pr_warn_once(...)	fprintf(stderr, __VA_ARGS__)

/* Locks: one thread only, so they check that they are used in pairs. */
typedef struct {
	int held;
} spinlock_t;

extern int core_user_atomic;	/* spinlocks held: nothing may sleep */
extern bool core_user_killed;	/* the caller is: what may be long ends */

static inline void spin_lock_init(spinlock_t *lock)
{
	lock->held = 0;
}

static inline void spin_lock(spinlock_t *lock)
{
	BUG_ON(lock->held);
	lock->held = 1;
	core_user_atomic++;
}

static inline void spin_unlock(spinlock_t *lock)
{
	BUG_ON(!lock->held);
	lock->held = 0;
	core_user_atomic--;
}

#define DEFINE_SPINLOCK(l)		spinlock_t l = { 0 }
#define spin_lock_irqsave(l, f)		do { (f) = 0; spin_lock(l); } while (0)
#define spin_unlock_irqrestore(l, f)	do { (void)(f); spin_unlock(l); } while (0)
#define lockdep_assert_held(l)		BUG_ON(!(l)->held)
#define lockdep_assert_held_write(l)	do { } while (0)
#define lockdep_assert_held_read(l)	do { } while (0)
#define might_sleep()			BUG_ON(core_user_atomic)
#define cond_resched()			might_sleep()

/* Memory: see support/memory.c for failing on demand and counting. */
#define GFP_KERNEL		0x1u
#define GFP_ATOMIC		0x2u
#define GFP_NOWAIT		0x4u
#define __GFP_ZERO		0x8u
#define __GFP_NOFAIL		0x10u
#define __GFP_NOWARN		0x20u
#define __GFP_ACCOUNT		0x40u
#define GFP_KERNEL_ACCOUNT	(GFP_KERNEL | __GFP_ACCOUNT)

#define SLAB_ACCOUNT		0x1u
#define SLAB_HWCACHE_ALIGN	0x2u
#define SLAB_PANIC		0x4u
#define SLAB_RECLAIM_ACCOUNT	0x8u

struct kmem_cache;

void *kmalloc(size_t size, gfp_t gfp) __attribute__((__malloc__));
void kfree(const void *ptr);
struct kmem_cache *kmem_cache_create(const char *name, unsigned int size, unsigned int align,
				     unsigned int flags, void (*ctor)(void *object));
void kmem_cache_destroy(struct kmem_cache *cache);
void *kmem_cache_alloc(struct kmem_cache *cache, gfp_t gfp);
void kmem_cache_free(struct kmem_cache *cache, void *ptr);

#define KMEM_CACHE(s, f) \
	kmem_cache_create(#s, sizeof(struct s), __alignof__(struct s), f, NULL)
#define kmem_cache_zalloc(c, g)	kmem_cache_alloc(c, (g) | __GFP_ZERO)
#define kzalloc(s, g)		kmalloc(s, (g) | __GFP_ZERO)

static inline void *kmalloc_array(size_t n, size_t size, gfp_t gfp)
{
	size_t bytes;

	if (check_mul_overflow(n, size, &bytes))
		return NULL;
	return kmalloc(bytes, gfp);
}

#define kcalloc(n, s, g)	kmalloc_array(n, s, (g) | __GFP_ZERO)
#define kvmalloc(s, g)		kmalloc(s, g)
#define kvzalloc(s, g)		kzalloc(s, g)
#define kvmalloc_array(n, s, g)	kmalloc_array(n, s, g)
#define kvcalloc(n, s, g)	kcalloc(n, s, g)
#define kvfree(p)		kfree(p)

/*
 * Values of the system calls that this machine's C library may not know yet. What the kernel's own
 * headers may lack, too, is in module/core/values.h.
 */
#ifndef MAP_32BIT
#define MAP_32BIT		0x40
#endif
#ifndef MAP_UNINITIALIZED
#define MAP_UNINITIALIZED	0x4000000
#endif
#ifndef MAP_HUGE_2MB
#define MAP_HUGE_2MB		(21U << 26)
#endif
#ifndef MAP_HUGE_1GB
#define MAP_HUGE_1GB		(30U << 26)
#endif
#ifndef MAP_HUGE_SHIFT
#define MAP_HUGE_SHIFT		26
#define MAP_HUGE_MASK		0x3f
#endif
#ifndef PROT_SEM
#define PROT_SEM		0x8
#endif
#ifndef MADV_POPULATE_READ
#define MADV_POPULATE_READ	22
#define MADV_POPULATE_WRITE	23
#endif
#ifndef MCL_ONFAULT
#define MCL_ONFAULT		4
#endif
#ifndef MLOCK_ONFAULT
#define MLOCK_ONFAULT		0x01
#endif

#endif /* SVMA_CORE_USER_H */
