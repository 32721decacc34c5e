/* SPDX-License-Identifier: GPL-2.0 WITH Linux-syscall-note */
/*
 * Shadow VMA: private address spaces as objects.
 *
 * Two kinds of descriptor take these ioctls:
 *
 *   machine   one open of /dev/svma: RAM, swap, overcommit policy, commit counter
 *   space     made by SVMA_IOC_SPACE_CREATE: one private address space
 *
 * Conventions, the same for every struct here:
 *
 *  - the size in the ioctl number is the size of the caller's struct; a shorter
 *    struct than the module knows is taken as zero-extended as long as it holds
 *    the first version (else EINVAL), a longer one is taken when its unknown
 *    tail is zero (else E2BIG);
 *  - addresses and lengths are bytes, page offsets are pages, "end" is exclusive;
 *  - values of PROT_, MAP_, MREMAP_, MADV_, MCL_ and MLOCK_ are the kernel's own;
 *  - fields named "flags" that are SVMA's own, and fields named "reserved", must
 *    hold no unknown bit (EOPNOTSUPP for flags, EINVAL for reserved);
 *  - a memory verb that fails gives the errno which the profile's kernel gives,
 *    and leaves the space as that kernel would leave an address space.
 *
 * Errno values that are not a verb's own: ENOTTY unknown ioctl number, EINVAL
 * struct too short or reserved field set, E2BIG non-zero unknown tail, EOPNOTSUPP
 * unknown flag or a feature that this space does not have, EFAULT struct or buffer
 * not accessible, EINTR killed while waiting, ENOMEM no kernel memory.
 */
#ifndef _UAPI_LINUX_SVMA_H
#define _UAPI_LINUX_SVMA_H

#include <linux/ioctl.h>
#include <linux/types.h>

#define SVMA_ABI_VERSION	1
#define SVMA_IOC_TYPE		0xE9
#define SVMA_DEVICE		"/dev/svma"

/* Profiles: whose rules a space follows. */
/* the running kernel's, or those of another kernel version */
#define SVMA_PROFILE_HOST	0
#define SVMA_PROFILE_CLASSIC	1	/* Linux 2.6.24's, as its documentation has them */

/* A kernel version in one number, as KERNEL_VERSION() makes it. */
#define SVMA_KERNEL(major, minor)	(((major) << 16) | ((minor) << 8))

/* Features told by SVMA_IOC_INFO. */
#define SVMA_FEATURE_REGIONS	(1ULL << 0)	/* the memory verbs on regions */
#define SVMA_FEATURE_WINDOWS	(1ULL << 1)	/* anonymous pages, mmap of a space */
#define SVMA_FEATURE_RW		(1ULL << 2)	/* pread and pwrite on a space */
#define SVMA_FEATURE_TASK	(1ULL << 3)	/* SVMA_IOC_TASK and SVMA_IOC_TASK_REGIONS */
#define SVMA_FEATURE_SNAPSHOT	(1ULL << 4)	/* fork of pages, snapshot, restore */
#define SVMA_FEATURE_PAGES	(1ULL << 5)	/* SVMA_IOC_PAGES and SVMA_IOC_SMAPS */
#define SVMA_FEATURE_BATCH	(1ULL << 6)	/* SVMA_IOC_BATCH */
#define SVMA_FEATURE_TRANSFER	(1ULL << 7)	/* SVMA_IOC_TRANSFER */
#define SVMA_FEATURE_READY	(1ULL << 8)	/* SVMA_SPACE_READY */

/**
 * struct svma_info - ioctl(SVMA_IOC_INFO), on machines and spaces
 * @abi_version: out: SVMA_ABI_VERSION of the module
 * @kernel: out: version of the running kernel, as SVMA_KERNEL() makes it
 * @features: out: SVMA_FEATURE_* bits
 * @page_size: out: bytes in a page
 * @huge_page_size: out: bytes in a large page
 */
struct svma_info {
	__u32 abi_version;
	__u32 kernel;
	__u64 features;
	__u32 page_size;
	__u32 huge_page_size;
};

/* Overcommit modes, the values of /proc/sys/vm/overcommit_memory. */
#define SVMA_OVERCOMMIT_GUESS	0
#define SVMA_OVERCOMMIT_ALWAYS	1
#define SVMA_OVERCOMMIT_NEVER	2

/* Bits of svma_machine.told. */
#define SVMA_MACHINE_RAM		(1ULL << 0)
#define SVMA_MACHINE_FREE		(1ULL << 1)
#define SVMA_MACHINE_CACHE		(1ULL << 2)
#define SVMA_MACHINE_RECLAIMABLE	(1ULL << 3)
#define SVMA_MACHINE_SWAP		(1ULL << 4)
#define SVMA_MACHINE_HUGE		(1ULL << 5)
#define SVMA_MACHINE_HUGE_FREE		(1ULL << 6)
#define SVMA_MACHINE_MODE		(1ULL << 7)
#define SVMA_MACHINE_RATIO		(1ULL << 8)
#define SVMA_MACHINE_KBYTES		(1ULL << 9)
#define SVMA_MACHINE_ADMIN_RESERVE	(1ULL << 10)
#define SVMA_MACHINE_USER_RESERVE	(1ULL << 11)
#define SVMA_MACHINE_ALL		((1ULL << 12) - 1)

/**
 * struct svma_machine - ioctl(SVMA_IOC_MACHINE_GET), ioctl(SVMA_IOC_MACHINE_SET)
 * @told: in (SET): which fields to set; out (GET): which fields were set by a
 *        caller, the others hold defaults
 * @ram: pages of memory (MemTotal)
 * @free: free pages (MemFree), read by the overcommit heuristic of the classic profile
 * @cache: pages of the page cache (Cached)
 * @reclaimable: pages of reclaimable slab (SReclaimable)
 * @swap: pages of swap (SwapTotal)
 * @huge: huge pages in the reserve, in pages of the base size
 * @huge_free: of these, not in use
 * @overcommit_kbytes: if not zero, used in place of the ratio (KiB)
 * @admin_reserve: pages kept for the administrator in strict mode
 * @user_reserve: pages kept for recovery in strict mode
 * @committed: out: pages charged by all spaces of the machine
 * @commit_limit: out: pages that strict mode allows
 * @overcommit_mode: SVMA_OVERCOMMIT_*
 * @overcommit_ratio: percent of RAM, strict mode
 * @huge_reserved: out: of @huge_free, reserved by spaces of the machine
 *
 * Errors of SET: EINVAL for a mode that does not exist, EOPNOTSUPP for unknown bits in @told.
 */
struct svma_machine {
	__u64 told;
	__u64 ram;
	__u64 free;
	__u64 cache;
	__u64 reclaimable;
	__u64 swap;
	__u64 huge;
	__u64 huge_free;
	__u64 overcommit_kbytes;
	__u64 admin_reserve;
	__u64 user_reserve;
	__u64 committed;
	__u64 commit_limit;
	__u32 overcommit_mode;
	__u32 overcommit_ratio;
	__u64 huge_reserved;
};

