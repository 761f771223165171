# purchase_trends
#
#   1. What is built          3. Regression, isolation and TAP tests
#   2. The install script     4. Other targets (make help lists them)

EXTENSION    = purchase_trends
PG_CONFIG   ?= $(firstword $(wildcard /usr/lib/postgresql/15/bin/pg_config) pg_config)

# The version is written in one place only: the control file.
EXTVERSION  := $(shell sed -n "s/^default_version *= *'\(.*\)'/\1/p" $(EXTENSION).control)

# --- 1. What is built -------------------------------------------------------

MODULE_big   = $(EXTENSION)
OBJS         = $(patsubst %.c,%.o,$(sort $(wildcard src/*.c)))

# -isystem: the server's headers are not ours to keep free of -Wextra.
PG_CPPFLAGS  = -DPURCHASE_TRENDS_VERSION=\"$(EXTVERSION)\" \
	-isystem $(shell $(PG_CONFIG) --includedir-server)
# -MMD -MP: Debian's PGXS does not track headers.  Missing declarations are
# errors because PostgreSQL 16 moved SET_VARSIZE to a header of its own.
PG_CFLAGS   += -MMD -MP -Werror=implicit-function-declaration

# --- 2. The install script --------------------------------------------------

SQL_PARTS    = $(sort $(wildcard install/*.sql))
VIEW_FILES   = $(sort $(wildcard install/views/*.sql))
DATA         = $(sort $(wildcard install/upgrade/$(EXTENSION)--*--*.sql))
DATA_built   = $(EXTENSION)--$(EXTVERSION).sql

# --- 3. Tests ---------------------------------------------------------------

REGRESS      = $(sort $(patsubst sql/%.sql,%,$(wildcard sql/*.sql)))
REGRESS_OPTS = --load-extension=$(EXTENSION)
ifneq ($(wildcard test/specs/*.spec),)
ISOLATION    = $(sort $(patsubst test/specs/%.spec,%,$(wildcard test/specs/*.spec)))
ISOLATION_OPTS = --inputdir=test --outputdir=test --load-extension=$(EXTENSION)
endif
TAP_TESTS    = 1
PROVE_TESTS ?= test/t/*.pl test/attack/*.pl

EXTRA_CLEAN  = $(patsubst %.c,%.d,$(sort $(wildcard src/*.c))) tmp_check results test/output_iso

PGXS        := $(shell $(PG_CONFIG) --pgxs)
include $(PGXS)

# Only pt_* leave the library (with the two names PostgreSQL itself asks for).
ifeq ($(PORTNAME),linux)
SHLIB_LINK  += -Wl,--version-script=$(CURDIR)/src/exports.map
endif

-include $(OBJS:.o=.d)

$(DATA_built): $(SQL_PARTS) $(VIEW_FILES) $(EXTENSION).control script/install-sql script/view-catalog.awk
	script/install-sql $(SQL_PARTS) > $@.tmp
	mv $@.tmp $@

# --- 4. Other targets -------------------------------------------------------

.PHONY: help check-version docs

help:
	@echo 'make                  build the extension and its install script'
	@echo 'make install          install into the server of PG_CONFIG (DESTDIR works)'
	@echo 'make installcheck     run the tests against a running server'
	@echo 'make check-version    META.json and CHANGELOG.md agree with the control file'
	@echo 'make clean            remove what was built'
	@echo 'script/demo           everything from nothing to answers, on a private server'
	@echo 'script/demo --kept 1  a kept mart of a million order lines, and its times'
	@echo 'script/test           everything from nothing to tested'
	@echo 'script/attack         the attacks in their long form'

check-version:
	@script/check-version
