/* SPDX-License-Identifier: GPL-2.0 */
/*
 * For each kselftest's own source file: the kernel's harness and our helpers.
 */
#ifndef SVMA_TEST_H
#define SVMA_TEST_H

#include "kselftest_harness.h"
#include "support.h"

#endif /* SVMA_TEST_H */
