// SPDX-License-Identifier: GPL-2.0
/*
 * Work of several threads at once: of this process on the kernel's side, of one space on SVMA's.
 * What is told is the time from the first thread's start to the last one's end, divided by the
 * operations of all.
 */
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "client.h"
#include "layout.h"
#include "rows.h"

/* Pages in one round at most: 64 MiB. */
#define MOST	16384UL
#define THREADS	4U
/* Each thread has whole page tables of its own. */
#define STEP	(THREADS * 512)
#define PART	(1UL << 30)
#define RW	(PROT_READ | PROT_WRITE)
/* Of pages that are mapped: like nothing else here, so that they merge with each other alone. */
#define LONE	PROT_READ
#define ANON	(MAP_PRIVATE | MAP_ANONYMOUS)

/* A thread's part of the work; it does all of it, or notes an errno. */
struct part {
	pthread_barrier_t *barrier;
	void (*work)(struct part *part);
	char *range;
	unsigned long n;
	int space;
	int err;
	double start;
	double end;
};

static void *do_part(void *data)
{
	struct part *part = data;

	pthread_barrier_wait(part->barrier);
	part->start = bench_now();
	part->work(part);
	part->end = bench_now();
	return NULL;
}

/*
 * Times are the threads' own: with more of them than processors the one that waits for them does
 * not learn at once that they began.
 */
static double together(struct bench *bench, struct part *parts, unsigned int threads)
{
	double start = 0, end = 0;
	pthread_barrier_t barrier;
	pthread_t tasks[THREADS];
	int err = 0;

	pthread_barrier_init(&barrier, NULL, threads);
	for (unsigned int i = 0; i < threads; i++) {
		parts[i].barrier = &barrier;
		if (pthread_create(&tasks[i], NULL, do_part, &parts[i]))
			return bench_fail(bench, "pthread_create", EAGAIN);
	}
	for (unsigned int i = 0; i < threads; i++) {
		pthread_join(tasks[i], NULL);
		if (!i || parts[i].start < start)
			start = parts[i].start;
		if (parts[i].end > end)
			end = parts[i].end;
		err = err ? err : parts[i].err;
	}
	pthread_barrier_destroy(&barrier);
	return err ? bench_fail(bench, "a thread", err) : end - start;
}

static void touch(struct part *part)
{
	for (unsigned long i = 0; i < part->n; i++)
		*(volatile char *)(part->range + i * BENCH_PAGE) = 1;
}

static double touch_all(struct bench *bench, char *range, unsigned long n, unsigned int threads)
{
	struct part parts[THREADS] = { 0 };

	for (unsigned int i = 0; i < threads; i++) {
		parts[i].work = touch;
		parts[i].n = n / threads;
		parts[i].range = range + i * parts[i].n * BENCH_PAGE;
	}
	return together(bench, parts, threads);
}

static double space_touch(struct bench *bench, unsigned long n, unsigned int threads)
{
	char *window = bench_space_map(bench, n * BENCH_PAGE);
	double ns;

	if (!window)
		return -1;
	ns = touch_all(bench, window, n, threads);
	return ns < 0 ? ns : bench_space_unmap(bench, window, n * BENCH_PAGE, ns);
}

static double space_one_thread(struct bench *bench, unsigned long n)
{
	return space_touch(bench, n, 1);
}

static double space_two_threads(struct bench *bench, unsigned long n)
{
	return space_touch(bench, n, 2);
}

/* As many threads as the row says. */
static double space_faults(struct bench *bench, unsigned long n)
{
	return space_touch(bench, n, bench->row->number);
}

static double host_faults(struct bench *bench, unsigned long n)
{
	char *range = mmap(NULL, n * BENCH_PAGE, RW, ANON, -1, 0);
	double ns;

	if (range == MAP_FAILED)
		return bench_fail(bench, "mmap", errno);
	madvise(range, n * BENCH_PAGE, MADV_NOHUGEPAGE);
	ns = touch_all(bench, range, n, bench->row->number);
	munmap(range, n * BENCH_PAGE);
	return ns;
}

static void host_map(struct part *part)
{
	for (unsigned long i = 0; i < part->n; i++) {
		void *addr = mmap(NULL, BENCH_PAGE, LONE, ANON, -1, 0);

		if (addr == MAP_FAILED || munmap(addr, BENCH_PAGE)) {
			part->err = errno;
			return;
		}
	}
}

