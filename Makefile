# SPDX-License-Identifier: GPL-2.0
#
# Shadow VMA. `make help` tells the targets; the module's objects are in Kbuild.

# The kernel to build the module for with `make modules`: the running one.
KDIR ?= /lib/modules/$(shell uname -r)/build
# The kernel of the guest, and those that the tests boot.
KERNEL ?= 6.1
KERNELS ?= 6.1 6.12 7
# GUEST=no loads the module into this machine's own kernel.
GUEST ?= yes
PREFIX ?= /usr/local
DESTDIR ?=
UDEV_RULES ?= /etc/udev/rules.d
COMPLETIONS ?= $(PREFIX)/share/bash-completion/completions

# What `make run` shows: a real program, each of its memory calls mirrored.
RUN ?= tools/svma/svma shadow -- python3 selftests/programs/hello.py

ifeq ($(GUEST),no)
in_guest := tools/guest/here --
else
in_guest = tools/guest/run --kernel $(KERNEL) $(guest_options) --
endif

version := $(shell sed -n 's/^PACKAGE_VERSION="\(.*\)"/\1/p' dkms.conf)
DKMS_SOURCE ?= /usr/src/svma-$(version)

.PHONY: all modules tools
all: modules tools

modules:
	@test -e $(KDIR)/Makefile || { \
		echo 'No headers of a kernel at $(KDIR): install linux-headers-$(shell uname -r), or name'; \
		echo 'others by KDIR=, or use "make run", which fetches a kernel for a guest.'; exit 1; } >&2
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules

tools:
	@tools/setup run
	$(MAKE) -C tools/svma

.PHONY: run test check bench style
run: tools
	$(in_guest) $(RUN)

test:
	@tools/setup test
	@tools/guest/fetch $(KERNELS) kselftest
# Where it cannot be compiled the suites that want it fail, and are told; the others are run.
	@$(if $(SUITES),,tools/guest/fetch debug || echo 'make test: no debug kernel' >&2)
	$(MAKE) tools
	selftests/run --kernels '$(KERNELS)' $(SUITES)

check:
	@tools/setup test
	@tools/guest/fetch 6.1 kselftest
	$(MAKE) tools
	selftests/run --check

style:
	@tools/check/all

# BENCH holds further options of the program, e.g. BENCH='--rows map,lookup --json'.
# NATIVE=yes: the region core alone, as functions of a program, on this machine.
ifeq ($(NATIVE),yes)
bench:
	@tools/setup run >&2
# What the range index is compared with; its rows say so where it cannot be had.
	@tools/guest/fetch trees || echo 'make bench: without the trees of the kernel' >&2
	@$(MAKE) -s -C tools/bench >&2
	@build/bench/svma-bench --native $(BENCH)
else
bench: guest_options := --timeout 1800 --mem $(if $(findstring --curve,$(BENCH))$(findstring --series,$(BENCH)),4G,2G)
bench:
	@tools/setup run >&2
	@$(MAKE) -s -C tools/bench >&2
	@$(in_guest) build/bench/svma-bench $(if $(filter no,$(GUEST)),,--raise-limits --warm) $(BENCH)
endif

# What calls cost by the number of regions, up to a million of them, and what work costs by the
# number of pages, dirty pages and threads: tables here, curve.json and curve.svg (series.json and
# series.svg) in PLOTS. NATIVE, KERNEL and BENCH as for bench.
PLOTS ?= build/bench
.PHONY: bench-curve bench-series
bench-curve bench-series: bench-%:
	@tools/setup bench >&2
	@mkdir -p build/bench $(PLOTS)
	@$(MAKE) -s --no-print-directory bench BENCH='--$* --json $(BENCH)' > build/bench/$*-run.json
	@tools/bench/curve --json $(PLOTS)/$*.json --svg $(PLOTS)/$*.svg build/bench/$*-run.json

# Random calls on a space and on each kernel: FUZZ holds the options of svma fuzz.
FUZZ ?= --sequences 200 --calls 500
.PHONY: fuzz
fuzz: tools
	@for kernel in $(KERNELS); do \
		tools/guest/run --kernel $$kernel --mem 2G --timeout 3600 -- \
			tools/svma/svma fuzz $(FUZZ) || exit; \
	done

