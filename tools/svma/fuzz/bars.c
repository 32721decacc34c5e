// SPDX-License-Identifier: GPL-2.0
/*
 * What random calls are not: the one table of it, by which calls are refused before they are made,
 * and which `svma fuzz --list` prints.
 */
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>

#include "../vec.h"
#include "fuzz.h"

#define PAGE	SVMA_PAGE_SIZE

#ifndef SYS_mseal
#define SYS_mseal 462
#endif

/* Values that the headers of this machine may not have. */
#define MADV_POPULATE_READ_	22
#define MADV_POPULATE_WRITE_	23
#define MADV_COLLAPSE_	25
#define MADV_HWPOISON_	100
#define MADV_OFFLINE_	101
#define MADV_GUARD_INSTALL_ 102

/* Where the addresses of a space with pages end. */
#define LOW_HALF	((1ULL << 47) - PAGE)

/* More than this is large. */
#define LARGE_MOST	(64ULL << 20)

static bool is_large(const struct fuzz_call *call)
{
	return call->args[1] > LARGE_MOST ||
	       (call->verb->nr == SYS_mremap && call->args[2] > LARGE_MOST);
}

/* A range that wraps is refused, and changes nothing. */
static bool wraps(__u64 start, __u64 len)
{
	return start + len < start || len > 0 - PAGE;
}

bool fuzz_leaves(const struct fuzz_gen *gen, __u64 start, __u64 len)
{
	__u64 end = start + len;

	if (!gen->run->shadow.cut)
		return false;
	if (end < start || len > gen->high)
		end = ~0ULL;
	return (start > LOW_HALF && start <= gen->high) || (len > LOW_HALF && len <= gen->high) ||
	       (end > LOW_HALF && end <= gen->high);
}

static bool bars_populate(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	if (gen->populate)
		return false;
	switch (call->verb->nr) {
	case SYS_mlock:
	case SYS_mlock2:
	case SYS_mlockall:
		return true;
	case SYS_mmap:
		return call->args[3] & (MAP_LOCKED | MAP_POPULATE);
	case SYS_madvise:
		return call->args[2] == MADV_POPULATE_READ_ ||
		       call->args[2] == MADV_POPULATE_WRITE_;
	default:
		return false;
	}
}

static bool bars_large(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	return gen->populate && is_large(call) && (call->args[1] | call->args[2]) >> 47 == 0;
}

static bool bars_leaving(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	const struct svma_verb *verb = call->verb;
	const __u64 *a = call->args;

	if (verb->args[0].kind == SVMA_ARG_ADDR &&
	    fuzz_leaves(gen, a[0], verb->args[1].kind == SVMA_ARG_LEN ? a[1] : 0))
		return true;
	if (verb->nr == SYS_mremap)
		return fuzz_leaves(gen, a[0], a[2]) || fuzz_leaves(gen, a[4], a[2]);
	/* A hint up there makes the search go on there. */
	return verb->nr == SYS_mmap && gen->run->shadow.cut && a[0] > LOW_HALF &&
	       !(a[3] & MAP_FIXED);
}

static bool bars_kept(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	const __u64 *a = call->args;

	switch (call->verb->nr) {
	case SYS_mmap:
		return a[3] & MAP_FIXED && a[1] <= 1ULL << 57 && fuzz_kept(gen, a[0], a[1]);
	case SYS_munmap:
		return a[1] <= 1ULL << 57 && fuzz_kept(gen, a[0], a[1]);
	case SYS_mremap:
		return fuzz_kept(gen, a[0], a[1]) || fuzz_kept(gen, a[0], a[2]) ||
		       fuzz_kept(gen, a[4], a[2]);
	case SYS_mlock:
	case SYS_mlock2:
	case SYS_munlock:
	case SYS_mlockall:
	case SYS_munlockall:
	case SYS_msync:
	case SYS_brk:
		return false;
	case -1:
		if (!strcmp(call->verb->name, "fork"))
			return false;
		return fuzz_kept(gen, a[0], PAGE) || fuzz_kept(gen, a[0], a[1]);
	default:
		return !wraps(a[0], a[1]) && fuzz_kept(gen, a[0], a[1]);
	}
}

static bool bars_file(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	return call->verb->nr == SYS_mmap && gen->run->shadow.pages && call->path &&
	       !fuzz_file_pages(gen, call->path, (call->args[3] & MAP_TYPE) != MAP_PRIVATE);
}

static bool bars_huge(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	(void)gen;
	return call->verb->nr == SYS_mmap && call->args[3] & MAP_HUGETLB &&
	       call->args[3] >> SVMA_MAP_HUGE_SHIFT & SVMA_MAP_HUGE_MASK;
}

static bool advises(const struct fuzz_call *call, __u32 advice)
{
	return call->verb->nr == SYS_madvise && (__u32)call->args[2] == advice;
}

static bool bars_failures(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	(void)gen;
	return advises(call, MADV_HWPOISON_) || advises(call, MADV_OFFLINE_);
}

