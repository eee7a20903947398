# Warnings, sanitizers and other switches that apply to all of our own code.

option(PLAZO_WERROR "Treat warnings in our own code as errors" ON)
option(PLAZO_FAIL_POINTS "Compile the named fail points of the fault tests" OFF)
option(PLAZO_FUZZ "Make the libFuzzer targets of tests/fuzz; wants clang" OFF)
set(PLAZO_SANITIZE "" CACHE STRING "address;undefined or thread: sanitizers for our own code")

add_library(plazo_options INTERFACE)
target_include_directories(plazo_options INTERFACE ${CMAKE_SOURCE_DIR})
target_compile_options(plazo_options INTERFACE -Wall -Wextra -Wno-missing-field-initializers)
# What some of the libraries' own flags add: alike for all, or a precompiled header does not fit.
target_compile_options(plazo_options INTERFACE -pthread)
target_compile_definitions(plazo_options INTERFACE _FILE_OFFSET_BITS=64 _LARGEFILE64_SOURCE)
if(PLAZO_WERROR)
  target_compile_options(plazo_options INTERFACE -Werror)
endif()
if(CMAKE_CXX_COMPILER_ID STREQUAL "Clang")
  target_compile_options(plazo_options INTERFACE -Wthread-safety)
else()
  # GCC 12 warns of these falsely where it inlines std::string and std::optional; the sanitizers find true ones.
  target_compile_options(plazo_options INTERFACE -fpch-preprocess -Winvalid-pch -Wno-array-bounds
    -Wno-maybe-uninitialized -Wno-restrict -Wno-stringop-overflow -Wno-stringop-overread)
endif()
if(PLAZO_FAIL_POINTS)
  target_compile_definitions(plazo_options INTERFACE PLAZO_FAIL_POINTS=1)
endif()
if(PLAZO_SANITIZE)
  list(JOIN PLAZO_SANITIZE "," sanitizers)
  add_compile_options(-fsanitize=${sanitizers} -fno-omit-frame-pointer)
  add_link_options(-fsanitize=${sanitizers})
endif()
if(PLAZO_FUZZ)
  # The targets link libFuzzer's main; all of our code tells it what is reached.
  add_compile_options(-fsanitize=fuzzer-no-link)
endif()