/* Flags of svma_space_create. */
#define SVMA_SPACE_LAYOUT	(1u << 0)	/* regions only: no pages, no windows, any file */
/* another processor keeps zeroed pages ready for its faults: up to 2 MiB, charged as its pages */
#define SVMA_SPACE_READY	(1u << 1)

/**
 * struct svma_space_create - ioctl(SVMA_IOC_SPACE_CREATE), on a machine
 * @flags: SVMA_SPACE_*
 * @profile: SVMA_PROFILE_*
 * @kernel: host profile: version of the kernel whose rules to follow, 0 for the running one
 * @fd: out: descriptor of the new, empty space, close-on-exec
 *
 * The space starts with the caller's resource limits and the layout defaults of x86-64; see
 * struct svma_layout for how to tell it better. With SVMA_SPACE_READY a first touch need not zero
 * a page: a worker of the kernel has done it on another processor, from the first fault on and as
 * long as there is free memory. Its forks and snapshots have none ready.
 * Errors: EINVAL unknown profile, a kernel older than any known rule, or both flags; EMFILE,
 * ENFILE, ENOMEM.
 */
struct svma_space_create {
	__u32 flags;
	__u32 profile;
	__u32 kernel;
	__s32 fd;
};

/* Values of svma_layout.direction. */
#define SVMA_TOPDOWN	0
#define SVMA_BOTTOMUP	1

/* Bits of svma_layout.personality. */
#define SVMA_READ_IMPLIES_EXEC	(1u << 0)	/* PROT_READ brings PROT_EXEC */
#define SVMA_CAP_IPC_LOCK	(1u << 1)	/* may lock beyond the limit */
#define SVMA_CAP_SYS_ADMIN	(1u << 2)	/* admin reserve does not bind */
#define SVMA_BRK_COMPAT		(1u << 3)	/* brk starts at end_data, not randomised */
#define SVMA_CAP_SYS_RESOURCE	(1u << 4)
#define SVMA_CAP_SYS_RAWIO	(1u << 5)	/* may map below mmap_min_addr */
#define SVMA_EXEC_KEY		(1u << 6)	/* PROT_EXEC alone brings a protection key */
#define SVMA_THP_ALWAYS		(1u << 7)	/* large pages also where nobody asks for them */
#define SVMA_THP_NEVER		(1u << 8)	/* no large pages, not even where asked for */
#define SVMA_DENY_WRITE_EXEC	(1u << 9)	/* nothing becomes executable (PR_SET_MDWE) */
#define SVMA_MERGEABLE_ALL	(1u << 10)	/* all are mergeable (PR_SET_MEMORY_MERGE) */
#define SVMA_UFFD_REMAP		(1u << 11)	/* UFFD_FEATURE_EVENT_REMAP was asked for */
#define SVMA_UFFD_FORK		(1u << 12)	/* UFFD_FEATURE_EVENT_FORK was asked for */
#define SVMA_EXEC_KEY_SHIFT	16		/* the key of SVMA_EXEC_KEY; 0: the first */
#define SVMA_EXEC_KEY_MASK	15u

/* Bits of svma_layout.told: one for each field below it, in order. */
#define SVMA_LAYOUT_LOW			(1ULL << 0)
#define SVMA_LAYOUT_HIGH		(1ULL << 1)
#define SVMA_LAYOUT_MMAP_BASE		(1ULL << 2)
#define SVMA_LAYOUT_LEGACY_BASE		(1ULL << 3)
#define SVMA_LAYOUT_MIN_ADDR		(1ULL << 4)
#define SVMA_LAYOUT_START_CODE		(1ULL << 5)
#define SVMA_LAYOUT_END_CODE		(1ULL << 6)
#define SVMA_LAYOUT_START_DATA		(1ULL << 7)
#define SVMA_LAYOUT_END_DATA		(1ULL << 8)
#define SVMA_LAYOUT_START_BRK		(1ULL << 9)
#define SVMA_LAYOUT_BRK			(1ULL << 10)
#define SVMA_LAYOUT_STACK_TOP		(1ULL << 11)
#define SVMA_LAYOUT_GUARD_GAP		(1ULL << 12)
#define SVMA_LAYOUT_LIMIT_AS		(1ULL << 13)
#define SVMA_LAYOUT_LIMIT_DATA		(1ULL << 14)
#define SVMA_LAYOUT_LIMIT_STACK		(1ULL << 15)
#define SVMA_LAYOUT_LIMIT_MEMLOCK	(1ULL << 16)
#define SVMA_LAYOUT_MAX_MAP_COUNT	(1ULL << 17)
#define SVMA_LAYOUT_DIRECTION		(1ULL << 18)
#define SVMA_LAYOUT_PERSONALITY		(1ULL << 19)
#define SVMA_LAYOUT_DEF_FLAGS		(1ULL << 20)
#define SVMA_LAYOUT_ALL			((1ULL << 21) - 1)

/**
 * struct svma_layout - ioctl(SVMA_IOC_LAYOUT_GET), ioctl(SVMA_IOC_LAYOUT_SET), on a space
 * @told: in (SET): which fields to set; out (GET): which fields were set by a caller, the others
 *         hold defaults
 * @low: lowest address of the space
 * @high: end of the space (TASK_SIZE), exclusive; 1 << 47 less a page by default
 * @mmap_base: top-down: free regions lie below it; bottom-up: they start at it
 * @legacy_base: where the search starts when nothing fits below @mmap_base
 * @min_addr: lowest address that a hint or a fixed mapping may have (vm.mmap_min_addr)
 * @start_code: lowest address of program text
 * @end_code: end of program text
 * @start_data: lowest address of program data, for the data limit of brk
 * @end_data: end of program data
 * @start_brk: start of the heap
 * @brk: end of the heap (byte, not page)
 * @stack_top: address in the region that is the stack (start_stack)
 * @guard_gap: bytes kept free below a region that grows down
 * @limit_as: RLIMIT_AS, bytes; ~0 is no limit, as in the following
 * @limit_data: RLIMIT_DATA, bytes
 * @limit_stack: RLIMIT_STACK, bytes
 * @limit_memlock: RLIMIT_MEMLOCK, bytes
 * @max_map_count: greatest number of regions (vm.max_map_count)
 * @direction: SVMA_TOPDOWN or SVMA_BOTTOMUP
 * @personality: SVMA_READ_IMPLIES_EXEC, SVMA_CAP_*, SVMA_BRK_COMPAT, SVMA_EXEC_KEY (and which key
 *	above SVMA_EXEC_KEY_SHIFT), SVMA_THP_*, SVMA_DENY_WRITE_EXEC,
 *	SVMA_MERGEABLE_ALL: when that comes, each region that can be becomes SVMA_VM_MERGEABLE, as
 *	new ones do; when it goes, none is any more; SVMA_UFFD_*: what moves, or what a child has,
 *	stays registered with userfaultfd
 * @def_flags: region flags (SVMA_VM_*) that every new region gets (mlockall)
 *
 * Errors of SET: EINVAL for an address that is no multiple of a page where it must be, a limit
 * above the address space, low not below high; EOPNOTSUPP for unknown bits.
 */
