# SPDX-License-Identifier: BSD-2-Clause
#
# musl.cmake: Debian's musl-tools as a CMake toolchain.
#
# musl-gcc is the machine's gcc with other paths. It sees neither the kernel's headers, which Debian keeps among those of
# glibc, nor a way to link -static-pie.
set(CMAKE_C_COMPILER musl-gcc)

set(kernel ${CMAKE_BINARY_DIR}/kernel-headers)
file(MAKE_DIRECTORY ${kernel})
find_path(asm asm/unistd.h PATHS /usr/include/${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-gnu REQUIRED NO_DEFAULT_PATH NO_CACHE)
file(CREATE_LINK ${asm}/asm ${kernel}/asm SYMBOLIC)
file(CREATE_LINK /usr/include/asm-generic ${kernel}/asm-generic SYMBOLIC)
file(CREATE_LINK /usr/include/linux ${kernel}/linux SYMBOLIC)

set(CMAKE_C_FLAGS_INIT "-idirafter ${kernel}")

# The macros of its <sys/socket.h> convert signs; what we write is checked by the other builds.
set(PLK_WARNINGS -Wno-sign-conversion)

find_file(rcrt1 rcrt1.o PATHS /usr/lib/${CMAKE_HOST_SYSTEM_PROCESSOR}-linux-musl REQUIRED NO_DEFAULT_PATH NO_CACHE)
set(PLK_STATIC_PIE -static -nostartfiles ${rcrt1} -Wl,-pie,--no-dynamic-linker,-z,text)
