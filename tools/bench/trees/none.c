// SPDX-License-Identifier: GPL-2.0
/* The candidates of the kernel, in a program that was built without its source. */
#include <stddef.h>

#include "tree.h"

const struct tree_ops *const tree_maple;
const struct tree_ops *const tree_rb;