struct svma_layout {
	__u64 told;
	__u64 low;
	__u64 high;
	__u64 mmap_base;
	__u64 legacy_base;
	__u64 min_addr;
	__u64 start_code;
	__u64 end_code;
	__u64 start_data;
	__u64 end_data;
	__u64 start_brk;
	__u64 brk;
	__u64 stack_top;
	__u64 guard_gap;
	__u64 limit_as;
	__u64 limit_data;
	__u64 limit_stack;
	__u64 limit_memlock;
	__u64 max_map_count;
	__u32 direction;
	__u32 personality;
	__u64 def_flags;
};

/* Region flags. A region's own; the numbers are not those of any kernel. */
#define SVMA_VM_READ		(1ULL << 0)
#define SVMA_VM_WRITE		(1ULL << 1)
#define SVMA_VM_EXEC		(1ULL << 2)
#define SVMA_VM_SHARED		(1ULL << 3)
#define SVMA_VM_MAYREAD		(1ULL << 4)
#define SVMA_VM_MAYWRITE	(1ULL << 5)
#define SVMA_VM_MAYEXEC		(1ULL << 6)
#define SVMA_VM_MAYSHARE	(1ULL << 7)
#define SVMA_VM_GROWSDOWN	(1ULL << 8)
#define SVMA_VM_GROWSUP		(1ULL << 9)
#define SVMA_VM_LOCKED		(1ULL << 10)
#define SVMA_VM_LOCKONFAULT	(1ULL << 11)
#define SVMA_VM_SEQ_READ	(1ULL << 12)
#define SVMA_VM_RAND_READ	(1ULL << 13)
#define SVMA_VM_DONTCOPY	(1ULL << 14)
#define SVMA_VM_DONTEXPAND	(1ULL << 15)
#define SVMA_VM_ACCOUNT		(1ULL << 16)
#define SVMA_VM_NORESERVE	(1ULL << 17)
#define SVMA_VM_HUGETLB		(1ULL << 18)
#define SVMA_VM_SYNC		(1ULL << 19)
#define SVMA_VM_WIPEONFORK	(1ULL << 20)
#define SVMA_VM_DONTDUMP	(1ULL << 21)
#define SVMA_VM_HUGEPAGE	(1ULL << 22)
#define SVMA_VM_NOHUGEPAGE	(1ULL << 23)
#define SVMA_VM_MERGEABLE	(1ULL << 24)
#define SVMA_VM_SEALED		(1ULL << 25)
#define SVMA_VM_DROPPABLE	(1ULL << 26)
#define SVMA_VM_IO		(1ULL << 27)
#define SVMA_VM_PFNMAP		(1ULL << 28)
#define SVMA_VM_MIXEDMAP	(1ULL << 29)
#define SVMA_VM_STACK		(1ULL << 30)	/* the stack that exec made */
#define SVMA_VM_GUARDED		(1ULL << 31)	/* may hold guard pages (madvise GUARD_INSTALL) */
#define SVMA_VM_SPECIAL		(1ULL << 32)	/* made by the kernel itself: vdso, vvar, uprobes */
#define SVMA_VM_SHMEM		(1ULL << 33)	/* backed by shared anonymous memory of its own */
/*
 * Registered with userfaultfd(2), of which spaces know nothing but this: told by SVMA_IOC_IMPORT,
 * it keeps regions apart, and neither fork nor mremap takes it along.
 */
#define SVMA_VM_UFFD_MISSING	(1ULL << 34)
#define SVMA_VM_UFFD_WP		(1ULL << 35)
#define SVMA_VM_UFFD_MINOR	(1ULL << 36)
#define SVMA_VM_UFFD_RWP	(1ULL << 37)
#define SVMA_VM_UFFD		(15ULL << 34)
#define SVMA_VM_PKEY_SHIFT	60		/* protection key, 4 bits */
#define SVMA_VM_PKEY_MASK	(15ULL << SVMA_VM_PKEY_SHIFT)

/**
 * struct svma_region - a region as the listing and the lookup tell it
 * @start: first address
 * @end: end address, exclusive
 * @flags: SVMA_VM_*
 * @pgoff: offset of @start in the backing, pages; for anonymous private regions the page number
 *         that the region had when it was made
 * @inode: inode number of the file, 0 for anonymous
 * @dev_major: major number of its device
 * @dev_minor: minor number of its device
 * @anon: identity of the region's reverse map for anonymous pages; 0: never written
 * @anon_flags: SVMA_ANON_*
 * @resident: pages present, only filled by the lookup
 */
struct svma_region {
	__u64 start;
	__u64 end;
	__u64 flags;
	__u64 pgoff;
	__u64 inode;
	__u32 dev_major;
	__u32 dev_minor;
	__u32 anon;
	__u32 anon_flags;
	__u64 resident;
};

/* Bits of anon_flags. */
/* more than one reverse map: inherited by or from a fork */
#define SVMA_ANON_FORKED	(1u << 0)
/* the file wants to know when a region ends, which restricts merging */
#define SVMA_ANON_CLOSES	(1u << 1)

/**
 * struct svma_mmap - ioctl(SVMA_IOC_MMAP), on a space: mmap(2)
 * @addr: in: address or hint; out: start of the new mapping
 * @len: bytes
 * @offset: bytes
 * @prot: PROT_*
 * @flags: MAP_*
 * @fd: file to map, unless MAP_ANONYMOUS
 * @reserved: zero
 *
 * Errors: those of mmap(2), in the kernel's order. EOPNOTSUPP also for a descriptor of a space, and
 * in a space with pages for files of devices, of huge pages and on DAX, and for MAP_SHARED of a
 * file that is open for writing with O_APPEND or O_DIRECT and is neither of shmem, tmpfs nor memfd;
 * ENOMEM if it cannot be watched.
 */
struct svma_mmap {
	__u64 addr;
	__u64 len;
	__u64 offset;
	__u32 prot;
	__u32 flags;
	__s32 fd;
	__u32 reserved;
};

/**
 * struct svma_munmap - ioctl(SVMA_IOC_MUNMAP), on a space: munmap(2)
 * @addr: first address
 * @len: bytes
 *
 * Errors: EINVAL, ENOMEM (a split would exceed the map count), EPERM (sealed region).
 */
struct svma_munmap {
	__u64 addr;
	__u64 len;
};

/**
 * struct svma_mprotect - ioctl(SVMA_IOC_MPROTECT), on a space: mprotect(2), pkey_mprotect(2)
 * @addr: first address
 * @len: bytes
 * @prot: PROT_*, PROT_GROWSDOWN, PROT_GROWSUP
 * @pkey: protection key, -1 for none
 *
 * Errors: EINVAL, ENOMEM (hole, map count, commit), EACCES (MAY flags), EPERM (sealed).
 */
struct svma_mprotect {
	__u64 addr;
	__u64 len;
	__u32 prot;
	__s32 pkey;
};