# libFuzzer on the region core and its naive model, for T seconds; what it finds worth keeping goes
# into selftests/core/fuzz/corpus.
.PHONY: fuzz-core
fuzz-core:
	@tools/setup fuzz >&2
	@$(MAKE) -s --no-print-directory -C selftests/core fuzz T=$(or $(T),600)

# The device from several processes at random, for T seconds; where the kernel tells what is reached
# (debug), that leads it, and the blocks of the module that were reached are counted.
.PHONY: fuzz-device
fuzz-device:
	@tools/setup test
	$(MAKE) -C selftests/fuzz/device
	tools/guest/run --kernel debug --mem 2G --timeout $$(($(or $(T),60) + 300)) \
		--out build/device-fuzz/guest -- bash -c \
		'build/device-fuzz/fuzz --time $(or $(T),60) --cover $$SVMA_SCRATCH/reached $(FUZZ_DEVICE)'
	selftests/fuzz/device/blocks build/debug/svma.ko build/device-fuzz/guest/reached

# What the kselftests and T seconds of the fuzzer reach of the module together, by file.
.PHONY: coverage-device
coverage-device:
	@tools/setup test
	@selftests/install
	@$(MAKE) -s -C selftests/fuzz/device
	@$(MAKE) -s -C selftests/cover
	@rm -f build/cover/guest/reached
	tools/guest/run --kernel debug --mem 2G --timeout $$(($(or $(T),60) + 2400)) \
		--out build/cover/guest -- bash -c \
		'selftests/cover/run $$SVMA_SCRATCH/reached build/kselftest/run_kselftest.sh; \
		build/device-fuzz/fuzz --time $(or $(T),60) --cover $$SVMA_SCRATCH/reached-fuzz'
	cat build/cover/guest/reached-fuzz >> build/cover/guest/reached
	selftests/fuzz/device/blocks build/debug/svma.ko build/cover/guest/reached

# Everything that is random side by side on a debug kernel, for T seconds (SOAK: further options).
.PHONY: soak
soak: tools
	@tools/setup test
	@selftests/install
	@$(MAKE) -s -C selftests/fuzz/device
	@$(MAKE) -s -C tools/examples
	tools/guest/run --kernel debug --mem 2G --timeout $$(($(or $(T),600) + 300)) -- \
		selftests/soak/run --seconds $(or $(T),600) $(SOAK)

# Each allocation of each call fails once, on a debug kernel.
.PHONY: failnth
failnth:
	@tools/setup test
	@selftests/install
	tools/guest/run --kernel debug --mem 2G --timeout 1800 -- build/kselftest/svma/failnth_test

# Data races, on a kernel that looks for them.
.PHONY: kcsan
kcsan:
	@tools/setup test
	@tools/guest/fetch kcsan kselftest
	selftests/run kcsan

# Faults in the module, one after the other in a stock kernel, and who sees each: two tables.
.PHONY: faults
faults:
	@tools/setup test >&2
	@$(MAKE) -s tools
	@selftests/install >&2
	@selftests/faults/run --kernel $(KERNEL) core
	@selftests/faults/run --kernel $(KERNEL) module

# Many real programs shadowed on each kernel: PROGRAMS chooses (selftests/fidelity/run --list).
.PHONY: fidelity
fidelity:
	@tools/setup fidelity $(PROGRAMS)
	@tools/guest/fetch $(KERNELS) $(KERNELS:%=mm-%)
	@$(MAKE) -s tools
	@selftests/fidelity/run --kernels '$(KERNELS)' $(FIDELITY) $(PROGRAMS)

# On demand: too long for the tests.
.PHONY: coverage mutants
coverage:
	@tools/setup test
	$(MAKE) -C selftests/core coverage

mutants:
	@tools/setup test
	selftests/core/mutants $(MUTANTS)

