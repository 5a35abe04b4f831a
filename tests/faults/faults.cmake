# SPDX-License-Identifier: MIT
# Faults: real relays that are killed, frozen, flooded and starved, and what people notice. Alone, for they measure time.
test_folder(faults ${everything})
target_sources(faults_two_relays_test PRIVATE server/bus_kit.c) # real nats-servers
get_property(tests DIRECTORY PROPERTY TESTS)
foreach(test ${tests})
  if(test MATCHES "^faults/(.*)$")
    set_tests_properties(${test} PROPERTIES LABELS faults RUN_SERIAL TRUE)
    target_compile_definitions(faults_${CMAKE_MATCH_1}_test PRIVATE _GNU_SOURCE)
    add_dependencies(faults_${CMAKE_MATCH_1}_test parleyd)
  endif()
endforeach()
