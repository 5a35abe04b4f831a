# SPDX-License-Identifier: MIT
# Programs that measure; tools/bench runs the scripts beside them on the release build. No tests.
add_executable(core_bench bench/core_bench.c)
target_link_libraries(core_bench PRIVATE core_wire core_crypto parley_flags)
add_executable(codec_bench bench/codec_bench.c)
target_link_libraries(codec_bench PRIVATE parley_codec parley_flags)
add_executable(relay_bench bench/relay_bench.c)
target_link_libraries(relay_bench PRIVATE server_relay parley_flags)
add_executable(net_bench bench/net_bench.c)
target_include_directories(net_bench PRIVATE ${CMAKE_SOURCE_DIR})
target_link_libraries(net_bench PRIVATE parley_net parley_flags)
