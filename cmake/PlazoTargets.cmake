# plazo_library(), plazo_test(), plazo_binary(), plazo_fuzz(), plazo_proto(): the only ways this tree makes a target.
#
# A library is named after its folder: platform/kafka -> plazo_platform_kafka.

include(GoogleTest)

# plazo_library(NAME SRCS a.cc ... DEPS target ...)   no SRCS = header-only
function(plazo_library name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  if(ARG_SRCS)
    add_library(${name} STATIC ${ARG_SRCS})
    target_link_libraries(${name} PUBLIC plazo_options ${ARG_DEPS})
    plazo_use_precompiled(${name})
  else()
    add_library(${name} INTERFACE)
    target_link_libraries(${name} INTERFACE plazo_options ${ARG_DEPS})
  endif()
endfunction()

# All that plazo_binary() makes.
add_custom_target(programs)

# plazo_binary(NAME SRCS main.cc ... DEPS target ...)   -> build/<preset>/bin/NAME
function(plazo_binary name)
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE plazo_options ${ARG_DEPS})
  plazo_use_precompiled(${name})
  add_dependencies(programs ${name})
endfunction()

# plazo_test(NAME SRCS a_test.cc ... DEPS target ... [LABELS unit] [DATA dir])
# One CTest entry a binary; tests run in the source root so that data files are found by relative path.
function(plazo_test name)
  cmake_parse_arguments(ARG "" "TIMEOUT" "SRCS;DEPS;LABELS" ${ARGN})
  if(NOT ARG_LABELS)
    set(ARG_LABELS unit)
  endif()
  if(NOT ARG_TIMEOUT)
    set(ARG_TIMEOUT 120)
  endif()
  add_executable(${name} ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE plazo_options ${ARG_DEPS} GTest::gtest_main GTest::gmock)
  plazo_use_precompiled(${name})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR}/tests)
  add_test(NAME ${name} COMMAND ${name} WORKING_DIRECTORY ${CMAKE_SOURCE_DIR})
  set_tests_properties(${name} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${ARG_TIMEOUT})
endfunction()

# plazo_fuzz(NAME SRCS a.cc ... DEPS target ...)   a libFuzzer target; made only with PLAZO_FUZZ
if(PLAZO_FUZZ)
  add_custom_target(fuzz)
endif()
function(plazo_fuzz name)
  if(NOT PLAZO_FUZZ)
    return()
  endif()
  cmake_parse_arguments(ARG "" "" "SRCS;DEPS" ${ARGN})
  add_executable(${name} EXCLUDE_FROM_ALL ${ARG_SRCS})
  target_link_libraries(${name} PRIVATE plazo_options ${ARG_DEPS} -fsanitize=fuzzer)
  add_dependencies(fuzz ${name})
endfunction()

# plazo_proto(NAME PROTOS plazo/x/v1/a.proto ... DEPS target ... [GRPC])
# Paths are relative to proto/. GRPC also generates the service stubs.
function(plazo_proto name)
  cmake_parse_arguments(ARG "GRPC" "" "PROTOS;DEPS" ${ARGN})
  set(gen ${CMAKE_BINARY_DIR}/gen)
  file(MAKE_DIRECTORY ${gen})
  set(sources)
  foreach(proto ${ARG_PROTOS})
    string(REGEX REPLACE "\\.proto$" "" stem ${proto})
    set(outputs ${gen}/${stem}.pb.cc ${gen}/${stem}.pb.h)
    set(grpc_args)
    if(ARG_GRPC)
      list(APPEND outputs ${gen}/${stem}.grpc.pb.cc ${gen}/${stem}.grpc.pb.h)
      set(grpc_args --grpc_out=${gen} --plugin=protoc-gen-grpc=$<TARGET_FILE:gRPC::grpc_cpp_plugin>)
    endif()
    add_custom_command(
      OUTPUT ${outputs}
      COMMAND protobuf::protoc -I ${CMAKE_SOURCE_DIR}/proto -I /usr/include --cpp_out=${gen} ${grpc_args} ${proto}
      DEPENDS ${CMAKE_SOURCE_DIR}/proto/${proto}
      VERBATIM)
    list(APPEND sources ${outputs})
  endforeach()
  add_library(${name} STATIC ${sources})
  target_include_directories(${name} SYSTEM PUBLIC ${gen})
  target_link_libraries(${name} PUBLIC protobuf::libprotobuf ${ARG_DEPS})
  if(ARG_GRPC)
    target_link_libraries(${name} PUBLIC gRPC::grpc++)
  endif()
  target_compile_options(${name} PRIVATE -w)
endfunction()