/* At @wanted, or in a free place. */
static void space_map_at(struct part *part, __u64 wanted, __u32 flags)
{
	for (unsigned long i = 0; i < part->n; i++) {
		__u64 addr = wanted;
		int err = svma_client_mmap(part->space, &addr, BENCH_PAGE, LONE, flags, -1, 0);

		if (!err)
			err = svma_client_munmap(part->space, addr, BENCH_PAGE);
		if (err) {
			part->err = -err;
			return;
		}
	}
}

static void space_map(struct part *part)
{
	space_map_at(part, 0, ANON);
}

/* Each thread in a part of its own. */
static void space_map_apart(struct part *part)
{
	space_map_at(part, (unsigned long)part->range, ANON | MAP_FIXED);
}

static double map_all(struct bench *bench, unsigned long n, void (*work)(struct part *part),
		      unsigned int threads)
{
	struct part parts[THREADS] = { 0 };
	const int *second = bench->data;

	for (unsigned int i = 0; i < threads; i++) {
		parts[i].work = work;
		parts[i].n = n / threads;
		parts[i].range = (char *)BENCH_BASE + i * PART;
		parts[i].space = i && second ? *second : bench->space;
	}
	return together(bench, parts, threads);
}

static double host_maps(struct bench *bench, unsigned long n)
{
	return map_all(bench, n, host_map, bench->row->number);
}

static double space_maps(struct bench *bench, unsigned long n)
{
	return map_all(bench, n, space_map, bench->row->number);
}

static double space_maps_one(struct bench *bench, unsigned long n)
{
	return map_all(bench, n, space_map_apart, 1);
}

static double space_maps_two(struct bench *bench, unsigned long n)
{
	return map_all(bench, n, space_map_apart, 2);
}

static int setup(struct bench *bench)
{
	bench_layout_free(bench);
	return bench_space(bench);
}

/* A space for the second thread. */
static int setup_second(struct bench *bench)
{
	int err = setup(bench), *second;

	if (err)
		return err;
	second = malloc(sizeof(*second));
	if (!second)
		return bench_fail(bench, "malloc", errno);
	*second = svma_client_space(bench->machine, 0, SVMA_PROFILE_HOST, 0);
	if (*second < 0) {
		err = -*second;
		free(second);
		return bench_fail(bench, "a second space", err);
	}
	bench->data = second;
	return 0;
}

static void teardown_second(struct bench *bench)
{
	int *second = bench->data;

	if (second)
		close(*second);
	free(second);
}

#define FAULTS_ROW(_threads) {							\
		.name = "faults-" #_threads,					\
		.work = "first write to a page, threads: " #_threads,		\
		.series = "first write to a page", .by = "threads",		\
		.number = _threads, .series_only = true,			\
		.call = "anonymous, 4 KiB", .most = MOST, .step = STEP,		\
		.setup = setup, .kernel = host_faults, .svma = space_faults,	\
	}

#define MAPS_ROW(_threads) {							\
		.name = "maps-" #_threads,					\
		.work = "mmap+munmap of a page, threads: " #_threads,		\
		.series = "mmap+munmap of a page", .by = "threads",		\
		.number = _threads, .series_only = true,			\
		.call = "mmap, munmap", .most = 100000, .step = THREADS * 16,	\
		.setup = setup, .kernel = host_maps, .svma = space_maps,	\
	}

const struct bench_row bench_rows_threads[] = {
	{
		.name = "threads", .work = "first write to a page, two threads",
		.call = "SVMA, one thread", .most = MOST, .step = STEP, .setup = setup,
		.kernel = space_one_thread, .svma = space_two_threads,
	},
	{
		.name = "threads-map", .work = "mmap+munmap of a page, two threads apart",
		.call = "SVMA, one thread", .most = 100000, .step = THREADS * 16, .setup = setup,
		.kernel = space_maps_one, .svma = space_maps_two,
	},
	{
		.name = "threads-spaces", .work = "the same, each in a space of its own",
		.call = "SVMA, one thread", .most = 100000, .step = THREADS * 16,
		.setup = setup_second, .teardown = teardown_second,
		.kernel = space_maps_one, .svma = space_maps_two,
	},
	FAULTS_ROW(1),
	FAULTS_ROW(2),
	FAULTS_ROW(4),
	MAPS_ROW(1),
	MAPS_ROW(2),
	MAPS_ROW(4),
	{ 0 }
};