static bool bars_absent(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	return gen->run->shadow.pages &&
	       (advises(call, MADV_REMOVE) || advises(call, MADV_COLLAPSE_));
}

static bool bars_free(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	return gen->run->shadow.pages && advises(call, MADV_FREE);
}

static bool bars_pageout(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	if (!gen->run->shadow.pages)
		return false;
	return gen->pageout ? call->verb->nr == SYS_mincore : advises(call, MADV_PAGEOUT);
}

static bool bars_guards(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	(void)gen;
	return call->verb->nr == SYS_madvise && call->args[2] == MADV_GUARD_INSTALL_ &&
	       is_large(call);
}

static bool bars_vec(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	(void)gen;
	return call->verb->nr == SYS_mincore && !svma_vec_fits(call->args[1]);
}

/* None is drawn; it stands here to be told. */
static bool bars_keys(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	(void)gen;
	return call->verb->nr == SYS_pkey_mprotect && call->args[3] - 1 < 15;
}

static bool bars_more_forks(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	return gen->run->host.host.n_left == SVMA_HOST_FORKS && !strcmp(call->verb->name, "fork");
}

static bool bars_fork(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	return gen->run->shadow.pages && !strcmp(call->verb->name, "fork");
}

static bool bars_seal(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	return call->verb->nr == SYS_mseal && !gen->seal;
}

static const struct {
	const char *what;
	const char *why;
	bool (*bars)(const struct fuzz_gen *gen, const struct fuzz_call *call);
} bars[] = {
	{ "what makes memory present, in the sequences without RLIMIT_AS",
	  "it would fill the machine", bars_populate },
	{ "more than 64 MiB at a time, in the others, unless it is no length at all",
	  "the same, and page tables", bars_large },
	{ "addresses between the end of a space with pages and that of a process",
	  "a space ends at 1 << 47, a process with five-level page tables later", bars_leaving },
	{ "a change of the child's own code, stack, vdso and vvar",
	  "it could not go on, or not be asked", bars_kept },
	{ "private and shared mappings of one file in a sequence, in a space with pages",
	  "mmap(2) leaves open what a private mapping shows of later writes", bars_file },
	{ "MAP_HUGETLB with a size", "a space has huge pages of 2 MiB alone", bars_huge },
	{ "MADV_HWPOISON, MADV_SOFT_OFFLINE", "they act on the memory of the machine",
	  bars_failures },
	{ "MADV_REMOVE, MADV_COLLAPSE, in a space with pages", "spaces do not have them",
	  bars_absent },
	{ "MADV_FREE, in a space with pages",
	  "madvise(2) leaves open what is read then: a space drops at once", bars_free },
	{ "MADV_PAGEOUT and mincore in one sequence, in a space with pages",
	  "what is given up at once is the kernel's choice", bars_pageout },
	{ "MADV_GUARD_INSTALL of more than 64 MiB", "it takes page tables", bars_guards },
	{ "mincore of more than a script's vector holds", "it is for scripts to be read",
	  bars_vec },
	{ "keys 1 to 15 of pkey_mprotect", "which of them are allocated a space is not told",
	  bars_keys },
	{ "fork of a space with pages", "each parent would stay, with all its memory", bars_fork },
	{ "more than 16 forks in a sequence", "each parent stays", bars_more_forks },
	{ "mseal, in five of six sequences", "nothing would be left to change", bars_seal },
};

#define N_BARS (sizeof(bars) / sizeof(bars[0]))

bool fuzz_barred(const struct fuzz_gen *gen, const struct fuzz_call *call)
{
	for (size_t i = 0; i < N_BARS; i++)
		if (bars[i].bars(gen, call))
			return true;
	return false;
}

static void print_verb(FILE *out, const struct svma_verb *verb, unsigned int total)
{
	fprintf(out, "%-24s %4.1f %%  ", verb->name, 100.0 * verb->turns / total);
	for (unsigned int i = 0; i < verb->nargs; i++)
		fprintf(out, "%s%s", i ? ", " : "", verb->args[i].name);
	fputc('\n', out);
}

void fuzz_list(FILE *out)
{
	const struct svma_verb *verb;
	unsigned int total = 0;

	for (verb = svma_verbs; verb->name; verb++)
		total += verb->turns;
	fputs("# made at random: verb, share of all calls, arguments\n", out);
	for (verb = svma_verbs; verb->name; verb++)
		if (verb->turns)
			print_verb(out, verb, total);
	fputs("\n# not made at random: verb, why not\n", out);
	for (verb = svma_verbs; verb->name; verb++)
		if (!verb->turns)
			fprintf(out, "%-24s %s\n", verb->name, verb->never);
	fputs("\n# not asked of those that are: what, why not\n", out);
	for (size_t i = 0; i < N_BARS; i++)
		fprintf(out, "%s\n    %s\n", bars[i].what, bars[i].why);
}
