// SPDX-License-Identifier: GPL-2.0
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../cmd.h"
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
	const char *path;	/* without a slash in front: in the folder of this user */
	unsigned int pages;	/* to be made, with so many pages */
	mode_t mode;
	bool no_pages;		/* a space with pages does not map it */
	bool no_shared_pages;	/* the same for MAP_SHARED */
} files[] = {
	{ "first", 24, 0600, false, false },
	{ "second", 8, 0600, false, false },
	{ "empty", 0, 0600, false, false },
	{ "read-only", 8, 0400, false, false },
	{ "/bin/sh", 0, 0, false, false },
	{ "/dev/zero", 0, 0, false, true },
	{ "/dev/null", 0, 0, true, true },
	{ "/tmp", 0, 0, false, false },
};

#define N_FILES (sizeof(files) / sizeof(files[0]))

const size_t fuzz_n_files = N_FILES;

/* Of each user: nobody is kept from calling, and nobody writes into another one's folder. */
static const char *folder_name(void)
{
	static char name[sizeof(FUZZ_FILES) + 16];

	if (!*name)
		snprintf(name, sizeof(name), FUZZ_FILES "%u", (unsigned int)geteuid());
	return name;
}

const char *fuzz_file(size_t i)
{
	static char paths[N_FILES][64];

	if (*files[i].path == '/')
		return files[i].path;
	snprintf(paths[i], sizeof(paths[i]), "%s/%s", folder_name(), files[i].path);
	return paths[i];
}

bool fuzz_file_pages(const struct fuzz_gen *gen, const char *path, bool shared)
{
	size_t i;

	for (i = 0; i < fuzz_n_files && strcmp(fuzz_file(i), path); i++)
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

	while (pages--) {
		for (size_t i = 0; i < sizeof(page) / sizeof(*page); i++)
			page[i] = fuzz_random(&rng);
		if (write(fd, page, sizeof(page)) != sizeof(page))
			return errno ? -errno : -EIO;
	}
	return 0;
}

/*
 * /tmp is everybody's, so whoever comes first may have made what has this name: a folder that
 * others can change would have us write where they like. Returns what is wrong with it, or NULL.
 */
static const char *not_ours(int folder)
{
	struct stat st;

	if (fstat(folder, &st))
		return strerror(errno);
	if (st.st_uid != geteuid())
		return "it belongs to another user, who or root has to remove it";
	if (st.st_mode & 0022)
		return "others may write into it; remove it, or take that right from them";
	return NULL;
}

/* Held to the end: what two write to one file would be told as differences. */
static int keep_others_out(void)
{
	static int folder = -1;
	const char *name = folder_name(), *why = NULL;
	int fd;

	if (folder >= 0)
		return folder;
	if (mkdir(name, 0700) && errno != EEXIST)
		why = strerror(errno);
	fd = why ? -1 : open(name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd >= 0)
		why = not_ours(fd);
	else if (!why && (errno == ENOTDIR || errno == ELOOP))
		why = "it is no folder, but a file or a link; remove it";
	else if (!why)
		why = strerror(errno);
	if (!why && flock(fd, LOCK_EX | LOCK_NB))
		why = errno == EWOULDBLOCK ? "another \"svma fuzz\" of this user is at work there" :
			strerror(errno);
	if (!why)
		return folder = fd;
	svma_error("cannot make files in \"%s\": %s", name, why);
	if (fd >= 0)
		close(fd);
	return -1;
}

/* Made anew, so that one that cannot be written is not in the way of the next sequence. */
static int make_file(int folder, size_t i)
{
	int fd, err;

	if (unlinkat(folder, files[i].path, 0) && errno != ENOENT)
		return -errno;
	fd = openat(folder, files[i].path, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC,
		    files[i].mode);
	if (fd < 0)
		return -errno;
	err = fill(fd, files[i].pages, i);
	close(fd);
	return err;
}

bool fuzz_files(void)
{
	int folder = keep_others_out();

	if (folder < 0)
		return false;
	for (size_t i = 0; i < fuzz_n_files; i++) {
		int err = files[i].mode ? make_file(folder, i) : 0;

		if (err) {
			svma_error("cannot make \"%s\": %s", fuzz_file(i), strerror(-err));
			return false;
		}
	}
	return true;
}
