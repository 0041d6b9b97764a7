# SPDX-License-Identifier: BSD-2-Clause
#
# What cpack -G DEB makes of the install components: daemon is pktlock, library is libpktlock0, dev is libpktlock-dev.
# ci/package.sh does all of it. CPack does not know all that Debian wants of a package: stage.sh sees to the files before
# they are packed, finish.sh to the control files, and it packs again, so that the same files give the same bytes.
set(here ${CMAKE_CURRENT_LIST_DIR})
file(STRINGS ${here}/changelog newest LIMIT_COUNT 1)
if(NOT newest MATCHES "^pktlock \\(([^ ]+)\\) ")
	message(FATAL_ERROR "ci/package/changelog does not begin with a version")
endif()
set(version ${CMAKE_MATCH_1})
if(NOT version MATCHES "^${PROJECT_VERSION}-")
	message(FATAL_ERROR "ci/package/changelog is at ${version}, the project at ${PROJECT_VERSION}")
endif()
if(PLK_PACKAGE_VERSION)
	set(version ${PLK_PACKAGE_VERSION})
endif()

install(FILES ${CMAKE_SOURCE_DIR}/README.md ${CMAKE_SOURCE_DIR}/SECURITY.md DESTINATION ${CMAKE_INSTALL_DOCDIR})
# Settings are the administrator's: there is room for them, and no file that a package would bring or take.
install(DIRECTORY DESTINATION ${CMAKE_INSTALL_FULL_SYSCONFDIR}/pktlock)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME pktlock)
set(CPACK_PACKAGE_VENDOR "")
set(CPACK_PACKAGE_CONTACT "The pktlock authors <pktlock@pktlock.invalid>")
set(CPACK_PACKAGE_VERSION ${version})
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "") # each package has its own
set(CPACK_PROJECT_CONFIG_FILE ${here}/check.cmake)
set(CPACK_PRE_BUILD_SCRIPTS ${here}/stage.cmake)
set(CPACK_POST_BUILD_SCRIPTS ${here}/finish.cmake)
set(CPACK_SET_DESTDIR ON) # /etc is not below the prefix
set(CPACK_COMPONENTS_ALL daemon library dev)
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_PLK_INSTRUMENTED ${PLK_INSTRUMENTED})

set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS ON)
set(CPACK_DEBIAN_PACKAGE_GENERATE_SHLIBS_POLICY ">=")
set(CPACK_DEBIAN_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_PACKAGE_SOURCE pktlock)
set(CPACK_DEBIAN_DEBUGINFO_PACKAGE ON)

set(CPACK_DEBIAN_DAEMON_PACKAGE_NAME pktlock)
set(CPACK_DEBIAN_DAEMON_PACKAGE_SECTION net)
set(CPACK_DEBIAN_DAEMON_DESCRIPTION
"airlock for Ethernet frames, with a client
pktlock gives programs without privileges a guarded door onto one network
interface: they capture or inject Ethernet frames, or attach as a network
card, over a Unix or TCP socket. The packet socket stays in a process that
can move frames and do nothing else.

Streams are those of QEMU's -netdev stream and of its filters, with or without
virtio-net headers, or pcapng. Sockets can come from systemd: pktlock@.socket
and pktlock@.service are templates whose instances are interfaces. None is
enabled by the installation.")
# The maintainer scripts make a user and a directory by systemd's own tools, which also come without systemd.
set(CPACK_DEBIAN_DAEMON_PACKAGE_DEPENDS
	"systemd | systemd-standalone-sysusers, systemd | systemd-standalone-tmpfiles")
set(CPACK_DEBIAN_DAEMON_PACKAGE_SUGGESTS "wireshark | tcpdump, qemu-system")
set(CPACK_DEBIAN_DAEMON_PACKAGE_CONTROL_EXTRA ${here}/postinst ${here}/prerm ${here}/postrm)

set(CPACK_DEBIAN_LIBRARY_PACKAGE_NAME libpktlock0)
set(CPACK_DEBIAN_LIBRARY_PACKAGE_SECTION libs)
set(CPACK_DEBIAN_LIBRARY_DESCRIPTION
"airlock for Ethernet frames: library of its parsers
pktlock gives programs without privileges a guarded door onto one network
interface. This library has the parsers and encoders of what goes through it:
frames on streams, virtio-net headers, ports and remotes. They do no input or
output and take no memory.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libpktlock-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libpktlock0 (= ${version})")
set(CPACK_DEBIAN_DEV_DESCRIPTION
"airlock for Ethernet frames: files to develop with its library
pktlock gives programs without privileges a guarded door onto one network
interface. This package has the headers of libpktlock, which are its
reference, the library to link with, also as an archive, and what pkg-config
and CMake want to know of it.")
include(CPack)