/**
 * struct svma_brk - ioctl(SVMA_IOC_BRK), on a space: the brk system call
 * @brk: in: wanted end of the heap; out: the end that the space has now
 *
 * As the system call, this does not fail: an unchanged @brk tells.
 */
struct svma_brk {
	__u64 brk;
};

/**
 * struct svma_mremap - ioctl(SVMA_IOC_MREMAP), on a space: mremap(2)
 * @old_addr: start of the mapping
 * @old_len: bytes
 * @new_len: bytes
 * @new_addr: in: with MREMAP_FIXED or as a hint; out: start of the mapping now
 * @flags: MREMAP_*
 * @reserved: zero
 *
 * Errors: those of mremap(2).
 */
struct svma_mremap {
	__u64 old_addr;
	__u64 old_len;
	__u64 new_len;
	__u64 new_addr;
	__u64 flags;
	__u64 reserved;
};

/**
 * struct svma_madvise - ioctl(SVMA_IOC_MADVISE), on a space: madvise(2)
 * @addr: first address
 * @len: bytes
 * @advice: MADV_*
 * @reserved: zero
 *
 * Errors: those of madvise(2).
 */
struct svma_madvise {
	__u64 addr;
	__u64 len;
	__u32 advice;
	__u32 reserved;
};

/* Values of svma_lock.op. */
#define SVMA_MLOCK	0	/* mlock(2), mlock2(2): @flags MLOCK_ONFAULT */
#define SVMA_MUNLOCK	1
#define SVMA_MLOCKALL	2	/* @flags MCL_* */
#define SVMA_MUNLOCKALL	3

/**
 * struct svma_lock - ioctl(SVMA_IOC_LOCK), on a space: mlock(2) and its kin
 * @addr: first address
 * @len: bytes
 * @op: SVMA_MLOCK, SVMA_MUNLOCK, SVMA_MLOCKALL, SVMA_MUNLOCKALL
 * @flags: MLOCK_ONFAULT or MCL_*
 *
 * Errors: those of mlock(2).
 */
struct svma_lock {
	__u64 addr;
	__u64 len;
	__u32 op;
	__u32 flags;
};

/**
 * struct svma_lookup - ioctl(SVMA_IOC_LOOKUP), on a space
 * @addr: address
 * @reserved: zero
 * @region: out: the region that holds @addr, or the first one above it
 *
 * Errors: ENOENT there is none.
 */
struct svma_lookup {
	__u64 addr;
	__u64 reserved;
	struct svma_region region;
};

/**
 * struct svma_regions - ioctl(SVMA_IOC_REGIONS), on a space: list regions
 * @start: in: list regions that end above this address; out: where to go on for the rest
 * @end: list regions that start below this address
 * @buf: user pointer to an array of struct svma_region
 * @count: in: entries that @buf has room for; out: entries filled
 * @more: out: 1 if there are more
 *
 * A listing that fits the buffer is one consistent picture.
 */
struct svma_regions {
	__u64 start;
	__u64 end;
	__u64 buf;
	__u32 count;
	__u32 more;
};

/**
 * struct svma_import - ioctl(SVMA_IOC_IMPORT), on a space: add a region as it is
 * @start: first address
 * @end: end address
 * @flags: SVMA_VM_*
 * @pgoff: offset in the backing, pages
 * @fd: file, or -1
 * @anon: identity of the reverse map, 0 for never written
 * @anon_flags: SVMA_ANON_*
 * @reserved: zero
 *
 * For layouts that no verb makes (what exec leaves behind). No placement, no merge, no limit but
 * the map count.
 * @flags without SVMA_VM_ACCOUNT charges nothing.
 * Errors: EINVAL not page aligned or outside the space or unknown flag, EEXIST overlap, ENOMEM.
 */
struct svma_import {
	__u64 start;
	__u64 end;
	__u64 flags;
	__u64 pgoff;
	__s32 fd;
	__u32 anon;
	__u32 anon_flags;
	__u32 reserved;
};

/**
 * struct svma_anon - ioctl(SVMA_IOC_ANON), on a space: tell which private regions were written
 * @start: an address in the region
 * @anon: identity of its reverse map, as SVMA_IOC_TASK_REGIONS tells it; 0 for never written
 * @anon_flags: SVMA_ANON_*
 *
 * Two private regions merge only if their reverse maps agree, and a region gets one when it is
 * first written; who follows a traced program tells the space so. Errors: ENOENT no region at
 * @start.
 */
struct svma_anon {
	__u64 start;
	__u32 anon;
	__u32 anon_flags;
};

/**
 * struct svma_grow - ioctl(SVMA_IOC_GROW), on a space: what a fault at an address does to the
 * regions
 * @addr: address of the access
 *
 * A region that grows down is extended to hold @addr if its limits and the guard gap allow.
 * Errors: EFAULT outside any region that could grow to @addr, ENOMEM a limit forbids.
 */
struct svma_grow {
	__u64 addr;
};

/**
 * struct svma_stats - ioctl(SVMA_IOC_STATS), on a space: totals
 * @regions: number of regions
 * @total: pages in all regions
 * @locked: pages in locked regions
 * @data: pages in private writable regions
 * @exec: pages in regions of program text
 * @stack: pages in stack regions
 * @committed: pages charged against the machine
 * @resident: pages present
 * @windows: windows on the space, in all processes
 * @splits: regions split since the space was made
 * @merges: regions merged
 * @faults: faults taken in windows
 * @free_area_cache: classic: where the next free-area search starts
 * @cached_hole_size: classic: largest hole below it
 * @cache_hits: classic: look-ups answered by the last-found region
 * @cache_misses: classic: look-ups that were not
 * @memory: bytes of kernel memory for regions and their index
 * @reclaimed: pages given back when memory was short
 * @huge_entries: hardware entries of 2 MiB made in windows since the space was made
 * @kept: pages kept for what comes next, charged to the space's creator and in no region
 */
struct svma_stats {
	__u64 regions;
	__u64 total;
	__u64 locked;
	__u64 data;
	__u64 exec;
	__u64 stack;
	__u64 committed;
	__u64 resident;
	__u64 windows;
	__u64 splits;
	__u64 merges;
	__u64 faults;
	__u64 free_area_cache;
	__u64 cached_hole_size;
	__u64 cache_hits;
	__u64 cache_misses;
	__u64 memory;
	__u64 reclaimed;
	__u64 huge_entries;
	__u64 kept;
};

/**
 * struct svma_window_fill - ioctl(SVMA_IOC_WINDOW_FILL), on a space: enter present pages in the
 * caller's window
 * @addr: address in the caller's process, in a window on this very space; page aligned
 * @len: bytes, a multiple of the page size
 * @filled: out: pages entered
 *
 * Pages that are present get their hardware entries at once, contiguous runs in one call of
 * remap_pfn_range(); pages that are not present, or not allowed, stay out.
 * Errors: EINVAL not aligned or not wholly in a window of this space, EINTR.
 */
struct svma_window_fill {
	__u64 addr;
	__u64 len;
	__u64 filled;
};