.PHONY: install uninstall dkms-source dkms-install dkms-remove
install: all
	@tools/setup install
	$(MAKE) -C tools/svma man
	$(MAKE) -C $(KDIR) M=$(CURDIR) modules_install
	install -D -m 755 tools/svma/svma $(DESTDIR)$(PREFIX)/bin/svma
	install -D -m 644 build/tools/svma/man/svma.8 $(DESTDIR)$(PREFIX)/share/man/man8/svma.8
	install -D -m 644 tools/svma/completion/svma $(DESTDIR)$(COMPLETIONS)/svma
	install -D -m 644 tools/udev/60-svma.rules $(DESTDIR)$(UDEV_RULES)/60-svma.rules

uninstall:
	rm -f $(DESTDIR)$(PREFIX)/bin/svma $(DESTDIR)$(PREFIX)/share/man/man8/svma.8 \
		$(DESTDIR)$(COMPLETIONS)/svma $(DESTDIR)$(UDEV_RULES)/60-svma.rules
	rm -f $(foreach dir,updates extra,$(DESTDIR)/lib/modules/$(shell uname -r)/$(dir)/svma.ko*)
	depmod -a

# The sources that DKMS needs, and no others.
dkms-source:
	install -d $(DKMS_SOURCE)
	cp Kbuild dkms.conf $(DKMS_SOURCE)
	find module uapi -name '*.[ch]' -exec cp --parents -t $(DKMS_SOURCE) {} +

dkms-install: dkms-source
	dkms add -m svma -v $(version)
	dkms install -m svma -v $(version)

dkms-remove:
	dkms remove -m svma -v $(version) --all
	rm -rf $(DKMS_SOURCE)

.PHONY: clean help
clean:
	rm -rf build
	find . -path ./.git -prune -o \( -name '*.o' -o -name '*.ko' -o -name '*.mod' -o -name '*.mod.c' \
		-o -name '.*.cmd' -o -name modules.order -o -name Module.symvers \) -exec rm -f {} +
	$(MAKE) -C tools/svma clean

help:
	@echo 'make run            boot a kernel, load the module, shadow a program (sets up what is missing)'
	@echo 'make test           every test, on kernels $(KERNELS)'
	@echo 'make check          the part of the tests that needs no guest, some minutes'
	@echo 'make style          the style gates alone'
	@echo 'make coverage       branches of the region core that its native tests take'
	@echo 'make faults         faults planted in the module, and who sees each'
	@echo 'make fidelity       many real programs shadowed on each kernel (PROGRAMS="...", KERNELS="...")'
	@echo 'make fuzz-core      libFuzzer on the region core for T=600 seconds'
	@echo 'make fuzz           random calls against the kernels $(KERNELS) (FUZZ="options": svma fuzz --help)'
	@echo 'make fuzz-device    the device at random on a debug kernel for T=60 seconds'
	@echo 'make coverage-device     what of the module kselftests and T=60 seconds of that fuzzer reach'
	@echo 'make soak           all random tests side by side on a debug kernel for T=600 seconds'
	@echo 'make failnth        each allocation of each call fails once, on a debug kernel'
	@echo 'make kcsan          data races looked for in what is concurrent, on a kernel for that'
	@echo 'make mutants        faults planted in the region core, and how many the tests see'
	@echo 'make bench          figures against the running kernel, in a guest'
	@echo '                    (NATIVE=yes: of the region core alone, here; BENCH="options": see --help)'
	@echo 'make bench-curve    cost against the number of regions, as a table and as a plot'
	@echo 'make bench-series   the same against MiB of pages, dirty pages, threads'
	@echo '                    (PLOTS=folder: where plots and JSON of both go, now $(PLOTS))'
	@echo 'make                module for the running kernel, and the command line'
	@echo 'make install        install both; make uninstall removes them'
	@echo 'make dkms-install   install the module by DKMS; make dkms-remove removes it'
	@echo 'make clean          remove what was built; fetched kernels stay in the cache'
	@echo
	@echo 'KERNEL=6.1|6.12|7   the kernel that run and bench boot (now $(KERNEL))'
	@echo 'KERNELS="..."       the kernels that test boots'
	@echo 'SUITES="..."        the suites that test runs (selftests/run names them)'
	@echo 'RUN="command"       what run runs'
	@echo 'GUEST=no            run and bench on this machine: loads the module into its kernel'
	@echo 'SVMA_CACHE=folder   where kernels are kept (now ~/.cache/svma)'
