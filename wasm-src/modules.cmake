# SPDX-License-Identifier: MIT
# The modules that ship: engine.wasm (a whole participant, sealing, opus) and vpx.wasm (libvpx, loaded only when needed). Neither imports
# anything. Memory starts small, because every AudioWorklet has an engine of its own, and grows to a bound.

function(wasm_module name initial_mb maximum_mb stack_kb)
  cmake_parse_arguments(module "" "" "SOURCES;LINK" ${ARGN})
  math(EXPR initial "${initial_mb} * 1048576")
  math(EXPR maximum "${maximum_mb} * 1048576")
  math(EXPR stack "${stack_kb} * 1024")
  add_executable(${name} module/module.c ${module_SOURCES})
  target_include_directories(${name} PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
  target_link_libraries(${name} PRIVATE ${module_LINK} parley_flags)
  target_link_options(${name} PRIVATE --no-entry -O3 -sSTANDALONE_WASM -sSUPPORT_LONGJMP=wasm -sALLOW_MEMORY_GROWTH
    -sINITIAL_MEMORY=${initial} -sMAXIMUM_MEMORY=${maximum} -sSTACK_SIZE=${stack} -Wl,--strip-debug)
  set_target_properties(${name} PROPERTIES SUFFIX .wasm RUNTIME_OUTPUT_DIRECTORY ${CMAKE_BINARY_DIR})
endfunction()

wasm_module(engine 4 512 512 LINK parley_core parley_codec_audio
  SOURCES engine/engine_layout.c engine/client_exports.c engine/keys_exports.c engine/mixer_exports.c engine/opus_exports.c engine/start.c)
wasm_module(vpx 16 1024 2048 LINK parley_codec_video SOURCES vpx/vpx_exports.c vpx/no_system.c)

# For tests only: the relay, so that node tests hold whole calls.
file(GLOB relay_sources CONFIGURE_DEPENDS ${CMAKE_SOURCE_DIR}/server/relay/*.c)
wasm_module(relay 4 64 256 LINK core_wire core_send core_base parley_bus_proto parley_sodium SOURCES ${CMAKE_SOURCE_DIR}/tests/web/relay_exports.c ${relay_sources})
target_include_directories(relay PRIVATE ${CMAKE_SOURCE_DIR}/server ${CMAKE_SOURCE_DIR}/server/relay)

find_program(NODE node REQUIRED)
add_custom_command(OUTPUT ${CMAKE_SOURCE_DIR}/build/sizes.json
  COMMAND ${NODE} ${CMAKE_SOURCE_DIR}/tools/wasm-sizes.js ${CMAKE_SOURCE_DIR}/build/sizes.json $<TARGET_FILE:engine> $<TARGET_FILE:vpx>
  DEPENDS engine vpx ${CMAKE_SOURCE_DIR}/tools/wasm-sizes.js VERBATIM)
add_custom_target(sizes ALL DEPENDS ${CMAKE_SOURCE_DIR}/build/sizes.json)