/* Bits of svma_page.flags. */
#define SVMA_PAGE_PRESENT	(1u << 0)	/* a page */
/* no page, but windows may show the zero page, of this space or of one that shares the node */
#define SVMA_PAGE_ZERO		(1u << 1)
#define SVMA_PAGE_GUARD		(1u << 2)	/* a guard: no access */
/* another space, a snapshot or the page cache has the page, too, or a node above it */
#define SVMA_PAGE_SHARED	(1u << 3)
#define SVMA_PAGE_FILE		(1u << 4)	/* came from a file */
#define SVMA_PAGE_FOREIGN	(1u << 5)	/* is the page cache's own */
#define SVMA_PAGE_DIRTY		(1u << 6)	/* foreign, and to be written to its file */
/* no longer what the file has; nothing shows it, the next touch replaces it or is SIGBUS */
#define SVMA_PAGE_OUTDATED	(1u << 7)
#define SVMA_PAGE_ENTRY		(1u << 8)	/* the caller's window has a hardware entry */
#define SVMA_PAGE_ENTRY_WRITE	(1u << 9)	/* which lets writes through */
#define SVMA_PAGE_ENTRY_OTHER	(1u << 10)	/* which shows something else: must never be */
/* of 512 pages below one node that lie together in memory, so that one entry can show them */
#define SVMA_PAGE_HUGE		(1u << 11)
#define SVMA_PAGE_ENTRY_HUGE	(1u << 12)	/* the hardware entry is one of 2 MiB */

/**
 * struct svma_page - an entry of a space's page table
 * @addr: address of the page
 * @frame: page frame number, for callers with CAP_SYS_ADMIN; else, and without a page, 0
 * @pgoff: offset in the file or in the shared memory, pages; 0 for private anonymous memory
 * @flags: SVMA_PAGE_*
 * @shares: entries of page tables of spaces and snapshots that refer to the page; 0 for foreign
 *          pages and without a page
 * @node_shares: the most that refer to one of the nodes above it, which share all that is below
 * @reserved: zero
 */
struct svma_page {
	__u64 addr;
	__u64 frame;
	__u64 pgoff;
	__u32 flags;
	__u32 shares;
	__u32 node_shares;
	__u32 reserved;
};

/**
 * struct svma_page_list - ioctl(SVMA_IOC_PAGES), on a space: list the entries of its page table
 * @start: in: list pages that end above this address; out: where to go on for the rest
 * @end: list pages that start below this address
 * @buf: user pointer to an array of struct svma_page
 * @window: any address of the caller in a window on this space, to ask for hardware entries; or 0
 * @count: in: entries that @buf has room for; out: entries filled
 * @more: out: 1 if there are more
 * @flags: none yet
 * @reserved: zero
 *
 * Hardware entries are looked for where the caller's address lies as far from @window as the page
 * from what @window shows, if a window on this space is there. The zero page that a window on a
 * snapshot shows has no entry in the page table, and is not listed.
 *
 * A long listing gives others a turn in between, and is not one picture then. Errors: EINVAL
 * @window lies in no window on this space, EFAULT, EINTR, ENOMEM.
 */
struct svma_page_list {
	__u64 start;
	__u64 end;
	__u64 buf;
	__u64 window;
	__u32 count;
	__u32 more;
	__u32 flags;
	__u32 reserved;
};

/**
 * struct svma_smap - a region and its pages
 * @region: the region, @resident filled: pages present, which is @shared and @unshared together
 * @shared: pages that another space, a snapshot or the page cache has, too
 * @unshared: pages that this space alone has
 * @locked: pages present, if the region is locked
 * @zero: no page, but windows may show the zero page
 * @guards: guards
 * @foreign: of the shared ones, the page cache's own
 * @huge: pages of those present that are SVMA_PAGE_HUGE
 */
struct svma_smap {
	struct svma_region region;
	__u64 shared;
	__u64 unshared;
	__u64 locked;
	__u64 zero;
	__u64 guards;
	__u64 foreign;
	__u64 huge;
};

/**
 * struct svma_smaps - ioctl(SVMA_IOC_SMAPS), on a space: list regions with their pages counted
 * @start: in: list regions that end above this address; out: where to go on for the rest
 * @end: list regions that start below this address
 * @buf: user pointer to an array of struct svma_smap
 * @count: in: entries that @buf has room for; out: entries filled
 * @more: out: 1 if there are more
 *
 * Looks at each entry of the page table. Each region is one picture; between regions others may
 * have a turn. Errors: EFAULT, EINTR, ENOMEM.
 */
struct svma_smaps {
	__u64 start;
	__u64 end;
	__u64 buf;
	__u32 count;
	__u32 more;
};

/**
 * struct svma_task - ioctl(SVMA_IOC_TASK), on a machine: the layout of a traced task, for its
 * tracer only
 * @pid: thread id, in the caller's pid namespace
 * @reserved: zero
 * @mmap_base: out, as all that follow: see struct svma_layout
 * @legacy_base: start of the bottom-up search
 * @high: end of the address space
 * @start_code: see struct svma_layout
 * @end_code: see struct svma_layout
 * @start_data: see struct svma_layout
 * @end_data: see struct svma_layout
 * @start_brk: see struct svma_layout
 * @brk: see struct svma_layout
 * @stack_top: see struct svma_layout
 * @direction: SVMA_TOPDOWN or SVMA_BOTTOMUP
 * @map_count: number of regions
 * @total: pages in all regions
 * @locked: pages in locked regions
 * @data: pages that count against the data limit
 * @def_flags: SVMA_VM_LOCKED, SVMA_VM_LOCKONFAULT, SVMA_VM_MERGEABLE, SVMA_VM_NOHUGEPAGE
 * @mm: identity of the address space: equal for tasks that share one
 *
 * Errors: ESRCH no such task or it has no address space, EPERM the caller does not trace it.
 */
struct svma_task {
	__s32 pid;
	__u32 reserved;
	__u64 mmap_base;
	__u64 legacy_base;
	__u64 high;
	__u64 start_code;
	__u64 end_code;
	__u64 start_data;
	__u64 end_data;
	__u64 start_brk;
	__u64 brk;
	__u64 stack_top;
	__u32 direction;
	__u32 map_count;
	__u64 total;
	__u64 locked;
	__u64 data;
	__u64 def_flags;
	__u64 mm;
};

/**
 * struct svma_task_region - one region of a traced task
 * @start: first address
 * @end: end address
 * @pgoff: offset, pages, as the kernel keeps it (also for anonymous regions)
 * @flags: SVMA_VM_* as far as they are known to SVMA
 * @file: identity of the open file description, 0 for none: equal if and only if the kernel would
 *         call them the same
 * @anon: identity of the reverse map for anonymous pages, 0 for never written
 * @anon_flags: SVMA_ANON_*
 */
struct svma_task_region {
	__u64 start;
	__u64 end;
	__u64 pgoff;
	__u64 flags;
	__u64 file;
	__u32 anon;
	__u32 anon_flags;
};

