# SPDX-License-Identifier: BSD-2-Clause
#
# aarch64.cmake: Debian's gcc-aarch64-linux-gnu as a CMake toolchain.
set(CMAKE_SYSTEM_NAME Linux)
set(CMAKE_SYSTEM_PROCESSOR aarch64)
set(CMAKE_C_COMPILER aarch64-linux-gnu-gcc)
