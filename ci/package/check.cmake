# SPDX-License-Identifier: BSD-2-Clause
#
# Where the programs lie is compiled into them, and what a sanitizer needs is no sandbox to ship.
if(NOT CPACK_INSTALL_PREFIX STREQUAL "/usr" OR CPACK_PLK_INSTRUMENTED)
	message(FATAL_ERROR "packages are made of the preset package (CMAKE_INSTALL_PREFIX=/usr): ci/package.sh OUTDIR")
endif()