/**
 * struct svma_task_regions - ioctl(SVMA_IOC_TASK_REGIONS), on a machine: regions of a traced task,
 * for its tracer only
 * @pid: thread id, in the caller's pid namespace
 * @count: in: entries that @buf has room for; out: entries filled
 * @start: in: list regions that end above this address; out: where to go on for the rest
 * @end: list regions that start below this address
 * @buf: user pointer to an array of struct svma_task_region
 * @more: out: 1 if there are more
 * @reserved: zero
 *
 * Identities (@file, @anon) are numbers given out by the machine, never kernel addresses; they are
 * stable as long as the machine is open. Errors: as SVMA_IOC_TASK.
 */
struct svma_task_regions {
	__s32 pid;
	__u32 count;
	__u64 start;
	__u64 end;
	__u64 buf;
	__u32 more;
	__u32 reserved;
};

#define SVMA_MATCH_ALL	(~0ULL)

/**
 * struct svma_task_match - ioctl(SVMA_IOC_TASK_MATCH), on a space: are its regions those of a
 * traced task? For its tracer only
 * @pid: thread id, in the caller's pid namespace
 * @files: out: regions of files, as far as they were looked at
 * @addr: out: the first address where the two part, SVMA_MATCH_ALL if they do nowhere
 *
 * Compared are bounds, flags, offsets, and which file is mapped. What the task's regions up to
 * @addr are known to be, as to being written, the space is told on the way (see struct svma_anon).
 * One picture only while the task and whoever else has its address space are stopped.
 *
 * Errors: as SVMA_IOC_TASK; EROFS the space is a snapshot.
 */
struct svma_task_match {
	__s32 pid;
	__u32 files;
	__u64 addr;
};

/**
 * struct svma_fork - ioctl(SVMA_IOC_FORK), on a space: what fork(2) does to an address space
 * @flags: none yet
 * @fd: out: descriptor of the new space, close-on-exec
 *
 * Private pages are shared by both until one of them writes. Windows stay on the space that they
 * were made for.
 *
 * Errors: ENOMEM also when the machine's overcommit policy refuses the copy.
 */
struct svma_fork {
	__u32 flags;
	__s32 fd;
};

/**
 * struct svma_snapshot - ioctl(SVMA_IOC_SNAPSHOT), on a space or a snapshot: a frozen copy of it
 * @flags: none yet
 * @fd: out: descriptor of the snapshot, close-on-exec, open for reading
 *
 * The copy is exact: regions with their locks and advice, layout and limits, and the contents of
 * private memory, which both share until the space writes. What is shared memory stays so: the
 * snapshot has the region, and shows what the memory holds at any time.
 *
 * A snapshot can be listed, looked into, read, mapped read-only, forked, snapshot again, and be
 * restored. What would change it is EROFS; windows and pwrite find a descriptor that is not open
 * for writing (EACCES, EBADF). It is charged to the machine as a child is.
 *
 * Errors: ENOMEM also when the machine's overcommit policy refuses it.
 */
struct svma_snapshot {
	__u32 flags;
	__s32 fd;
};

/**
 * struct svma_restore - ioctl(SVMA_IOC_RESTORE), on a space: make it what a snapshot is
 * @fd: descriptor of the snapshot
 * @flags: none yet
 *
 * Regions, layout and private contents become those of the snapshot, whichever space of the machine
 * it was taken of, and so do the profile and the kernel whose rules are followed; sealed regions
 * do not stay either. Windows show it at once. The snapshot stays, and can be restored again.
 * Nothing has changed if it fails.
 *
 * Errors: EBADF; EINVAL: no snapshot, one of another machine, or one with pages for a layout-only
 * space or the other way round; EROFS: on a snapshot; ENOMEM also when the machine's overcommit
 * policy refuses what the snapshot has more than the space.
 */
struct svma_restore {
	__s32 fd;
	__u32 flags;
};

/**
 * struct svma_changed_range - pages that differ
 * @start: first address
 * @end: end address, exclusive
 */
struct svma_changed_range {
	__u64 start;
	__u64 end;
};

/**
 * struct svma_changes - ioctl(SVMA_IOC_CHANGED), on a space or a snapshot: where another differs
 * @fd: descriptor of the other: a snapshot of this space, a child, its parent, or any
 * @count: in: entries that @buf has room for, also none; out: entries filled
 * @start: in: first address, a whole page; out: where to go on
 * @end: end address, a whole page
 * @buf: user pointer to an array of struct svma_changed_range
 * @more: out: there may be more from @start on
 * @reserved: zero
 *
 * Pages differ if one space has written to its own since both had the same. They are not compared
 * byte by byte: a page that was written with what it held before differs, and so does one that
 * two spaces wrote the same to. Memory that both share does not differ; nor do regions without
 * pages. Fewer entries than there is room for may be filled.
 *
 * What changes while it is listed may be told or not. Errors: EBADF; EINVAL: not a space, this
 * space itself, or one without pages; EFAULT, ENOMEM, EINTR.
 */
struct svma_changes {
	__s32 fd;
	__u32 count;
	__u64 start;
	__u64 end;
	__u64 buf;
	__u32 more;
	__u32 reserved;
};

/**
 * struct svma_copy - ioctl(SVMA_IOC_COPY), on a space: copy from another one by sharing pages
 * @fd: descriptor of the other, a space or a snapshot of the same machine
 * @flags: none yet
 * @from: first address in the other, a whole page
 * @to: first address in this space, a whole page
 * @len: bytes, whole pages
 * @done: out: bytes copied; fewer than @len where an error came in between
 *
 * Both ranges must be private anonymous memory, readable there and writable here. It is done in
 * pieces that end at multiples of 2 MiB in either space; a piece with an error anywhere in it is
 * not copied, so less may be done than there was before the error. What was guarded in the target
 * is guarded no more.
 *
 * Errors, before the first byte: EBADF; EINVAL: not a space, this space itself, one of another
 * machine, or one without pages; EFAULT: a hole, or protection forbids it; EOPNOTSUPP: shared
 * memory or a file; EROFS: to a snapshot; ENOMEM, EINTR.
 */
struct svma_copy {
	__s32 fd;
	__u32 flags;
	__u64 from;
	__u64 to;
	__u64 len;
	__u64 done;
};

/* What is done to a piece. */
#define SVMA_PIECE_READ		0	/* from the space, as pread */
#define SVMA_PIECE_WRITE	1	/* to the space, as pwrite */

/**
 * struct svma_piece - one range of a SVMA_IOC_TRANSFER
 * @addr: address in the space
 * @len: bytes
 * @buf: the caller's memory
 * @result: out: bytes copied, or a negative errno before the first one: EFAULT, ENOMEM; EROFS:
 *          a write to a snapshot; EINVAL: @op or @reserved
 * @op: SVMA_PIECE_*
 * @reserved: 0
 */
struct svma_piece {
	__u64 addr;
	__u64 len;
	__u64 buf;
	__s64 result;
	__u32 op;
	__u32 reserved;
};

