# SPDX-License-Identifier: BSD-2-Clause
#
# Where the programs lie is compiled into them: packages are for /usr. A tree with another prefix has its own made beside it, of the
# same source, in build/package. What a sanitizer needs is no sandbox to ship.
if(CPACK_PLK_INSTRUMENTED)
	message(FATAL_ERROR "an instrumented build is not for packages: ci/package.sh OUTDIR makes them")
endif()
if(NOT CPACK_INSTALL_PREFIX STREQUAL "/usr")
	cmake_path(GET CMAKE_CURRENT_LIST_DIR PARENT_PATH source)
	cmake_path(GET source PARENT_PATH source)
	message(STATUS "packages are for /usr, not ${CPACK_INSTALL_PREFIX}: building the preset package in ${source}/build/package")
	execute_process(COMMAND ${CMAKE_COMMAND} --preset package -DPLK_PACKAGE_VERSION=${CPACK_PACKAGE_VERSION}
		WORKING_DIRECTORY ${source} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
	execute_process(COMMAND ${CMAKE_COMMAND} --build --preset package
		WORKING_DIRECTORY ${source} OUTPUT_QUIET COMMAND_ERROR_IS_FATAL ANY)
	set(CPACK_INSTALL_PREFIX /usr)
	set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
	set(CPACK_INSTALL_CMAKE_PROJECTS "${source}/build/package;pktlock;ALL;/")
endif()
