# SPDX-License-Identifier: MIT
# sframe_vectors: RFC 9605's published vectors, or any file in their form given as its argument.
add_executable(sframe_vectors vectors/sframe_vectors.c)
target_compile_definitions(sframe_vectors PRIVATE PARLEY_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_link_libraries(sframe_vectors PRIVATE core_crypto PkgConfig::jansson parley_flags)
add_test(NAME vectors/sframe COMMAND sframe_vectors)
add_test(NAME vectors/keys COMMAND sframe_vectors ${CMAKE_CURRENT_SOURCE_DIR}/vectors/keys.json)
add_test(NAME vectors/golden COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/vectors/wire/regenerate --check)