/**
 * struct svma_transfer - ioctl(SVMA_IOC_TRANSFER), on a space: read and write many ranges
 * @pieces: array of struct svma_piece
 * @count: of them
 * @flags: none yet
 * @done: out: pieces that were copied in full
 * @reserved: 0
 * @bytes: out: sum of all that was copied
 *
 * Piece by piece, in their order, each as a pread or pwrite of its own; one that fails does not
 * keep the others from being done. Region protection binds as there.
 *
 * Errors: EFAULT: the array cannot be accessed; results before that place are written. EINTR:
 * killed. EOPNOTSUPP: a layout-only space.
 */
struct svma_transfer {
	__u64 pieces;
	__u32 count;
	__u32 flags;
	__u32 done;
	__u32 reserved;
	__u64 bytes;
};

/**
 * struct svma_sync - ioctl(SVMA_IOC_MSYNC), on a space: msync(2)
 * @addr: first address
 * @len: bytes
 * @flags: MS_*
 * @reserved: zero
 *
 * Errors: those of msync(2).
 */
struct svma_sync {
	__u64 addr;
	__u64 len;
	__u32 flags;
	__u32 reserved;
};

/**
 * struct svma_mincore - ioctl(SVMA_IOC_MINCORE), on a space: mincore(2)
 * @addr: first address
 * @len: bytes
 * @vec: user pointer to one byte for each page: bit 0 tells whether it is present
 *
 * Errors: those of mincore(2).
 */
struct svma_mincore {
	__u64 addr;
	__u64 len;
	__u64 vec;
};

/**
 * struct svma_remap_file - ioctl(SVMA_IOC_REMAP_FILE), on a space: remap_file_pages(2)
 * @addr: first address
 * @len: bytes
 * @pgoff: offset in the file, pages
 * @prot: must be zero, as for the system call
 * @flags: MAP_NONBLOCK
 *
 * Errors: those of remap_file_pages(2), which kernels emulate by a new mapping.
 */
struct svma_remap_file {
	__u64 addr;
	__u64 len;
	__u64 pgoff;
	__u32 prot;
	__u32 flags;
};

/**
 * struct svma_seal - ioctl(SVMA_IOC_MSEAL), on a space: mseal(2)
 * @addr: first address
 * @len: bytes
 * @flags: must be zero, as for the system call
 *
 * Errors: those of mseal(2); ENOSYS where the profile's kernel does not have it.
 */
struct svma_seal {
	__u64 addr;
	__u64 len;
	__u64 flags;
};

/**
 * struct svma_rmap_region - a region that maps a part of a file
 * @space: inode number of the space's descriptor
 * @start: first address
 * @end: end address
 * @pgoff: offset of @start in the file, pages
 */
struct svma_rmap_region {
	__u64 space;
	__u64 start;
	__u64 end;
	__u64 pgoff;
};

/**
 * struct svma_rmap - ioctl(SVMA_IOC_RMAP), on a machine: which regions map a part of a file
 * @fd: the file
 * @count: in: entries that @buf has room for; out: entries filled
 * @first: first page of the file that matters
 * @last: last page that matters, inclusive
 * @buf: user pointer to an array of struct svma_rmap_region
 * @after: in: the last region that is known already, all zero to begin; out: the last one told now,
 *         to go on from
 * @more: out: 1 if there are more
 * @reserved: zero
 *
 * Regions of all spaces of the machine, in the order of their first page. Errors: EBADF; EINVAL
 * @first above @last.
 */
struct svma_rmap {
	__s32 fd;
	__u32 count;
	__u64 first;
	__u64 last;
	__u64 buf;
	struct svma_rmap_region after;
	__u32 more;
	__u32 reserved;
};

/* Values of svma_step.kind, and what the other fields mean then. */
#define SVMA_STEP_SPLIT		0	/* region a..b cut at c */
#define SVMA_STEP_MERGE		1	/* range a..b joined with its neighbours, now c..d */
#define SVMA_STEP_NEW		2	/* region a..b made */
#define SVMA_STEP_DETACH	3	/* region a..b taken out */
#define SVMA_STEP_RESIZE	4	/* region a..b is now c..d */
#define SVMA_STEP_PROTECT	5	/* range a..b has flags c now, had flags d */
#define SVMA_STEP_MOVE		6	/* a..b is now at c..d */
#define SVMA_STEP_CHARGE	7	/* a pages charged */
#define SVMA_STEP_UNCHARGE	8	/* a pages given back */
#define SVMA_STEP_FOUND		9	/* a search answered a, for b bytes */
#define SVMA_STEP_UNMAP		10	/* pages and hardware entries of a..b removed */
#define SVMA_STEP_DISCARD	11	/* pages of a..b dropped, the region stays */
/*
 * Looked for a, found region b..c, which holds a or is the next above; c is 0 if there is none.
 * d is 1 if the classic profile's last-found region was the answer.
 */
#define SVMA_STEP_LOOKUP	12
/* Classic: the search for a bytes starts at b; c is the largest hole known below, ~0: not known. */
#define SVMA_STEP_SEARCH	13
#define SVMA_STEP_RESTART	14	/* classic: the next search starts at a */
#define SVMA_STEP_FORGET	15	/* classic: the last-found region, at a, is forgotten */
#define SVMA_STEP_ENTRIES	16	/* hardware entries of a..b removed, the pages stay */
#define SVMA_STEP_GUARD		17	/* a..b: guards from now on (c 1), or no longer (c 0) */
#define SVMA_STEP_ANON		18	/* region a..b was first written, its reverse map is c */
#define SVMA_STEP_COPY		19	/* fork: the child has a..b with flags c; here they are d */
#define SVMA_STEP_LEAVE		20	/* fork: the child does not have region a..b */

/**
 * struct svma_step - one step that the engine took
 * @kind: SVMA_STEP_*
 * @reserved: zero
 * @a: see there
 * @b: see there
 * @c: see there
 * @d: see there
 */
struct svma_step {
	__u32 kind;
	__u32 reserved;
	__u64 a;
	__u64 b;
	__u64 c;
	__u64 d;
};

/* svma_steps.flags */
#define SVMA_STEPS_FORGET	(1U << 0)	/* what is told now is not told again */

/**
 * struct svma_steps - ioctl(SVMA_IOC_STEPS), on a space: the steps that its last memory verb took
 * @buf: user pointer to an array of struct svma_step
 * @count: in: entries that @buf has room for; out: entries filled
 * @lost: out: steps that were taken but not told, because there were too many
 * @flags: SVMA_STEPS_*
 * @reserved: zero
 *
 * The first call switches recording on; steps are kept from then on. A verb begins anew; what comes
 * after it without being a verb that changes regions, as faults in windows and look-ups do, adds to
 * its steps. Errors: EINVAL, EOPNOTSUPP an unknown flag, EFAULT, ENOMEM, EINTR.
 */
struct svma_steps {
	__u64 buf;
	__u32 count;
	__u32 lost;
	__u32 flags;
	__u32 reserved;
};

/**
 * struct svma_op - one operation of a batch
 * @cmd: number of its ioctl, with the size of the struct: SVMA_IOC_MMAP, MUNMAP, MPROTECT, BRK,
 *         MREMAP, MADVISE, LOCK, REMAP_FILE, MSEAL
 * @error: out: 0, or a negative errno: what the ioctl alone would have had, ENOTTY for another one
 * @arg: in and out: the struct of that ioctl, its answer included
 */
