// SPDX-License-Identifier: GPL-2.0
/*
 * Fuzz the device: random calls from several threads of several processes, which share spaces,
 * windows and descriptors, and are killed now and then. Where the kernel tells what is reached
 * (KCOV), programs that reach something new are kept, and others are made of them.
 *
 * What it finds is what the kernel reports, or a process that does not end: tools/guest/run and a
 * debug kernel are the judges. Prints one point of TAP, and figures.
 */
#include <getopt.h>
#include <poll.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "fuzz.h"
#include "support.h"

#define WORKERS 2
#define THREADS 2 /* of each, and one that is looked at */
#define WORLD 16 /* programs on the same descriptors */
#define HANG 180 /* seconds without a program */

struct shared *shared;

static unsigned long limit_programs = 2000;
static double limit_seconds;
static const char *cover_file;

struct thread {
	struct world *world;
	struct rng rng;
	pthread_t id;
	atomic_bool *stop;
};

/* A buffer with nothing behind it: who writes too much is told. */
static char *buffer_make(void)
{
	char *buffer = mmap(NULL, BUFFER + PAGE, RW, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (buffer == MAP_FAILED)
		_exit(3);
	mprotect(buffer + BUFFER, PAGE, PROT_NONE);
	return buffer;
}

static void program_run(struct world *world, const struct program *program, char *buffer)
{
	unsigned int i;

	for (i = 0; i < program->count; i++)
		op_do(world, &program->op[i], buffer);
}

static void *thread_run(void *data)
{
	struct thread *thread = data;
	struct program program;
	char *buffer = buffer_make();

	while (!*thread->stop) {
		program_make(&thread->rng, &program);
		program_run(thread->world, &program, buffer);
	}
	munmap(buffer, BUFFER + PAGE);
	return NULL;
}

static bool over(void)
{
	return shared->stop || (!limit_seconds && shared->programs >= limit_programs);
}

static void corpus_add(const struct program *program)
{
	unsigned int at = shared->corpus_count;

	while (at < CORPUS)
		if (atomic_compare_exchange_weak(&shared->corpus_count, &at, at + 1)) {
			shared->corpus[at] = *program;
			return;
		}
}

/* One written half by another process is a program, too: each choice means something. */
static void program_next(struct rng *rng, struct program *program)
{
	unsigned int kept = shared->corpus_count;

	if (!kept || !rng_below(rng, 4)) {
		program_make(rng, program);
		return;
	}
	*program = shared->corpus[rng_below(rng, kept)];
	if (program->count < 1 || program->count > CALLS)
		program_make(rng, program);
	program_mutate(rng, program);
}

static void world_run(struct rng *rng, int link, char *buffer)
{
	struct thread threads[THREADS];
	atomic_bool stop = false;
	struct world world;
	struct program program;
	unsigned int i;

	if (world_make(&world, link))
		_exit(2);
	for (i = 0; i < THREADS; i++) {
		threads[i] = (struct thread){
			.world = &world,
			.rng = { rng_next(rng) },
			.stop = &stop,
		};
		if (pthread_create(&threads[i].id, NULL, thread_run, &threads[i]))
			_exit(2);
	}
	for (i = 0; i < WORLD && !over(); i++) {
		program_next(rng, &program);
		cover_begin();
		program_run(&world, &program, buffer);
		if (cover_end())
			corpus_add(&program);
		shared->programs++;
	}
	stop = true;
	for (i = 0; i < THREADS; i++)
		pthread_join(threads[i].id, NULL);
	world_end(&world);
}

static void worker(uint64_t seed, int link)
{
	/* New spaces inherit it, so that none can be long. */
	struct rlimit limit = { 512UL << 20, 512UL << 20 }, files = { 256, 256 };
	struct rng rng = { seed };
	char *buffer;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	setrlimit(RLIMIT_AS, &limit);
	setrlimit(RLIMIT_NOFILE, &files);
	buffer = buffer_make();
	cover_open();
	while (!over())
		world_run(&rng, link, buffer);
	_exit(0);
}

static pid_t worker_start(struct rng *rng, const int *links, unsigned int number)
{
	uint64_t seed = rng_next(rng);
	pid_t pid = fork();

	if (!pid)
		worker(seed, links[number % 2]);
	return pid;
}

static void progress(double elapsed)
{
	fprintf(stderr, "# %4.0f s: %lu programs, %lu calls (%lu failed), ", elapsed,
		shared->programs, shared->calls, shared->failed);
	fprintf(stderr, "%lu touches (%lu signals), %lu killed, %u kept, %u blocks\n",
		shared->touches, shared->signals, shared->killed, shared->corpus_count,
		shared->blocks);
}

/* Kills one now and then, starts it again, and sees that it goes on. 0: all is well. */
static int watch(struct rng *rng, pid_t *pids, const int *links)
{
	unsigned long next_kill = 100, last = 0;
	double start = seconds(), moved = start, told = start;
	int status;

	while (!over()) {
		double now = seconds();
		unsigned int i = rng_below(rng, WORKERS);
		pid_t ended;

		poll(NULL, 0, 50);
		if (shared->programs >= next_kill) {
			kill(pids[i], SIGKILL);
			shared->killed++;
			next_kill += 50 + rng_below(rng, 200);
			/* In use, so it must stay. */
			if (!syscall(SYS_delete_module, "svma", O_NONBLOCK)) {
				printf("# the module could be unloaded while it was in use\n");
				return 1;
			}
		}
		while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
			for (i = 0; i < WORKERS; i++)
				if (pids[i] == ended)
					pids[i] = worker_start(rng, links, i);
			if (WIFEXITED(status) && WEXITSTATUS(status)) {
				printf("# a process ended with %d\n", WEXITSTATUS(status));
				return 1;
			}
			if (WIFSIGNALED(status) && WTERMSIG(status) != SIGKILL) {
				printf("# a process died of signal %d\n", WTERMSIG(status));
				return 1;
			}
		}
		if (shared->programs != last) {
			last = shared->programs;
			moved = now;
		} else if (now - moved > HANG) {
			printf("# nothing was done for %d seconds\n", HANG);
			return 1;
		}
		if (now - told > 10) {
			progress(now - start);
			told = now;
		}
		if (limit_seconds && now - start > limit_seconds)
			shared->stop = true;
	}
	progress(seconds() - start);
	return 0;
}

