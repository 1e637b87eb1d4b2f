# What a Beckon target is: modules, services, tests, fuzz targets, and the flags they share.
#
#   bk_library(<module> SOURCES … HEADERS … DEPS …)   static library, alias bk::<module>
#   bk_service(<name> SOURCES … DEPS …)               executable, installed to bin/
#   bk_test(<name> SOURCES … DEPS … LABELS …)         cmocka executable, run by ctest
#   bk_fuzz(<name> DEPS …)                            tests/fuzz/fuzz_<name>.c with its corpus

include(CMakeParseArguments)
include(CheckCCompilerFlag)
find_package(PkgConfig REQUIRED)
find_package(Threads REQUIRED)

pkg_check_modules(OPENSSL REQUIRED IMPORTED_TARGET openssl>=3.0)
pkg_check_modules(PQ REQUIRED IMPORTED_TARGET libpq>=15)
pkg_check_modules(JANSSON REQUIRED IMPORTED_TARGET jansson>=2.14)
pkg_check_modules(JWT REQUIRED IMPORTED_TARGET libjwt>=1.10.2)
pkg_check_modules(H2O REQUIRED IMPORTED_TARGET libh2o-evloop)
pkg_check_modules(HIREDIS REQUIRED IMPORTED_TARGET hiredis>=0.14)
pkg_check_modules(SECCOMP REQUIRED IMPORTED_TARGET libseccomp>=2.5)
pkg_check_modules(EXPAT REQUIRED IMPORTED_TARGET expat>=2.5)
pkg_check_modules(LIBRE REQUIRED IMPORTED_TARGET libre>=1.1)
# libre's headers choose types by these words; pkg-config does not tell them.
target_compile_definitions(PkgConfig::LIBRE INTERFACE
  HAVE_INTTYPES_H HAVE_STDBOOL_H HAVE_INET6 USE_OPENSSL)
# They are not written for our warnings.
set_target_properties(PkgConfig::LIBRE PROPERTIES
  INTERFACE_SYSTEM_INCLUDE_DIRECTORIES "${LIBRE_INCLUDE_DIRS}")

option(BK_TESTS "build the tests (cmocka, python3)" ON)
option(BK_HARNESS "build what ./run, ./bench and tests start: the simulated phone, load clients" ON)
option(BK_WERROR "treat warnings as errors" OFF)
option(BK_HARDEN "stack protector, PIE, relro, fortify where the compiler optimises (not with sanitizers)" OFF)
option(BK_MIMALLOC "services allocate with mimalloc (a handshake costs a tenth less CPU)" OFF)
set(BK_SANITIZE "" CACHE STRING "address,undefined | thread | (empty)")
option(BK_FUZZ "build fuzz targets with libFuzzer (clang only)" OFF)

set(CMAKE_C_STANDARD 17)
set(CMAKE_C_STANDARD_REQUIRED ON)
set(CMAKE_C_EXTENSIONS OFF)
set(CMAKE_EXPORT_COMPILE_COMMANDS ON)
set(CMAKE_RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/bin)

if(BK_TESTS)
  pkg_check_modules(CMOCKA REQUIRED IMPORTED_TARGET cmocka>=1.1.5)
endif()

add_library(bk_flags INTERFACE)
target_compile_definitions(bk_flags INTERFACE _GNU_SOURCE)
target_include_directories(bk_flags INTERFACE ${CMAKE_SOURCE_DIR}/libcommon)
target_compile_options(bk_flags INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes -Wmissing-prototypes
  -Wvla -Wformat=2 -Wundef -Wswitch-enum -fno-omit-frame-pointer)
if(BK_WERROR)
  target_compile_options(bk_flags INTERFACE -Werror)
endif()
if(BK_SANITIZE)
  target_compile_options(bk_flags INTERFACE -fsanitize=${BK_SANITIZE} -fno-sanitize-recover=all)
  target_link_options(bk_flags INTERFACE -fsanitize=${BK_SANITIZE})
endif()
if(BK_FUZZ)
  target_compile_options(bk_flags INTERFACE -fsanitize=fuzzer-no-link)
endif()
if(BK_HARDEN)
  set(CMAKE_POSITION_INDEPENDENT_CODE ON)
  set(CMAKE_SKIP_RPATH ON)
  target_compile_options(bk_flags INTERFACE -fstack-protector-strong -fstack-clash-protection)
  check_c_compiler_flag(-fcf-protection BK_HAS_CF_PROTECTION) # x86
  if(BK_HAS_CF_PROTECTION)
    target_compile_options(bk_flags INTERFACE -fcf-protection)
  endif()
  target_compile_definitions(bk_flags INTERFACE $<$<NOT:$<CONFIG:Debug>>:_FORTIFY_SOURCE=2>)
  target_link_options(bk_flags INTERFACE -pie -Wl,-z,relro,-z,now,-z,noexecstack)
endif()

if(BK_MIMALLOC)
  find_package(mimalloc 2.0 REQUIRED)
endif()

