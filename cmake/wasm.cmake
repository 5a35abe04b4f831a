# SPDX-License-Identifier: MIT
# For the wasm preset: PARLEY_WASM_PREFIX (libraries built by tools/wasm-deps, minutes the first time, nothing afterwards) and our flags.
set(PARLEY_WASM_PREFIX "" CACHE PATH "libsodium, protobuf-c, opus and libvpx for WASM; empty: tools/wasm-deps makes it")
if(NOT PARLEY_WASM_PREFIX)
  execute_process(COMMAND ${CMAKE_SOURCE_DIR}/tools/wasm-deps
    OUTPUT_VARIABLE PARLEY_WASM_PREFIX OUTPUT_STRIP_TRAILING_WHITESPACE COMMAND_ERROR_IS_FATAL ANY)
endif()
file(GLOB_RECURSE recipes CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/wasm-src/deps/*)
set_property(DIRECTORY APPEND PROPERTY CMAKE_CONFIGURE_DEPENDS
  ${CMAKE_SOURCE_DIR}/tools/wasm-deps ${CMAKE_SOURCE_DIR}/tools/tarballs.lock ${recipes})
add_compile_options(-msimd128 -mbulk-memory -mnontrapping-fptoint)
