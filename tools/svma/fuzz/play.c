// SPDX-License-Identifier: GPL-2.0
/*
 * Run sequences, from their text or as they are made up.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "../cmd.h"
#include "fuzz.h"

#define LINE 8192

bool fuzz_play_start(struct svma_run *run, struct svma_run_options *options,
		     const struct fuzz_script *script, FILE *problems)
{
	*options = (struct svma_run_options){
		.on_host = true, .on_shadow = true, .flags = true, .quiet = true,
	};
	int err;

	if (!fuzz_files())
		return false;
	svma_options_header(options, "fuzz", script->options);
	*run = (struct svma_run){ .options = options };
	svma_report_init(&run->report, "fuzz", false, true);
	run->report.problems = problems;
	if (svma_run_start(run) == SVMA_EXIT_OK && svma_run_compare(run) == SVMA_VERDICT_GOOD) {
		err = fuzz_batch_start(run);
		if (!err)
			return true;
		svma_error("cannot start a second space: %s", strerror(-err));
	}
	if (run->parted.field)
		svma_error("the sides differ at the start, at 0x%llx: %s",
			   (unsigned long long)run->parted.addr,
			   shadow_field_name(run->parted.field));
	svma_run_stop(run);
	return false;
}

/* A space that is used in batches must not differ, either. */
static void batch_verdict(struct fuzz_found *found, bool at_end)
{
	if (found->verdict != SVMA_VERDICT_GOOD || !fuzz_batch_differs(at_end))
		return;
	found->verdict = SVMA_VERDICT_WRONG;
	found->differs |= SVMA_DIFFERS_BATCH;
}

enum svma_verdict fuzz_play_line(struct svma_run *run, const char *text, struct fuzz_found *found)
{
	struct svma_parse_error err;
	struct svma_line line;

	/* The first line holds the options. */
	run->script.lineno = found->at + 2;
	found->verdict = SVMA_VERDICT_SCRIPT;
	if (!svma_line_parse(text, &line, &err)) {
		svma_error("\"%s\": %s", text, err.text);
	} else {
		found->verb = line.verb;
		run->differs = 0;
		if (run->report.problems)
			fprintf(run->report.problems, "%s\n", text);
		found->verdict = svma_run_line(run, &line);
		found->differs = run->differs;
		batch_verdict(found, false);
	}
	svma_line_free(&line);
	return found->verdict;
}

static void play_stop(struct svma_run *run)
{
	fuzz_batch_stop();
	svma_run_stop(run);
}

struct fuzz_found fuzz_play(const struct fuzz_script *script, FILE *problems)
{
	struct fuzz_found found = { .verdict = SVMA_VERDICT_FAILURE };
	struct svma_run_options options;
	struct svma_run run;

	if (!fuzz_play_start(&run, &options, script, problems))
		return found;
	found.verdict = SVMA_VERDICT_GOOD;
	for (; found.at < script->n; found.at++)
		if (fuzz_play_line(&run, script->lines[found.at], &found) != SVMA_VERDICT_GOOD)
			break;
	batch_verdict(&found, true);
	play_stop(&run);
	return found;
}

static void count_call(struct fuzz_count *count, const struct svma_run *run,
		       const struct svma_verb *verb)
{
	size_t i = verb - svma_verbs;

	count->calls++;
	count->good += run->succeeded;
	if (i < FUZZ_VERBS) {
		count->by_verb[i]++;
		count->good_by_verb[i] += run->succeeded;
	}
}

/* Add a line to the script, and run it: go on? */
static bool play_new(struct svma_run *run, const char *text, struct fuzz_script *script,
		     struct fuzz_found *found, struct fuzz_count *count)
{
	found->at = script->n;
	if (!fuzz_script_add(script, text)) {
		svma_error("no memory");
		found->verdict = SVMA_VERDICT_FAILURE;
		return false;
	}
	if (fuzz_play_line(run, text, found) == SVMA_VERDICT_FAILURE ||
	    found->verdict == SVMA_VERDICT_SCRIPT)
		return false;
	count_call(count, run, found->verb);
	return found->verdict == SVMA_VERDICT_GOOD;
}