function(bk_library name)
  cmake_parse_arguments(ARG "" "" "SOURCES;HEADERS;DEPS" ${ARGN})
  if(ARG_SOURCES)
    add_library(bk_${name} STATIC)
    set(scope PUBLIC)
    target_sources(bk_${name} PRIVATE ${ARG_SOURCES})
    target_link_libraries(bk_${name} PRIVATE bk_flags)
  else()
    add_library(bk_${name} INTERFACE)
    set(scope INTERFACE)
  endif()
  add_library(bk::${name} ALIAS bk_${name})
  target_include_directories(bk_${name} ${scope} ${CMAKE_SOURCE_DIR}/libcommon)
  target_compile_definitions(bk_${name} ${scope} _GNU_SOURCE)
  target_link_libraries(bk_${name} ${scope} ${ARG_DEPS})
  if(ARG_HEADERS)
    target_sources(bk_${name} ${scope} FILE_SET HEADERS
      BASE_DIRS ${CMAKE_SOURCE_DIR}/libcommon FILES ${ARG_HEADERS})
    set_target_properties(bk_${name} PROPERTIES VERIFY_INTERFACE_HEADER_SETS ON)
  endif()
endfunction()

function(bk_service name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SOURCES})
  target_link_libraries(${name} PRIVATE bk_flags ${ARG_DEPS})
  target_compile_definitions(${name} PRIVATE BK_VERSION="${PROJECT_VERSION}")
  if(BK_MIMALLOC) # takes malloc's place for the whole process, OpenSSL and h2o included
    target_link_libraries(${name} PRIVATE -Wl,--no-as-needed mimalloc -Wl,--as-needed)
  endif()
  install(TARGETS ${name} RUNTIME DESTINATION bin)
endfunction()

# BK_SCHEMA_VERSION: the migration a program was written against, the newest in the folder.
function(bk_schema_version name)
  file(GLOB migrations CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/migrations/[0-9][0-9][0-9][0-9]_*.sql)
  list(SORT migrations)
  list(GET migrations -1 newest)
  get_filename_component(newest ${newest} NAME)
  string(REGEX REPLACE "^0*([0-9]+)_.*" "\\1" newest ${newest})
  target_compile_definitions(${name} PRIVATE BK_SCHEMA_VERSION=${newest})
endfunction()

# An ordinary cmocka test program, cwd = source root so that data files are found by path. WRAP: functions
# of foreign libraries that the test answers itself, as __wrap_<name>.
function(bk_test name)
  cmake_parse_arguments(ARG "" "" "SOURCES;DEPS;LABELS;DEFINES;WRAP" ${ARGN})
  if(BK_FUZZ)
    return()
  endif()
  add_executable(test_${name} ${ARG_SOURCES})
  target_include_directories(test_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(test_${name} PRIVATE bk_flags ${ARG_DEPS} PkgConfig::CMOCKA)
  target_compile_definitions(test_${name} PRIVATE ${ARG_DEFINES})
  list(TRANSFORM ARG_WRAP PREPEND -Wl,--wrap=)
  target_link_options(test_${name} PRIVATE ${ARG_WRAP})
  add_test(NAME ${name} COMMAND test_${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT 120)
endfunction()

# A fuzz target: libFuzzer with BK_FUZZ, otherwise a program that runs its corpus as a test.
function(bk_fuzz name)
  cmake_parse_arguments(ARG "" "" "DEPS" ${ARGN})
  add_executable(fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/fuzz_${name}.c)
  target_include_directories(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests)
  target_link_libraries(fuzz_${name} PRIVATE bk_flags ${ARG_DEPS})
  if(BK_FUZZ)
    target_link_options(fuzz_${name} PRIVATE -fsanitize=fuzzer)
  else()
    target_sources(fuzz_${name} PRIVATE ${CMAKE_SOURCE_DIR}/tests/harness/corpus_main.c)
  endif()
  add_test(NAME fuzz_${name}
    COMMAND fuzz_${name} ${CMAKE_SOURCE_DIR}/tests/fuzz/corpus/${name}
    WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(fuzz_${name} PROPERTIES LABELS "unit;fuzz" TIMEOUT 120)
  if(BK_FUZZ)
    set_tests_properties(fuzz_${name} PROPERTIES
      ENVIRONMENT "ASAN_OPTIONS=detect_leaks=1" )
  endif()
endfunction()

# Embed a text file: generates <symbol>.c with `const unsigned char <symbol>[]`, terminated, and `const size_t <symbol>_len`
# from the file (no NUL bytes inside) and adds it to the target. Declare both where they are used.
function(bk_embed target symbol file)
  set(generated ${CMAKE_CURRENT_BINARY_DIR}/${symbol}.c)
  get_filename_component(path ${file} ABSOLUTE)
  add_custom_command(OUTPUT ${generated}
    COMMAND ${CMAKE_COMMAND} -DIN=${path} -DOUT=${generated} -DSYMBOL=${symbol}
            -P ${CMAKE_SOURCE_DIR}/libcommon/cmake/BkEmbed.cmake
    DEPENDS ${path} ${CMAKE_SOURCE_DIR}/libcommon/cmake/BkEmbed.cmake
    VERBATIM)
  target_sources(${target} PRIVATE ${generated})
endfunction()
