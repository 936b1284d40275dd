# SPDX-License-Identifier: BSD-3-Clause OR GPL-2.0-only
#
# The commands of the project. They need a Swift toolchain (6.3 or newer), make and, for the tests, a few Debian
# packages, which `make deps` gets.

SHELL := /bin/bash
.DEFAULT_GOAL := help

PREFIX ?= /usr/local
DESTDIR ?=
BINDIR ?= $(PREFIX)/bin
LIBDIR ?= $(PREFIX)/lib
INCLUDEDIR ?= $(PREFIX)/include
MANDIR ?= $(PREFIX)/share/man
SYSCONFDIR ?= $(if $(filter /usr,$(PREFIX)),/etc,$(PREFIX)/etc)
UNITDIR ?= $(PREFIX)/lib/systemd/system
SYSUSERSDIR ?= $(PREFIX)/lib/sysusers.d
TMPFILESDIR ?= $(PREFIX)/lib/tmpfiles.d
# Where OpenSSL looks for providers: `openssl version -m`.
MODULESDIR ?= $(LIBDIR)/ossl-modules
BASHCOMPDIR ?= $(PREFIX)/share/bash-completion/completions
ZSHCOMPDIR ?= $(PREFIX)/share/zsh/site-functions
FISHCOMPDIR ?= $(PREFIX)/share/fish/vendor_completions.d
places := DESTDIR PREFIX BINDIR LIBDIR INCLUDEDIR MANDIR SYSCONFDIR UNITDIR SYSUSERSDIR TMPFILESDIR MODULESDIR BASHCOMPDIR \
	ZSHCOMPDIR FISHCOMPDIR

LRNG := .build/release/lrng

.PHONY: help
help: ## Say what there is
	@awk 'BEGIN { FS = ":.*## " } /^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: release ## Seed from every entropy source of this machine, show the status and 32 random bytes
	@$(LRNG) status
	@$(LRNG) get 32 --format hex

.PHONY: test
test: toolchain deps ## Run all tests: package tests, command line, gates
	@Tests/run.sh

.PHONY: gates
gates: toolchain deps ## Run the gates alone: kernel fitness, portability, traits, lint, sanitizers, statistics, ACVP, fuzzing
	@Tests/run.sh $(basename $(notdir $(wildcard Tests/Gates/*.sh)))

.PHONY: soak
soak: toolchain deps ## Run what takes hours: all traits, all tests under the sanitizers, fuzzing, kernel tests under KASAN and lockdep
	@Tests/Gates/traits.sh --soak
	@Tests/Gates/sanitizers.sh --soak
	@Tests/Gates/acvp.sh --soak
	@Tests/Gates/fuzz.sh --soak
	@Tests/Gates/kernel-machine.sh --soak
	@Tests/Gates/kernel.sh --soak
	@Tests/Gates/packaging.sh --soak
	@Tests/Gates/debian.sh --soak

.PHONY: kernel
kernel: toolchain kernels ## Build the kernel modules for KERNEL=release, or for all stock kernels that `make deps` gets
	@Kernel/Build/modules.sh $(KERNEL)

.PHONY: kernel-source
kernel-source: toolchain ## Make a folder that builds the kernel modules with a kernel's headers and gcc alone
	@Kernel/Build/source.sh

.PHONY: deb-kernel
deb-kernel: toolchain ## Make the Debian package of the kernel modules, lrng-dkms, in .build/deb
	@Kernel/Packaging/deb.sh

.PHONY: deb
deb: toolchain deb-kernel ## Make all Debian packages, lrng, liblrng-dev and lrng-dkms, in .build/deb
	@Packaging/deb.sh

.PHONY: vm
vm: kernel ## A terminal on a machine with KERNEL=release whose /dev/random is this LRNG
	@Tests/Kernel/vm.sh $(if $(KERNEL),--release $(KERNEL)) shell

.PHONY: kernels
kernels:
	@Scripts/deps.sh kernel
	@[[ -n "$(KERNEL)" ]] || Scripts/kernels.sh

.PHONY: bench
bench: toolchain ## Measure the generators beside what a program could use instead; ARGS="--quick" for a look
	@Scripts/bench.sh $(ARGS)

.PHONY: bench-kernel
bench-kernel: toolchain deps ## Count instructions of requests and events, stock kernel beside LRNG, in the virtual machine
	@Tests/Kernel/bench.sh

.PHONY: format
format: toolchain ## Format the Swift sources
	@swift format --in-place --parallel --recursive Package.swift Sources Tests Benchmarks

.PHONY: lint
lint: toolchain ## Check format, licence headers and scripts
	@Tests/Gates/lint.sh

.PHONY: docs
docs: toolchain ## Build the documentation of the modules into .build/docs
	@Scripts/docs.sh

.PHONY: deps
deps: ## Get the Debian packages that the tests need, and stock kernels, if they are missing
	@Scripts/deps.sh
	@Scripts/kernels.sh

.PHONY: install
install: products ## Install program, libraries, manual, completions and units below PREFIX (/usr/local), into DESTDIR if set
	@$(foreach place,$(places),$(place)="$($(place))") Packaging/install.sh install .build/release

.PHONY: uninstall
uninstall: ## Remove what `make install` put there
	@$(foreach place,$(places),$(place)="$($(place))") Packaging/install.sh uninstall .build/release

.PHONY: clean
clean: ## Remove everything that was built
	@rm -rf .build .build-*

.PHONY: toolchain
toolchain:
	@Scripts/toolchain.sh

.PHONY: release
release: toolchain
	@swift build -c release --product lrng

# Programs have the Swift runtime in them, so that they run without a toolchain.
.PHONY: products
products: toolchain
	@for product in lrng lrng-getrandom lrng-provider lrng-c; do swift build -c release --product $$product || exit; done