/* In the end all that is there is read: contents may differ where no call looked. */
static void play_contents(struct svma_run *run, const struct fuzz_gen *gen,
			  struct fuzz_script *script, struct fuzz_found *found,
			  struct fuzz_count *count)
{
	const unsigned int most = 96;
	struct svma_region_list all = { 0 };
	unsigned int pages = 0;
	char text[64];

	if (svma_client_regions(run->shadow.space, 0, ~0ULL, &all))
		return;
	for (size_t i = 0; i < all.n; i++) {
		const struct svma_region *r = &all.v[i];

		if (!(r->flags & SVMA_VM_READ) || fuzz_kept(gen, r->start, r->end - r->start))
			continue;
		for (__u64 addr = r->start; addr < r->end && pages < most;
		     addr += SVMA_PAGE_SIZE, pages++) {
			snprintf(text, sizeof(text), "load(0x%llx, 4096)", addr);
			if (!play_new(run, text, script, found, count))
				goto out;
		}
	}
out:
	svma_region_list_free(&all);
}

struct fuzz_found fuzz_sequence(__u64 seed, size_t calls, struct fuzz_script *script,
				struct fuzz_count *count)
{
	struct fuzz_found found = { .verdict = SVMA_VERDICT_FAILURE };
	struct fuzz_gen gen = { .rng.state = seed };
	struct svma_run_options options;
	static char text[LINE];
	struct svma_run run;

	fuzz_gen_options(&gen, script->options, sizeof(script->options));
	if (!fuzz_play_start(&run, &options, script, NULL))
		return found;
	fuzz_gen_start(&gen, &run);
	found.verdict = SVMA_VERDICT_GOOD;
	for (size_t i = 0; i < calls; i++) {
		fuzz_gen_call(&gen, text, sizeof(text));
		if (!play_new(&run, text, script, &found, count))
			break;
	}
	if (found.verdict == SVMA_VERDICT_GOOD && run.shadow.pages)
		play_contents(&run, &gen, script, &found, count);
	batch_verdict(&found, true);
	play_stop(&run);
	return found;
}

void fuzz_gen_options(struct fuzz_gen *gen, char *options, size_t size)
{
	static const char *const limits[] = { "limit_data", "limit_stack", "limit_memlock" };
	/* Apart from the rest: which files are shared changes no other call of a seed. */
	struct fuzz_rng other = { .state = ~gen->rng.state };
	struct fuzz_rng *rng = &gen->rng;
	bool layout = fuzz_chance(rng, 2);
	size_t len;

	gen->shared = fuzz_random(&other);
	gen->pageout = fuzz_chance(&other, 3);
	gen->files = layout || fuzz_chance(rng, 2);
	gen->populate = !fuzz_chance(rng, 4);
	gen->seal = fuzz_chance(rng, 6);
	len = snprintf(options, size, "%s", layout ? " --layout" : "");
	/* What is made present is made so twice; the limit keeps it below the machine's memory. */
	if (gen->populate)
		len += snprintf(options + len, size - len, " --set=limit_as=%lluM",
				FUZZ_PICK(rng, 4, 8, 16, 64, 64, 64, 64));
	for (size_t i = 0; i < sizeof(limits) / sizeof(limits[0]); i++)
		if (fuzz_chance(rng, 5))
			len += snprintf(options + len, size - len, " --set=%s=%lluK", limits[i],
					FUZZ_PICK(rng, 0, 4, 64, 256, 1024, 8192));
}

void fuzz_gen_start(struct fuzz_gen *gen, const struct svma_run *run)
{
	const struct svma_proc_maps *maps = &run->maps;
	const struct svma_host *host = &run->host.host;

	gen->run = run;
	gen->high = run->shadow.cut;
	if (!gen->high) {
		struct svma_layout layout = { 0 };

		svma_client_layout_get(run->shadow.space, &layout);
		gen->high = layout.high;
	}
	for (size_t i = 0; i < maps->n && gen->n_keep < FUZZ_KEEP; i++) {
		const struct svma_proc_map *map = &maps->v[i];
		bool code = map->start <= host->syscall && host->syscall < map->end;

		if (!code && !(*map->path == '[' && strcmp(map->path, "[heap]")))
			continue;
		gen->keep[gen->n_keep].start = map->start;
		gen->keep[gen->n_keep++].end = map->end;
	}
}
