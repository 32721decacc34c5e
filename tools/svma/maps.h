/* SPDX-License-Identifier: GPL-2.0 */
/*
 * Regions in the form of /proc/PID/maps.
 */
#ifndef SVMA_MAPS_H
#define SVMA_MAPS_H

#include <stdbool.h>
#include <stdio.h>

#include "client.h"
#include "proc.h"

/* Room for a line without its path. */
#define SVMA_MAPS_LINE 160

/**
 * svma_maps_perms() - the four letters for a region's flags
 * @flags: SVMA_VM_*
 * @perms: gets "rwxp" and the like
 */
void svma_maps_perms(__u64 flags, char perms[5]);

/**
 * svma_maps_flags() - names of region flags
 * @buf: gets the names, with blanks between them; "none" for none
 * @size: room in @buf
 * @flags: SVMA_VM_*
 */
void svma_maps_flags(char *buf, size_t size, __u64 flags);

/* The flags of such names, joined by blanks or "+": false for an unknown one. */
bool svma_maps_flags_parse(const char *text, __u64 *flags);

/**
 * svma_maps_format() - one line as /proc/PID/maps has it
 * @buf: gets the line, without newline
 * @size: room in @buf
 * @map: what to print; a path of "" prints none
 *
 * Return: as snprintf().
 */
int svma_maps_format(char *buf, size_t size, const struct svma_proc_map *map);

/**
 * svma_maps_from_region() - a region as a line of /proc/PID/maps would tell it
 * @region: region of a space
 * @layout: layout of the space, for the names of heap and stack; may be NULL
 * @map: gets the values; its path is a constant string, "" for files
 */
void svma_maps_from_region(const struct svma_region *region, const struct svma_layout *layout,
			   struct svma_proc_map *map);

/**
 * svma_maps_name_files() - fill in the paths of file regions from a process that maps the same
 * files
 * @map: line to complete, found by device and inode
 * @known: lines that have paths
 */
void svma_maps_name_files(struct svma_proc_map *map, const struct svma_proc_maps *known);

/**
 * svma_maps_print() - print regions
 * @out: where to
 * @list: regions
 * @layout: layout of the space, or NULL
 * @known: lines that know the paths of files, or NULL
 */
void svma_maps_print(FILE *out, const struct svma_region_list *list,
		     const struct svma_layout *layout, const struct svma_proc_maps *known);

#endif
