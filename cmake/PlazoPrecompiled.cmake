# The headers that nearly every source reads, compiled once: two thirds of a source's time went into them.
#
# Sources include what they use all the same; the preset `clang` compiles without, so that a forgotten
# include is found.

option(PLAZO_PRECOMPILED "Precompile the headers of the standard library, Abseil and the contract" ON)

if(PLAZO_PRECOMPILED)
  file(WRITE ${CMAKE_BINARY_DIR}/precompiled.cc "")
  add_library(plazo_precompiled OBJECT ${CMAKE_BINARY_DIR}/precompiled.cc)
  target_link_libraries(plazo_precompiled PRIVATE plazo_options plazo_proto_policy)
  target_precompile_headers(plazo_precompiled PRIVATE
    <algorithm> <array> <filesystem> <fstream> <functional> <map> <memory> <optional> <set> <span> <sstream>
    <string> <string_view> <thread> <vector>
    <absl/container/flat_hash_map.h> <absl/status/statusor.h> <absl/strings/str_cat.h>
    <absl/strings/str_format.h> <absl/strings/str_join.h> <absl/strings/str_split.h>
    <absl/synchronization/mutex.h> <absl/time/clock.h> <absl/time/time.h>
    <google/protobuf/text_format.h> <google/protobuf/util/json_util.h>
    <plazo/core/v1/command.pb.h> <plazo/core/v1/event.pb.h> <plazo/core/v1/state.pb.h>
    <plazo/policy/v1/policy.pb.h>)

  # No two compilations of a precompiled header are the same bytes: ccache is told what went into it instead.
  set(header ${CMAKE_BINARY_DIR}/CMakeFiles/plazo_precompiled.dir/cmake_pch.hxx)
  set(preprocess "${CMAKE_CXX_COMPILER} -std=c++20 -pthread -w -I gen -E -P -x c++ ${header}")
  add_custom_command(
    OUTPUT ${header}.gch.sum
    COMMAND sh -c "${preprocess} | sha256sum > ${header}.gch.sum"
    WORKING_DIRECTORY ${CMAKE_BINARY_DIR}  # no path of this machine in it
    DEPENDS plazo_proto_core plazo_proto_policy ${CMAKE_CURRENT_LIST_FILE}
    VERBATIM)
  add_custom_target(plazo_precompiled_sum DEPENDS ${header}.gch.sum)
endif()

# plazo_use_precompiled(TARGET)
function(plazo_use_precompiled target)
  if(PLAZO_PRECOMPILED)
    target_precompile_headers(${target} REUSE_FROM plazo_precompiled)
    add_dependencies(${target} plazo_precompiled_sum)
  endif()
endfunction()