static void cover_write(void)
{
	FILE *file = fopen(cover_file, "we");
	unsigned int i;

	if (!file)
		return;
	for (i = 0; i < BLOCKS; i++)
		if (shared->seen[i])
			fprintf(file, "%x\n", i);
	fclose(file);
}

static void options(int argc, char **argv, struct rng *rng)
{
	static const struct option known[] = {
		{ "programs", required_argument, NULL, 'p' },
		{ "time", required_argument, NULL, 't' },
		{ "seed", required_argument, NULL, 's' },
		{ "cover", required_argument, NULL, 'c' },
		{}
	};
	int option;

	while ((option = getopt_long(argc, argv, "", known, NULL)) != -1) {
		switch (option) {
		case 'p':
			limit_programs = strtoul(optarg, NULL, 0);
			break;
		case 't':
			limit_seconds = strtod(optarg, NULL);
			break;
		case 's':
			rng->state = strtoull(optarg, NULL, 0);
			break;
		case 'c':
			cover_file = optarg;
			break;
		default:
			fprintf(stderr, "usage: %s [--programs N|--time S] [--seed N] ", argv[0]);
			fprintf(stderr, "[--cover FILE]\n");
			exit(2);
		}
	}
}

int main(int argc, char **argv)
{
	struct rng rng = { 1 };
	pid_t pids[WORKERS];
	int links[2], kept, bad, i;

	options(argc, argv, &rng);
	shared = mmap(NULL, sizeof(*shared), RW, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	kept = machine_open();
	if (shared == MAP_FAILED || kept < 0 ||
	    socketpair(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, links)) {
		printf("Bail out! no device\n");
		return 1;
	}
	printf("TAP version 13\n1..1\n");
	fflush(stdout);
	for (i = 0; i < WORKERS; i++)
		pids[i] = worker_start(&rng, links, i);
	bad = watch(&rng, pids, links);
	shared->stop = true;
	for (i = 0; i < WORKERS; i++) {
		if (bad)
			kill(pids[i], SIGKILL);
		waitpid(pids[i], NULL, 0);
	}
	if (cover_file)
		cover_write();
	printf("%s 1 - %lu programs, %lu calls, %lu touches, %lu processes killed, %u blocks\n",
	       bad ? "not ok" : "ok", shared->programs, shared->calls, shared->touches,
	       shared->killed, shared->blocks);
	return bad;
}
