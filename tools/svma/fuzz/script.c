// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "fuzz.h"

bool fuzz_script_add(struct fuzz_script *script, const char *text)
{
	if (script->n == script->cap) {
		size_t cap = script->cap ? script->cap * 2 : 64;
		char **lines = reallocarray(script->lines, cap, sizeof(*lines));

		if (!lines)
			return false;
		script->lines = lines;
		script->cap = cap;
	}
	script->lines[script->n] = strdup(text);
	return script->lines[script->n] && ++script->n;
}

bool fuzz_script_copy(struct fuzz_script *to, const struct fuzz_script *from)
{
	*to = (struct fuzz_script){ 0 };
	memcpy(to->options, from->options, sizeof(to->options));
	for (size_t i = 0; i < from->n; i++)
		if (!fuzz_script_add(to, from->lines[i]))
			return false;
	return true;
}

void fuzz_script_free(struct fuzz_script *script)
{
	for (size_t i = 0; i < script->n; i++)
		free(script->lines[i]);
	free(script->lines);
	*script = (struct fuzz_script){ 0 };
}

void fuzz_script_print(const struct fuzz_script *script, FILE *out)
{
	fprintf(out, "#svma%s\n", script->options);
	for (size_t i = 0; i < script->n; i++)
		fprintf(out, "%s\n", script->lines[i]);
}

/*
 * What can be mapped: files that may be written, one that may not, one without a page, memory that
 * is told as a file, and what refuses to be mapped.
 */
static const struct {
	const char *path;
	unsigned int pages;	/* to be made, with so many pages */
	mode_t mode;
	bool no_pages;		/* a space with pages does not map it */
	bool no_shared_pages;	/* the same for MAP_SHARED */
} files[] = {
	{ FUZZ_FILES "/first", 24, 0600, false, false },
	{ FUZZ_FILES "/second", 8, 0600, false, false },
	{ FUZZ_FILES "/empty", 0, 0600, false, false },
	{ FUZZ_FILES "/read-only", 8, 0400, false, false },
	{ "/bin/sh", 0, 0, false, false },
	{ "/dev/zero", 0, 0, false, true },
	{ "/dev/null", 0, 0, true, true },
	{ "/tmp", 0, 0, false, false },
};

const size_t fuzz_n_files = sizeof(files) / sizeof(files[0]);

const char *fuzz_file(size_t i)
{
	return files[i].path;
}

bool fuzz_file_pages(const struct fuzz_gen *gen, const char *path, bool shared)
{
	size_t i;

	for (i = 0; i < fuzz_n_files && strcmp(files[i].path, path); i++)
		;
	if (i == fuzz_n_files || (files[i].pages && shared != (gen->shared >> i & 1)))
		return false;
	return !(shared ? files[i].no_shared_pages : files[i].no_pages);
}

/* Another byte in each word, so that it is seen when one is shown for another. */
static int fill(int fd, unsigned int pages, __u64 seed)
{
	struct fuzz_rng rng = { .state = seed };
	__u64 page[SVMA_PAGE_SIZE / sizeof(__u64)];

	if (ftruncate(fd, 0))
		return -errno;
	while (pages--) {
		for (size_t i = 0; i < sizeof(page) / sizeof(*page); i++)
			page[i] = fuzz_random(&rng);
		if (write(fd, page, sizeof(page)) != sizeof(page))
			return errno ? -errno : -EIO;
	}
	return 0;
}

/* Held to the end: what two write to one file would be told as differences. */
static int keep_others_out(void)
{
	static int folder = -1;

	if (folder >= 0)
		return 0;
	if (mkdir(FUZZ_FILES, 0755) && errno != EEXIST)
		return -errno;
	folder = open(FUZZ_FILES, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	return folder < 0 || flock(folder, LOCK_EX | LOCK_NB) ? -errno : 0;
}

int fuzz_files(void)
{
	int locked = keep_others_out();

	if (locked)
		return locked;
	for (size_t i = 0; i < fuzz_n_files; i++) {
		int fd, err;

		if (!files[i].mode)
			continue;
		fd = open(files[i].path, O_RDWR | O_CREAT | O_CLOEXEC, files[i].mode);
		if (fd < 0)
			return -errno;
		err = fill(fd, files[i].pages, i);
		close(fd);
		if (err)
			return err;
	}
	return 0;
}