struct svma_op {
	__u32 cmd;
	__s32 error;
	union {
		struct svma_mmap mmap;
		struct svma_munmap munmap;
		struct svma_mprotect mprotect;
		struct svma_brk brk;
		struct svma_mremap mremap;
		struct svma_madvise madvise;
		struct svma_lock lock;
		struct svma_remap_file remap_file;
		struct svma_seal seal;
		__u64 space[7];
	} arg;
};

/* svma_batch.flags */
#define SVMA_BATCH_GO_ON	(1U << 0)	/* also behind an operation that fails */

/**
 * struct svma_batch - ioctl(SVMA_IOC_BATCH), on a space: many memory verbs in one call
 * @ops: user pointer to an array of struct svma_op; answers are written into it
 * @count: operations in it
 * @flags: SVMA_BATCH_*
 * @done: out: operations tried, from the first on
 * @failed: out: how many of these failed
 * @reserved: zero
 *
 * The operations are done one after the other, each as its ioctl would. Without SVMA_BATCH_GO_ON
 * the first that fails is the last: @done counts it, and @failed is 1. A signal ends a batch
 * between two operations: @done is less than @count then; what is left can be given again.
 * Operations that were not tried are as they were.
 *
 * Up to 512 operations are done under one hold of the space's lock. What others see of the memory
 * in between, through windows, may be as before the first of them, until the last is done.
 *
 * Errors: EFAULT, ENOMEM, EINTR before the first operation; EFAULT if an answer cannot be written;
 * EROFS; EINVAL, EOPNOTSUPP an unknown flag. When more than 512 operations are given and memory of
 * later ones cannot be read, @done tells how far it came.
 */
struct svma_batch {
	__u64 ops;
	__u32 count;
	__u32 flags;
	__u32 done;
	__u32 failed;
	__u64 reserved;
};

/* On machines and spaces. */
#define SVMA_IOC_INFO		_IOR(SVMA_IOC_TYPE, 0x00, struct svma_info)
/* On machines. */
#define SVMA_IOC_MACHINE_GET	_IOR(SVMA_IOC_TYPE, 0x01, struct svma_machine)
#define SVMA_IOC_MACHINE_SET	_IOW(SVMA_IOC_TYPE, 0x02, struct svma_machine)
#define SVMA_IOC_SPACE_CREATE	_IOWR(SVMA_IOC_TYPE, 0x03, struct svma_space_create)
#define SVMA_IOC_TASK		_IOWR(SVMA_IOC_TYPE, 0x04, struct svma_task)
#define SVMA_IOC_TASK_REGIONS	_IOWR(SVMA_IOC_TYPE, 0x05, struct svma_task_regions)
#define SVMA_IOC_RMAP		_IOWR(SVMA_IOC_TYPE, 0x06, struct svma_rmap)
/* On spaces. */
#define SVMA_IOC_LAYOUT_GET	_IOR(SVMA_IOC_TYPE, 0x10, struct svma_layout)
#define SVMA_IOC_LAYOUT_SET	_IOW(SVMA_IOC_TYPE, 0x11, struct svma_layout)
#define SVMA_IOC_STATS		_IOR(SVMA_IOC_TYPE, 0x12, struct svma_stats)
#define SVMA_IOC_LOOKUP		_IOWR(SVMA_IOC_TYPE, 0x13, struct svma_lookup)
#define SVMA_IOC_REGIONS	_IOWR(SVMA_IOC_TYPE, 0x14, struct svma_regions)
#define SVMA_IOC_IMPORT		_IOW(SVMA_IOC_TYPE, 0x15, struct svma_import)
#define SVMA_IOC_ANON		_IOW(SVMA_IOC_TYPE, 0x16, struct svma_anon)
#define SVMA_IOC_GROW		_IOW(SVMA_IOC_TYPE, 0x17, struct svma_grow)
#define SVMA_IOC_WINDOW_FILL	_IOWR(SVMA_IOC_TYPE, 0x18, struct svma_window_fill)
#define SVMA_IOC_STEPS		_IOWR(SVMA_IOC_TYPE, 0x19, struct svma_steps)
#define SVMA_IOC_PAGES		_IOWR(SVMA_IOC_TYPE, 0x1a, struct svma_page_list)
#define SVMA_IOC_SMAPS		_IOWR(SVMA_IOC_TYPE, 0x1b, struct svma_smaps)
#define SVMA_IOC_TASK_MATCH	_IOWR(SVMA_IOC_TYPE, 0x1c, struct svma_task_match)
/* Memory verbs, on spaces. */
#define SVMA_IOC_MMAP		_IOWR(SVMA_IOC_TYPE, 0x20, struct svma_mmap)
#define SVMA_IOC_MUNMAP		_IOW(SVMA_IOC_TYPE, 0x21, struct svma_munmap)
#define SVMA_IOC_MPROTECT	_IOW(SVMA_IOC_TYPE, 0x22, struct svma_mprotect)
#define SVMA_IOC_BRK		_IOWR(SVMA_IOC_TYPE, 0x23, struct svma_brk)
#define SVMA_IOC_MREMAP		_IOWR(SVMA_IOC_TYPE, 0x24, struct svma_mremap)
#define SVMA_IOC_MADVISE	_IOW(SVMA_IOC_TYPE, 0x25, struct svma_madvise)
#define SVMA_IOC_LOCK		_IOW(SVMA_IOC_TYPE, 0x26, struct svma_lock)
#define SVMA_IOC_FORK		_IOWR(SVMA_IOC_TYPE, 0x27, struct svma_fork)
#define SVMA_IOC_MSYNC		_IOW(SVMA_IOC_TYPE, 0x28, struct svma_sync)
#define SVMA_IOC_MINCORE	_IOW(SVMA_IOC_TYPE, 0x29, struct svma_mincore)
#define SVMA_IOC_REMAP_FILE	_IOW(SVMA_IOC_TYPE, 0x2a, struct svma_remap_file)
#define SVMA_IOC_MSEAL		_IOW(SVMA_IOC_TYPE, 0x2b, struct svma_seal)
#define SVMA_IOC_BATCH		_IOWR(SVMA_IOC_TYPE, 0x2c, struct svma_batch)
/* On whole spaces. */
#define SVMA_IOC_SNAPSHOT	_IOWR(SVMA_IOC_TYPE, 0x30, struct svma_snapshot)
#define SVMA_IOC_RESTORE	_IOW(SVMA_IOC_TYPE, 0x31, struct svma_restore)
#define SVMA_IOC_CHANGED	_IOWR(SVMA_IOC_TYPE, 0x32, struct svma_changes)
#define SVMA_IOC_COPY		_IOWR(SVMA_IOC_TYPE, 0x33, struct svma_copy)
#define SVMA_IOC_TRANSFER	_IOWR(SVMA_IOC_TYPE, 0x34, struct svma_transfer)

#endif /* _UAPI_LINUX_SVMA_H */
